"""Random plans that both engines must run alike: every primitive, small rings, a coarse grid of times.

1. A pool of cores and vCPUs, with threads, ticks and busy threads, that all software shares.
2. Paths are built from the sinks backwards: a queue is made together with whoever drains it, and what that worker gives
   onwards exists already, so that packets cannot go round; spare queues are kept for other producers.
3. Every sink can answer over a link, so that requests and windows may go anywhere.
4. Gates, moderators, routes and accesses come last, when it is known who publishes where.

Times are multiples of 100 ns and often equal, so that ties are the rule. Everything follows from the seed.
*Scope*: plans that pass `check()`; an attempt that does not is thrown away and the next one taken.
*Validation*: `test_random_plans.py` asserts the shares of ties, pre-emption, parking, drops and exits.
"""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

from simulator.plan import model
from simulator.plan.check import check
from simulator.plan.model import INFINITE_PS, NONE
from simulator.plan.trace import EXIT_KINDS
from simulator.plan.wiring import HARDWARE, executor_of, publishers, wire
from tests.engines.directed import directed_plan
from tests.engines.directed_events import changing_plan
from tests.engines.random_events import happening
from tests.engines.random_memory import translated
from tests.engines.random_parts import BITS_PS, Maker
from tests.engines.random_times import season

SIZES = (100, 200, 300, 600, 1500)
MACS, VLANS = 4, 2
ATTEMPTS = 200
SEASONED = ("flight_ps", "kick_flight_ps", "waker_ps")
CYCLE, DIRECTED, EVENTFUL = 5, (0, 2, 4), 3


def random_plan(seed: int) -> tuple[model.Plan, int]:
    """A plan and how long to run it (ps), the same for the same seed; three of five are directed ones, one of five has events."""
    if seed % (2 * CYCLE) == EVENTFUL:
        return changing_plan(seed)
    plan, until_ps = _still_plan(seed)
    return (happening(plan, until_ps, seed) if seed % CYCLE == EVENTFUL else plan), until_ps


