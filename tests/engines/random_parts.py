"""What random plans are made of: small choices, streams, processors with their threads, workers.

1. A `Maker` holds lists of entities that grow; indices are places in them.
2. Costs and times lie on a coarse grid, so that many things happen at one instant; a few are odd.
3. Software workers run on executors that all share; a poll-mode worker has a thread of its own.

*Scope*: parts only; `random_plans` joins them. *Validation*: through the plans made of them.
"""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

from simulator.plan import draws, model
from simulator.plan.model import INFINITE_PS, NONE

GRID_PS = 100_000
BITS_PS = 8 * 10**12


class Maker:
    """Lists of entities that grow until a plan is made of them."""

    def __init__(self, random: Random, name: str) -> None:
        self.random = random
        self.name = name
        self.made: dict[str, list[Any]] = {
            field.name: [] for field in dataclasses.fields(model.Plan) if field.name != "name"
        }
        self.spare_fifos: list[int] = []
        self.unreaped: list[int] = []
        self.depth = random.randint(1, 4)

    # Small choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def time(self, low: int, high: int) -> int:
        return self.random.randint(low, high) * GRID_PS

    def cost(self) -> int:
        """Mostly on the grid, sometimes 0, seldom odd."""
        if self.chance(0.3):
            return 0
        return self.random.randint(1, 400_000) if self.chance(0.03) else self.time(1, 4)

    def add(self, kind: str, entity: Any) -> int:
        self.made[kind].append(entity)
        return len(self.made[kind]) - 1

    def change(self, kind: str, index: int, **fields: Any) -> None:
        self.made[kind][index] = dataclasses.replace(self.made[kind][index], **fields)

    def new_name(self, kind: str) -> str:
        return f"{kind}{len(self.made[f'{kind}s' if kind != 'switch' else 'switches'])}"

    def stage(self, name: str) -> int:
        return self.add("stages", name)

    def maybe_stage(self, name: str, probability: float = 0.6) -> int:
        return self.stage(name) if self.chance(probability) else NONE

    def stream(self, values: tuple[int, ...]) -> int:
        """A stream over a few values, of a random kind."""
        name = f"stream{len(self.made['streams'])}"
        kind = self.random.choice(("constant", "cycle", "table", "table"))
        if kind == "constant":
            return self.add("streams", draws.constant(name, self.random.choice(values)))
        listed = [self.random.choice(values) for _ in range(self.random.randint(1, 6))]
        if kind == "cycle":
            return self.add("streams", draws.cycle(name, listed, self.random.choice((None, values[-1]))))
        return self.add("streams", draws.table(name, listed, [self.random.randint(1, 3) for _ in listed]))

    def times(self, high: int) -> int:
        """A stream of times on the grid; seldom exponential."""
        if self.chance(0.06):
            return self.add("streams", draws.exponential(f"stream{len(self.made['streams'])}", high * GRID_PS // 2))
        return self.stream(tuple(self.time(0, high) for _ in range(4)))

    def factors(self, probability: float = 0.25) -> int:
        return (
            self.stream((1024, 1024, 2048, 3072) if self.chance(0.9) else (512, 1024))
            if self.chance(probability)
            else NONE
        )

    # Processors

    def processors(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.add("executors", self.executor("core"))
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            self.add("locks", model.Lock(self.new_name("lock"), self.cost()))
        for _ in range(self.random.choice((0, 1, 2, 2))):
            self.vcpu(self.random.randrange(self.cores()))
        for index in range(len(self.made["executors"])):
            if self.chance(0.4):
                self.daemon(index)
            if self.chance(0.1):
                self.thread(index, "busy", "guest_task")
            if self.chance(0.3):
                period, offset = self.time(20, 60), self.time(0, 60)
                self.add("ticks", model.Tick(self.new_name("tick"), index, period, offset, self.cost()))

    def cores(self) -> int:
        return sum(executor.kind == "core" for executor in self.made["executors"])

    def executor(self, kind: str, **fields: Any) -> model.Executor:
        values = self.random
        return model.Executor(
            self.new_name("executor"), kind, scheduler=values.choice(("fair", "fair", "rr")), latency_ps=self.time(2, 30),
            min_granularity_ps=self.time(1, 5), wakeup_granularity_ps=self.time(0, 4), quantum_ps=self.time(2, 10),
            ctxsw_ps=self.cost(), idle_exit_ps=self.cost() if self.chance(0.3) else 0, soft_budget=values.randint(1, 8),
            soft_time_ps=self.time(2, 20), soft_restarts=values.randint(1, 4), demote=self.chance(0.8), spread=self.factors(),
            **fields,
        )  # fmt: skip

    def vcpu(self, core: int) -> None:
        thread = self.thread(core, "vcpu", "host_task")
        executor = self.executor(
            "vcpu", thread=thread, idle=self.random.choice(("hlt", "hlt", "hlt", "poll", "ghp")), guest_poll_ps=self.time(0, 6),
            exit_ps=self.cost(), hlt_ps=self.cost(), block_ps=self.cost(), wake_ps=self.cost(), poll_exit_ps=self.cost(),
            halt_poll_max_ps=self.time(5, 100) if self.chance(0.7) else 0, halt_poll_grow=self.random.randint(1, 3),
            halt_poll_grow_start_ps=self.time(1, 12), halt_poll_shrink=self.random.choice((0, 2, 2, 3)),
        )  # fmt: skip
        self.change("threads", thread, vcpu=self.add("executors", executor))

    def thread(self, executor: int, kind: str, label: str) -> int:
        weight = self.random.choice((1024, 1024, 512, 3072))
        return self.add(
            "threads", model.Thread(self.new_name("thread"), executor, kind, NONE, weight, self.cost(), label)
        )

    def daemon(self, executor: int) -> None:
        self.change("executors", executor, ksoftirqd=self.thread(executor, "ksoftirqd", "host_soft"))

    def is_guest(self, executor: int) -> bool:
        return bool(self.made["executors"][executor].kind == "vcpu")

    # Workers

    def worker(self, kind: str, inputs: list[model.Input], outputs: list[model.Output], **fields: Any) -> int:
        name = self.new_name("worker")
        costs = {field: self.cost() if self.chance(0.5) else 0 for field in ("batch_ps", "segment_ps", "reply_ps")}
        given = {
            **costs, "packet_ps": self.cost(), "byte_fs": self.random.choice((0, 0, 0, 0, 1_000_000, 1_000_000, 1_000_000, 333_333)),
            "spread": self.factors(), "service": self.times(3) if self.chance(0.15) else NONE, "stage": self.stage(name),
            **fields,
        }  # fmt: skip
        return self.add("workers", model.Worker(name, kind, inputs=tuple(inputs), outputs=tuple(outputs), **given))

    def software(self, inputs: list[model.Input], outputs: list[model.Output], **fields: Any) -> int:
        """A softirq or task worker on some executor; interrupt-driven."""
        executor = self.some_executor(guests=0.7)
        guest = self.is_guest(executor)
        soft = self.chance(0.5)
        on = executor if soft else self.task_thread(executor)
        label = ("guest_" if guest else "host_") + ("soft" if soft else "task")
        costs = {name: self.cost() for name in ("wake_ps", "poll_ps", "rearm_ps", "resume_ps")}
        given = {
            **costs, "on": on, "label": label, "policy": self.random.choice(("order", "rr")), "chunk": self.random.choice((1, 1, 2, 4)),
            "budget_packets": self.random.choice((1, 2, 3, 64)), "recheck": "requeue",
            "budget_bytes": self.random.choice((INFINITE_PS, INFINITE_PS, 500)), "backend": self.chance(0.3),
            "notify_stage": self.maybe_stage(f"woken{len(self.made['workers'])}"),
            **({} if "reap_ring" in fields else self.reaps(outputs)), **fields,
        }  # fmt: skip
        if given.get("reap_ring", NONE) == NONE and self.chance(0.8):
            given["recheck"] = "inplace"
        return self.worker("soft" if soft else "task", inputs, outputs, **given)

    def some_executor(self, guests: float) -> int:
        """A vCPU with that probability, if there is one."""
        cores, count = self.cores(), len(self.made["executors"])
        return (
            self.random.randrange(cores, count)
            if count > cores and self.chance(guests)
            else self.random.randrange(cores)
        )

    def task_thread(self, executor: int) -> int:
        polled = {worker.on for worker in self.made["workers"] if worker.poll_mode and worker.kind == "task"}
        shared = [
            index for index, thread in enumerate(self.made["threads"])
            if thread.kind == "workers" and thread.executor == executor and index not in polled
        ]  # fmt: skip
        if shared and self.chance(0.6):
            return self.random.choice(shared)
        guest = self.is_guest(executor)
        made = self.thread(executor, "workers", "guest_task" if guest else "host_task")
        if not guest:
            self.change("threads", made, lock=self.lock(0.6))
        return made

    def lock(self, probability: float) -> int:
        """One of the locks with that probability, if there are any."""
        count = len(self.made["locks"])
        return self.random.randrange(count) if count and self.chance(probability) else NONE

    def polling(self, inputs: list[model.Input], outputs: list[model.Output], **fields: Any) -> int:
        """A poll-mode worker on a thread of its own; its outputs drop."""
        executor = self.some_executor(guests=0.1)
        outputs = [dataclasses.replace(output, full="drop") for output in outputs]
        given = {
            "on": self.thread(executor, "workers", "pmd_work"), "label": "pmd_work", "poll_mode": True, "loop_ps": self.time(0, 3),
            "policy": self.random.choice(("order", "rr")), "chunk": self.random.choice((1, 4)), "poll_ps": self.cost(),
            **self.reaps(outputs), **fields,
        }  # fmt: skip
        return self.worker("task", inputs, outputs, **given)

    def reaps(self, outputs: list[model.Output]) -> dict[str, Any]:
        """Sometimes a worker reaps a tx ring that still needs it; its own only if it does not block there."""
        blocking = {output.index for output in outputs if output.kind == "post" and output.full == "block"}
        free = [ring for ring in self.unreaped if ring not in blocking]
        if not free or self.chance(0.5):
            return {}
        self.unreaped.remove(free[-1])
        return {"reap_ring": free[-1], "reap_ps": self.cost()}

    def hardware(self, inputs: list[model.Input], outputs: list[model.Output], **fields: Any) -> int:
        policy = self.random.choice(("order", "rr", "drr")) if fields.get("select", "first") == "first" else "rr"
        if "select" not in fields and self.chance(0.4):
            inputs = [self.shaped(item) if self.chance(0.5) else item for item in inputs]
        return self.worker(
            "hw", inputs, outputs, policy=policy, on=NONE, quantum_bytes=self.random.choice((100, 300, 1500)), **fields
        )

    def shaped(self, item: model.Input) -> model.Input:
        rate = BITS_PS // self.random.choice((1000, 3000))
        shaper = model.Shaper(
            self.new_name("shaper"), rate, burst_bytes=self.random.choice((0, 300, 3000)), overhead_bytes=self.random.choice((0, 24)),
        )  # fmt: skip
        return dataclasses.replace(item, shaper=self.add("shapers", shaper), weight=self.random.randint(1, 3))