def _still_plan(seed: int) -> tuple[model.Plan, int]:
    if seed % CYCLE in DIRECTED:
        plan, until_ps = directed_plan(seed // CYCLE * len(DIRECTED) + DIRECTED.index(seed % CYCLE))
        return translated(plan, f"{seed}"), until_ps
    for attempt in range(ATTEMPTS):
        maker = _Maker(Random(f"{seed} {attempt}"), f"random{seed}")
        plan = translated(season(maker.plan(), f"{seed} {attempt}"), f"{seed} {attempt}")
        if not check(plan):
            return plan, maker.time(150, 600)
    raise RuntimeError(f"no sound plan in {ATTEMPTS} attempts for seed {seed}")


class _Maker(Maker):
    """One attempt: paths from the sinks backwards, sources, notification."""

    # Queues and what drains them, from the sinks backwards

    def sink(self) -> int:
        """A sink that answers; often one that is there already."""
        if self.made["sinks"] and self.chance(0.5):
            return self.random.randrange(len(self.made["sinks"]))
        link = self.add("links", self.link("none", NONE))
        return self.add("sinks", model.Sink(self.new_name("sink"), link))

    def answers(self) -> None:
        """Lead the reply links somewhere, now that all queues exist."""
        home = self.add("sinks", model.Sink(self.new_name("sink")))
        for sink in self.made["sinks"][:home]:
            kind, target = "sink", home
            if self.spare_fifos and self.chance(0.5):
                kind, target = "fifo", self.random.choice(self.spare_fifos)
            link = self.made["links"][sink.reply_link]
            stage = link.stage if link.stage != NONE or kind != "sink" else self.stage(link.name)
            self.change("links", sink.reply_link, target_kind=kind, target=target, stage=stage)

    def link(self, kind: str, target: int) -> model.Link:
        name = self.new_name("link")
        rate = BITS_PS // self.random.choice((1000, 500, 2000)) if self.chance(0.6 if kind != "none" else 0.2) else 0
        stage = self.stage(name) if kind == "sink" else self.maybe_stage(name)
        overheads = self.random.choice(((0, 0), (24, 54)))
        return model.Link(name, rate, self.time(0, 5), *overheads, stage, kind, target)

    def wire(self, depth: int) -> int:
        """A link to a sink, to a queue, or to another link."""
        draw = self.random.random()
        if depth <= 0 or draw < 0.5:
            return self.add("links", self.link("sink", self.sink()))
        if draw < 0.6:
            return self.add("links", self.link("link", self.wire(depth - 1)))
        return self.add("links", self.link("fifo", self.fifo(depth - 1)))

    def new_fifo(self) -> int:
        capacity = self.random.choice((1, 2, 3, 4, 8))
        full = self.random.choice(("drop", "block"))
        limit = self.random.choice((0, 0, 0, 700))
        wake_free = self.random.randint(1, capacity)
        return self.add("fifos", model.Fifo(self.new_name("fifo"), capacity, limit, full, wake_free))

    def fifo(self, depth: int) -> int:
        """A queue with its consumer, or a spare one."""
        if self.spare_fifos and self.chance(0.4):
            return self.random.choice(self.spare_fifos)
        kind = self.random.choice(("hw", "hw", "software", "software", "software", "software", "poll"))
        outputs, extra = self.onward(kind, depth)
        fifos = [self.new_fifo() for _ in range(self.random.choice((1, 1, 2, 3)))]
        inputs = [model.Input("fifo", index, weight=self.random.randint(1, 3)) for index in fifos]
        make = {"hw": self.hardware, "software": self.software, "poll": self.polling}[kind]
        make(inputs, outputs, **extra)
        self.spare_fifos += fifos[1:]
        return fifos[0]

    def onward(self, kind: str, depth: int) -> tuple[list[model.Output], dict[str, Any]]:
        """Outputs for a worker of that kind and the fields that go with them."""
        draw = self.random.random()
        if draw < 0.25 and depth > 0:
            return self.switched(kind, depth)
        if draw < 0.4 and kind != "hw":
            back = self.output(kind, depth - 1)
            return [model.Output("sink", self.sink()), back], {"select": "endpoint"}
        return [self.output(kind, depth)], {}

    def switched(self, kind: str, depth: int) -> tuple[list[model.Output], dict[str, Any]]:
        outputs = [self.output(kind, depth - 1) for _ in range(self.random.randint(1, 4))]
        ports = []
        for first in range(len(outputs)):
            ports.append((first, self.random.randint(1, len(outputs) - first)))
        table = tuple(self.random.randint(NONE, len(ports) - 1) for _ in range(MACS * VLANS))
        default = self.random.randint(NONE, len(ports) - 1)
        switch = self.add("switches", model.Switch(self.new_name("switch"), MACS, table, tuple(ports), default))
        return outputs, {"select": "switch", "switch": switch}

    def output(self, kind: str, depth: int) -> model.Output:
        every = self.random.choice((1, 1, 2, 3))
        full = self.random.choice(("block", "block", "drop"))
        if depth <= 0:
            return model.Output("sink", self.sink())
        choices = (
            ("fifo", "link", "dma_write", "dma_read", "sink")
            if kind == "hw"
            else ("fifo", "post", "post", "fill", "sink")
        )
        chosen = self.random.choice(choices)
        if chosen == "fifo":
            index = self.fifo(depth - 1)
            return model.Output("fifo", index, every, self.made["fifos"][index].full)
        if chosen == "link":
            return model.Output(
                "link", self.wire(depth - 1), room_ps=self.random.choice((0, 0, self.time(0, 4), INFINITE_PS))
            )
        if chosen == "dma_read":
            index = self.fifo(depth - 1)
            return model.Output("dma_read", self.dma(), every, fifo=index)
        if chosen == "sink":
            return model.Output("sink", self.sink())
        make = {"dma_write": self.rx_remote, "fill": self.rx_shared, "post": self.tx}[chosen]
        room_ps = self.time(0, 4) if chosen == "dma_write" and self.chance(0.5) else INFINITE_PS
        return model.Output(chosen, make(depth - 1), every, full, room_ps)

    def dma(self) -> int:
        if self.made["dmas"] and self.chance(0.7):
            return self.random.randrange(len(self.made["dmas"]))
        up, down = self.add("links", self.link("none", NONE)), self.add("links", self.link("none", NONE))
        name = self.new_name("dma")
        return self.add(
            "dmas",
            model.Dma(
                name, up, down, max_reads=self.random.choice((1, 1, 2, 64)), memory_ps=self.cost(), memory_spread=self.factors(0.5),
                read_stage=self.maybe_stage(name),
            ),
        )  # fmt: skip

    # Rings

    def ring(self, kind: str, **fields: Any) -> int:
        size = self.random.choice((6, 8, 16)) if kind == "rx" else self.random.choice((3, 4, 8))
        return self.add(
            "rings",
            model.DescRing(
                self.new_name("ring"), kind, size, buffer_bytes=self.random.choice((0, 0, 600, 1000)),
                wake_free=self.random.randint(1, size), writeback_group=self.random.choice((1, 1, 2, 4)),
                descriptor_bytes=self.random.choice((0, 16)) if kind == "rx" else 16, fetch_max=self.random.choice((0, 1, 2, 4)),
                fetch_low=self.random.choice((0, 0, 1, 2)), **fields,
            ),
        )  # fmt: skip

    def rx_remote(self, depth: int) -> int:
        return self.rx(depth, remote=True, dma=self.dma())

    def rx_shared(self, depth: int) -> int:
        return self.rx(depth)

    def rx(self, depth: int, **fields: Any) -> int:
        kind = self.random.choice(("software", "software", "software", "poll"))
        outputs, extra = self.onward(kind, depth)
        ring = self.ring("rx", **fields)
        inputs = [model.Input("rx", ring)]
        if self.chance(0.3):
            fifo = self.new_fifo()
            inputs.insert(self.random.randint(0, len(inputs)), model.Input("fifo", fifo))
            self.spare_fifos.append(fifo)
        make = self.software if kind == "software" else self.polling
        above = self.random.choice((0, 0, 1, 2))
        make(
            inputs, outputs, refill_ring=ring, refill_chunk=self.random.choice((1, 2, 32)), refill_above=above, **extra
        )
        return ring

    def tx(self, depth: int) -> int:
        remote = self.chance(0.5)
        fields = {"remote": True, "dma": self.dma()} if remote else {}
        kind = "hw" if remote else self.random.choice(("software", "software", "poll", "hw"))
        outputs, extra = self.backend_outputs(kind, remote, depth)
        rings = [self.ring("tx", **fields) for _ in range(self.random.choice((1, 1, 2, 3)))]
        inputs = [
            model.Input("tx", ring, self.random.randint(1, 3), publish_every=self.random.choice((1, 1, 2, INFINITE_PS)))
            for ring in rings
        ]
        {"hw": self.hardware, "software": self.software, "poll": self.polling}[kind](inputs, outputs, **extra)
        self.unreaped += rings
        return self.random.choice(rings)

    def backend_outputs(self, kind: str, remote: bool, depth: int) -> tuple[list[model.Output], dict[str, Any]]:
        """Hardware on shared memory must complete by itself, so it sends at once."""
        if kind != "hw":
            return self.onward(kind, depth)
        if not remote or self.chance(0.3):
            return [model.Output("link", self.wire(depth), room_ps=self.time(0, 4))], {}
        if self.chance(0.7):
            index = self.fifo(depth)
            return [model.Output("dma_read", self.dma(), fifo=index)], {}
        return self.onward(kind, depth)

    # Sources

    def source(self) -> None:
        kind = self.random.choice(("open", "open", "open", "rr", "window"))
        if self.chance(0.4):
            target_kind, target = "link", self.wire(self.depth)
        else:
            target_kind, target = "fifo", self.fifo(self.depth)
        sizes = SIZES if kind == "open" else (100, 600, 1500)
        gap = self.times(12) if kind == "open" else NONE
        think = self.times(20) if kind == "rr" and self.chance(0.7) else NONE
        shared = self.made["sources"] and self.chance(0.1)
        size = self.made["sources"][0].size if shared else self.stream(sizes)
        self.add(
            "sources",
            model.Source(
                self.new_name("source"), kind, target_kind, target, size, self.stream(tuple(range(8))), self.stream(tuple(range(MACS))),
                gap, think, vlan=self.random.randrange(VLANS), segment_bytes=self.random.choice((0, 0, 500)), start_ps=self.time(0, 30),
                stop_ps=self.random.choice((INFINITE_PS, self.time(60, 300))), max_packets=self.random.randint(1, 30),
                backlog_ps=self.random.choice((INFINITE_PS, INFINITE_PS, self.time(0, 10))), response_bytes=self.random.choice(SIZES),
                reply_dst=self.random.randrange(MACS), window=self.random.randint(1, 6), ack_every=self.random.randint(1, 3),
                timeout_ps=self.time(10, 120),
            ),
        )  # fmt: skip

    # Notification

    def pollers(self) -> None:
        for index, worker in enumerate(self.made["workers"]):
            if worker.kind == "hw" or worker.poll_mode:
                for item in worker.inputs:
                    self.change("fifos" if item.kind == "fifo" else "rings", item.index, poller=index)

    def reapers(self) -> None:
        """Whoever still lacks one gets a reaper, interrupt-driven and often with nothing else to do."""
        for ring in list(self.unreaped):
            if ring in self.unreaped:
                self.unreaped.remove(ring)
                self.software([], [], reap_ring=ring, reap_ps=self.cost())
                if self.chance(0.1):
                    self.software([], [], reap_ring=ring, reap_ps=self.cost())

    def moderators(self) -> None:
        """A moderator for remote rings whose driver is interrupt-driven, and for a few in shared memory; rx and tx of one
        worker often share it."""
        found: dict[tuple[int, bool], int] = {}
        for index, ring in enumerate(self.made["rings"]):
            driver = self.driver(index, ring.kind)
            if (
                driver == NONE
                or self.made["workers"][driver].poll_mode
                or not (ring.remote or self.emulated(index, driver))
            ):
                continue
            key = driver, ring.remote
            if key not in found or self.chance(0.3):
                found[key] = self.moderator(driver, ring.dma) if ring.remote else self.software_moderator(driver)
            if ring.remote and ring.kind == "rx" and self.made["moderators"][found[key]].stage != NONE:
                self.staged(self.made["dmas"][ring.dma].up)
            self.change("rings", index, moderator=found[key])
            if not ring.remote:
                self.change("rings", index, used_gate=model.Gate("moderated"))

    def emulated(self, index: int, driver: int) -> bool:
        """Whether a guest's ring in shared memory is to be moderated; its backend is software, which pays for the signals."""
        plan = self.so_far()
        if not self.is_guest(executor_of(plan, plan.workers[driver])):
            return False
        wiring = wire(plan)
        backends = (
            wiring.drains.get(("rings", index), [])
            if plan.rings[index].kind == "tx"
            else wiring.feeds.get(("rings", index), [])
        )
        return self.chance(0.3) and all(plan.workers[backend].kind != "hw" for backend in backends)

    def software_moderator(self, driver: int) -> int:
        """An emulated device's: whoever has none yet, or a new worker, is woken by its timer."""
        made = self.moderator(driver, NONE, "irqfd")
        free = [
            index for index, worker in enumerate(self.made["workers"])
            if worker.kind != "hw" and not worker.poll_mode and worker.moderator == NONE
        ]  # fmt: skip
        worker = self.random.choice(free) if free and self.chance(0.5) else self.software([], [])
        self.change("workers", worker, moderator=made)
        self.change("moderators", made, worker=worker, signal_ps=self.cost())
        return made

    def driver(self, ring: int, kind: str) -> int:
        for index, worker in enumerate(self.made["workers"]):
            if (kind == "tx" and worker.reap_ring == ring) or any(
                i.kind == "rx" and i.index == ring for i in worker.inputs
            ):
                return index
        return NONE

    def staged(self, link: int) -> None:
        """Give the link a stage if it has none."""
        if self.made["links"][link].stage == NONE:
            self.change("links", link, stage=self.stage(self.made["links"][link].name))

    def moderator(self, worker: int, dma: int, origin: str = "device") -> int:
        kind = self.random.choice(("none", "gap", "coal", "coal_eqe", "coal_cqe"))
        name = self.new_name("moderator")
        return self.add(
            "moderators",
            model.Moderator(
                name, self.route(worker, origin), kind, self.time(0, 30), self.random.choice((1, 2, 4, INFINITE_PS)),
                self.random.choice((dma, dma, NONE)), stage=self.maybe_stage(name),
            ),
        )  # fmt: skip

    def route(self, worker: int, origin: str) -> int:
        executor = executor_of(self.so_far(), self.made["workers"][worker])
        guest = self.is_guest(executor)
        mode = self.random.choice(("legacy", "apicv", "posted")) if guest else "native"
        costs = {
            field.name: self.cost()
            for field in dataclasses.fields(model.IrqRoute)
            if field.name.endswith("_ps") and field.name not in SEASONED
        }
        core = self.random.randrange(self.cores())
        if guest and self.chance(0.4):
            core = self.made["threads"][self.made["executors"][executor].thread].executor
        return self.add(
            "routes",
            model.IrqRoute(
                self.new_name("route"), mode, worker, core, executor if guest else NONE, origin,
                level=self.chance(0.3), **costs,
            ),
        )  # fmt: skip

    def accesses(self) -> None:
        """Handlers and drivers in a guest trap: they wake, acknowledge, mask and unmask."""
        for index, route in enumerate(self.made["routes"]):
            if route.vcpu != NONE:
                self.change("routes", index, accesses=self.listed(self.random.choice((0, 0, 1, 2, 4))))
        for index, worker in enumerate(self.made["workers"]):
            vectors = self.vectors(worker)
            guest = worker.kind != "hw" and self.is_guest(executor_of(self.so_far(), worker))
            software = any(self.made["moderators"][vector].worker != NONE for vector in vectors)
            if guest and self.chance(0.9 if software else 0.3):
                unmask = tuple(self.trap("unmask", vector) for vector in vectors)
                self.change("workers", index, unmask=self.listed(self.random.choice((0, 0, 1))) + unmask)

    def vectors(self, worker: model.Worker) -> list[int]:
        """The moderators of the rings that a worker drives."""
        rings = [item.index for item in worker.inputs if item.kind == "rx"] + [worker.reap_ring]
        return sorted({self.made["rings"][ring].moderator for ring in rings if ring != NONE} - {NONE})

    def listed(self, count: int) -> tuple[model.Notify, ...]:
        """Accesses of any kind; they wake the host's workers only, which make none, so that nobody wakes itself for ever."""
        moderators, plan = len(self.made["moderators"]), self.so_far()
        sleepers = [
            index for index, worker in enumerate(plan.workers)
            if worker.kind != "hw" and not worker.poll_mode and not self.is_guest(executor_of(plan, worker))
        ]  # fmt: skip
        kinds = ["none", *["ack", "unmask"] * (moderators > 0), *["wake"] * bool(sleepers)]
        found = []
        for kind in self.random.choices(kinds, k=count):
            targets = {"none": [NONE], "wake": sleepers}.get(kind, range(moderators))
            found.append(self.trap(kind, self.random.choice(targets)))
        return tuple(found)

    def trap(self, kind: str, target: int) -> model.Notify:
        """An access, often under a lock if there is one."""
        leaves, lock = self.random.choice(EXIT_KINDS[6:]), self.lock(0.6)
        return model.Notify(kind, target, self.cost(), leaves, lock, self.cost() if lock != NONE else 0)

    def so_far(self) -> model.Plan:
        return model.Plan(self.name, **{name: tuple(values) for name, values in self.made.items()})

    def gates(self) -> None:
        plan = self.so_far()
        for collection, index, field, users in list(publishers(plan, wire(plan))):
            gate = self.gate(collection, index, field, users)
            self.change(collection, index, **{field: gate})

    def gate(self, collection: str, index: int, field: str, users: set[int]) -> model.Gate:
        entity = self.made[collection][index]
        if field == "used_gate" and entity.used_gate.mode == "moderated":
            return entity.used_gate
        if field == "avail_gate" and entity.remote:
            return model.Gate("always", self.notify("doorbell", index, users))
        if field == "avail_gate" and entity.kind == "rx":
            return model.Gate(
                self.random.choice(("always", "flag", "event", "event", "edge")), self.notify("resume", index, users)
            )
        woken = self.consumer(collection, index, field)
        if woken == NONE or self.made["workers"][woken].kind == "hw" or self.made["workers"][woken].poll_mode:
            return model.Gate(self.random.choice(("never", "flag")))
        mode = self.random.choice(("always", "flag", "event", "event", "edge"))
        delay = self.random.randint(1, 4) if field == "used_gate" and entity.kind == "tx" and self.chance(0.4) else 0
        if self.made["workers"][woken].kind == "soft" and self.chance(0.4):
            return model.Gate(mode, self.notify("irq", self.route(woken, "irqfd"), users), delay, 4)
        return model.Gate(mode, self.notify("wake", woken, users), delay, 4)

    def consumer(self, collection: str, index: int, field: str) -> int:
        if field == "used_gate":
            return self.driver(index, self.made["rings"][index].kind)
        drains = wire(self.so_far()).drains.get((collection, index), [])
        return drains[0] if drains else NONE

    def notify(self, kind: str, target: int, users: set[int]) -> model.Notify:
        if HARDWARE in users:
            return model.Notify(kind, target)
        plan = self.so_far()
        guests = all(self.is_guest(executor_of(plan, self.made["workers"][user])) for user in users)
        if guests and users and self.chance(0.6):
            return self.trap(kind, target)
        return model.Notify(kind, target, self.cost())

    def plan(self) -> model.Plan:
        self.processors()
        for _ in range(self.random.randint(1, 6)):
            self.source()
        self.answers()
        self.reapers()
        self.pollers()
        self.moderators()
        self.gates()
        self.accesses()
        return self.so_far()
