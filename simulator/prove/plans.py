"""The experiments as plans: threads, cores and sockets of one machine, with costs that were measured one by one.

1. A frame's way between two namespaces is that of the datapath `container`: the same steps, the same backlog and softirq.
2. Costs are those of the host as measured; a few that the catalogue has no name for are the primitives themselves.
3. The compiled engine says how long one operation takes when all goes round: that is the prediction.

*Scope*: closed loops and floods on one or two cores, nothing else running there. What is measured at once with another thing is
predicted of its parts: nothing here comes from a run of an experiment. *Validation*: ``tests/prove/test_plans.py``, sums by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simulator.costs import Host
from simulator.engines.compiled import CompiledEngine
from simulator.parts import veth
from simulator.parts.cpu import add_core
from simulator.parts.settings import HostSettings, Scheduler
from simulator.parts.stages import APPLICATION, BACKEND, BACKEND_WAKE, SEND, WAKE_UP
from simulator.parts.steps import total
from simulator.plan import draws
from simulator.plan.builder import PlanBuilder
from simulator.plan.check import require
from simulator.plan.model import INFINITE_PS, NONE, Fifo, Gate, Input, Notify, Output, Sink, Source, Thread, Worker
from simulator.plan.trace import Trace
from simulator.prove.bench import TAP_PACKETS

HEADERS_BYTES = 42
WARM_UP_PS, WINDOW_PS = 20_000_000_000, 200_000_000_000
WAYS: dict[str, tuple[str, ...]] = {
    "pair": (),
    "bridge": ("h_veth_pk", "s_bridge"),
    "routed": ("h_veth_pk", "s_route"),
}
"""Path -> what a frame passes before the last pair, by costs."""
_BURST = 50
"""Frames that a backend's loop reads at a time (QEMU's net/tap.c)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of the machine before an experiment: its costs, the primitives in ns, packets that a socket holds."""

    model: Host
    ns: Mapping[str, float]
    holds: int

    def ps(self, name: str) -> int:
        """A primitive in ps."""
        return round(self.ns[name] * 1000)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Time of one operation, and of floods the share that is lost."""

    ns: float
    lost: float = 0.0


@dataclass(slots=True)
class Lab:
    """A plan under construction: cores by name, and threads that know which core they run on."""

    prices: Prices
    preempt: bool = True
    """Whether a woken thread may take the core from whoever has it (not those of the class batch)."""
    builder: PlanBuilder = field(default_factory=PlanBuilder)
    cores: dict[str, int] = field(default_factory=dict)

    @property
    def host(self) -> HostSettings:
        """The machine with its scheduler."""
        slice_ps = self.prices.ps("slice_of_two")
        scheduler = Scheduler(
            latency_ps=slice_ps,
            min_granularity_ps=slice_ps,
            wakeup_granularity_ps=self.prices.model.value("fair_wakeup_granularity") if self.preempt else INFINITE_PS,
        )
        return HostSettings(self.prices.model, scheduler=scheduler)

    def core(self, name: str) -> int:
        """The core of that name."""
        if name not in self.cores:
            self.cores[name] = add_core(self.builder, self.host, name)
        return self.cores[name]

    def thread(self, name: str, core: str, woken_by: str) -> int:
        """A thread that sleeps until software on the core ``woken_by`` wakes it."""
        thread = Thread(name=name, executor=self.core(core), kind="workers")
        if woken_by != core:
            wake_ps, flight_ps, waker_ps = (
                self.prices.model.ps(part) for part in ("h_wake_run", "h_ipi_flight", "h_wake_work")
            )
            thread = replace(thread, wake_ps=wake_ps, flight_ps=flight_ps, waker_ps=waker_ps)
        return self.builder.add(thread)

    def wakes(self, worker: int, here: bool) -> Gate:
        """The gate of a queue whose consumer sleeps; the waker on the same core pays for it."""
        return Gate("edge", Notify("wake", worker, self.prices.model.ps("h_wake_app") if here else 0))

    def add(self, name: str, thread: int, source: int, outputs: tuple[Output, ...], stage: str, **costs: int) -> Worker:
        """A worker that takes packets from the fifo ``source``."""
        return Worker(
            name=name,
            kind="task",
            on=thread,
            inputs=(Input("fifo", source),),
            outputs=outputs,
            stage=self.builder.stage(stage),
            notify_stage=self.builder.stage(WAKE_UP if stage != BACKEND else BACKEND_WAKE),
            **costs,  # type: ignore[arg-type]
        )

    def send_ps(self, path: str) -> int:
        """The send call, up to the last pair's backlog."""
        return total(self.prices.model, veth.send_steps(WAYS[path], ()), "send.packet_ps")

    def source(
        self,
        kind: str,
        fifo: int,
        length_bytes: int,
        gap_ps: int = 0,
        packets: int = INFINITE_PS,
        window: int = 1,
    ) -> None:
        """Where packets begin; of a window the last one is answered."""
        builder, name = self.builder, f"source{self.builder.count(Source)}"
        size, flow, dst = (
            builder.stream(draws.constant(f"{name}:{key}", value))
            for key, value in (("size", length_bytes), ("flow", 0), ("dst", 0))
        )
        gap = builder.stream(draws.constant(f"{name}:gap", gap_ps)) if gap_ps else NONE
        builder.add(
            Source(name, kind, "fifo", fifo, size, flow, dst, gap, max_packets=packets, window=window, ack_every=window)
        )

    def run(self) -> Trace:
        """Simulate the window after a warm-up."""
        plan = self.builder.finish("experiment")
        require(plan)
        engine = CompiledEngine(plan, 1)
        engine.run(WARM_UP_PS)
        engine.begin_window()
        engine.run(WARM_UP_PS + WINDOW_PS)
        trace: Trace = engine.trace()
        return trace


def _copy_ps(lab: Lab, length_bytes: int) -> int:
    return (lab.prices.model.value("h_copy_fs") * length_bytes + 500) // 1000


def round_trip(prices: Prices, path: str, cores: int, payload_bytes: int, pairs: int = 1) -> Prediction:
    """Clients that ask and servers that answer, each asleep while it waits: packets that go round."""
    lab = Lab(prices)
    for number in range(pairs):
        _add_round(lab, f"{number}", path, "first" if cores == 1 else "second", payload_bytes + HEADERS_BYTES)
    counters = lab.run().counters
    return Prediction(WINDOW_PS / 1000 / sum(counters[f"{number}.client.served"] for number in range(pairs)))


def _add_round(lab: Lab, name: str, path: str, there: str, length_bytes: int) -> None:
    builder = lab.builder
    turn_ps = lab.send_ps(path) + lab.prices.model.ps("h_app_rx_pk") + 2 * _copy_ps(lab, length_bytes)
    ends = []
    for role, core, other in (("client", "first", there), ("server", there, "first")):
        worker = builder.promise(Worker)
        gate = lab.wakes(worker, core == other)
        socket = builder.add(Fifo(f"{name}.{role}.socket", lab.prices.holds, gate=gate))
        ends.append((f"{name}.{role}", core, lab.thread(f"{name}.{role}", core, other), worker, socket))
    for (label, core, thread, worker, socket), (*_, target) in zip(ends, reversed(ends), strict=True):
        out = veth.add_backlog(builder, lab.host, label, lab.core(core), target)
        turning = lab.add(label, thread, socket, (Output("fifo", out, full="drop"),), APPLICATION, packet_ps=turn_ps)
        builder.keep(worker, turning)
    begin = builder.add(Fifo(f"{name}.begin", 1, gate=Gate("edge", Notify("wake", builder.count(Worker)))))
    first = lab.thread(f"{name}.first", "first", "first")
    builder.add(lab.add(f"{name}.begins", first, begin, (Output("fifo", ends[0][-1]),), SEND))
    lab.source("open", begin, length_bytes, gap_ps=1, packets=1)


def burst(prices: Prices, path: str, packets: int) -> Prediction:
    """A client that sends so many at a time and then waits for one answer; nobody pre-empts, so the server runs when it waits."""
    lab, length = Lab(prices, preempt=False), 18 + HEADERS_BYTES
    builder, core = lab.builder, lab.core("first")
    client, server = (lab.thread(name, "first", "first") for name in ("client", "server"))
    sends, answers, takes = (builder.promise(Worker) for _ in range(3))
    begin = builder.add(Fifo("turn", packets, gate=Gate("edge", Notify("wake", sends))))
    requests, replies = (
        builder.add(Fifo(name, prices.holds, gate=lab.wakes(worker, here=True)))
        for name, worker in (("server.socket", answers), ("client.socket", takes))
    )
    out, back = (
        veth.add_backlog(builder, lab.host, name, core, socket)
        for name, socket in (("out", requests), ("back", replies))
    )
    done, acks = builder.add(Sink("done")), builder.add(Sink("acks"))
    send_ps, receive_ps = lab.send_ps(path), prices.model.ps("h_app_rx_pk")
    budget = {"budget_packets": packets + 1}
    builder.keep(
        sends, lab.add("sends", client, begin, (Output("fifo", out, full="drop"),), SEND, packet_ps=send_ps, **budget)
    )
    ends = (Output("sink", done), Output("fifo", back, full="drop"))
    answering = lab.add(
        "answers", server, requests, ends, APPLICATION, packet_ps=receive_ps, reply_ps=send_ps, **budget
    )
    builder.keep(answers, replace(answering, select="endpoint"))
    builder.keep(takes, lab.add("takes", client, replies, (Output("sink", acks),), APPLICATION, packet_ps=receive_ps))
    lab.source("window", begin, length, window=packets)
    return Prediction(WINDOW_PS / 1000 / lab.run().counters["done.count"])


@dataclass(frozen=True, slots=True)
class Flood:
    """Who floods whom, from one core to the other: the sink ``sleeps`` or ``spins``; with the path ``tap`` it is an event loop."""

    path: str = "pair"
    sink: str = "sleeps"
    senders: int = 1
    forwards: bool = False
    """Whether the event loop writes each frame to another tap, behind which a full socket drops it."""


def flood(prices: Prices, what: Flood) -> Prediction:
    """Senders that never pause, and what arrives."""
    lab = Lab(prices)
    for number in range(what.senders):
        _add_flood(lab, what, f"{number}")
    counters = lab.run().counters
    arrived = sum(counters[f"{number}.done.count"] for number in range(what.senders))
    lost = sum(counters[f"{number}.queue.dropped"] for number in range(what.senders))
    return Prediction(WINDOW_PS / 1000 / arrived, lost / (arrived + lost))


def _add_flood(lab: Lab, what: Flood, name: str) -> None:
    builder, prices = lab.builder, lab.prices
    length, tapped, spins = 18 + HEADERS_BYTES, what.path == "tap", what.sink == "spins"
    sender, taker = (
        lab.thread(f"{name}.{role}", core, "first") for role, core in (("sender", "first"), ("taker", "second"))
    )
    sends, takes = builder.promise(Worker), builder.promise(Worker)
    begin = builder.add(Fifo(f"{name}.turn", 2, gate=Gate("edge", Notify("wake", sends))))
    gate = Gate() if spins else lab.wakes(takes, here=False)
    capacity = TAP_PACKETS if tapped else prices.holds
    queue = builder.add(Fifo(f"{name}.queue", capacity, gate=gate, poller=takes if spins else NONE))
    done = (Output("sink", builder.add(Sink(f"{name}.done"))),)
    target = queue if tapped else veth.add_backlog(builder, lab.host, name, lab.core("first"), queue)
    send_ps = prices.ps("udp_send_tap_18B") if tapped else lab.send_ps(what.path)
    sending = lab.add(f"{name}.sends", sender, begin, (Output("fifo", target, full="drop"),), SEND, packet_ps=send_ps)
    builder.keep(sends, sending)
    if tapped:
        take_ps = prices.ps("tap_read_18B") + (prices.ps("tap_write_socket") if what.forwards else 0)
        taking = lab.add(f"{name}.takes", taker, queue, done, BACKEND, packet_ps=take_ps, wake_ps=_loop_ps(prices))
        taking = replace(taking, budget_packets=_BURST)
    else:
        taking = lab.add(f"{name}.takes", taker, queue, done, APPLICATION, packet_ps=prices.model.ps("h_app_rx_pk"))
    if spins:
        taking = replace(taking, poll_mode=True, loop_ps=prices.ps("udp_receive_empty"))
    builder.keep(takes, taking)
    lab.source("open", begin, length, max(1, send_ps // 3))


def _loop_ps(prices: Prices) -> int:
    """What a turn of an event loop takes beyond a plain sleep: two threads signal each other, one asleep in a poll, less both in reads."""
    return max(0, 2 * (prices.ps("switch_by_poll") - prices.ps("switch_by_event")))


def forwarded(prices: Prices) -> Prediction:
    """A round trip whose frames an event loop carries from one tap to the other, all threads on one core."""
    lab, length = Lab(prices), 18 + HEADERS_BYTES
    builder = lab.builder
    client, loop, server = (lab.thread(name, "first", "first") for name in ("client", "loop", "server"))
    turn_ps = prices.ps("udp_receive_tap_18B") + prices.ps("udp_send_tap_18B")
    carry_ps = prices.ps("tap_read_18B") + prices.ps("tap_write_socket")
    around = (
        ("client", client, turn_ps),
        ("there", loop, carry_ps),
        ("server", server, turn_ps),
        ("back", loop, carry_ps),
    )
    workers = [builder.promise(Worker) for _ in around]
    queues = [
        builder.add(Fifo(f"{name}.queue", TAP_PACKETS, gate=lab.wakes(worker, here=True)))
        for worker, (name, _, _) in zip(workers, around, strict=True)
    ]
    targets = (*queues[1:], queues[0])
    for worker, queue, target, (name, thread, cost_ps) in zip(workers, queues, targets, around, strict=True):
        outputs = (Output("fifo", target, full="drop"),)
        wake_ps = _loop_ps(prices) if thread == loop else 0
        builder.keep(worker, lab.add(name, thread, queue, outputs, APPLICATION, packet_ps=cost_ps, wake_ps=wake_ps))
    begin = builder.add(Fifo("begin", 1, gate=Gate("edge", Notify("wake", builder.count(Worker)))))
    first = lab.thread("first", "first", "first")
    builder.add(lab.add("begins", first, begin, (Output("fifo", queues[0]),), SEND))
    lab.source("open", begin, length, gap_ps=1, packets=1)
    return Prediction(WINDOW_PS / 1000 / lab.run().counters["client.served"])


def stream(prices: Prices, path: str, piece_bytes: int = 65_536) -> Prediction:
    """A TCP stream between two threads of one core: ns for 1,000 bytes. Pieces are as large as the stack's super-packets."""
    lab = Lab(prices)
    builder = lab.builder
    sender, taker = (lab.thread(name, "first", "first") for name in ("sender", "taker"))
    sends, takes = builder.promise(Worker), builder.promise(Worker)
    begin = builder.add(Fifo("turn", 2, gate=Gate("edge", Notify("wake", sends))))
    window = builder.add(Fifo("window", 4, full="block", gate=lab.wakes(takes, here=True)))
    out_ps, in_ps = (round(prices.ns[f"tcp_{way}_per_byte"] * piece_bytes * 1000) for way in ("out", "in"))
    way_ps = sum(prices.model.ps(cost) for cost in WAYS[path])
    builder.keep(sends, lab.add("sends", sender, begin, (Output("fifo", window),), SEND, packet_ps=out_ps + way_ps))
    done = (Output("sink", builder.add(Sink("done"))),)
    builder.keep(takes, lab.add("takes", taker, window, done, APPLICATION, packet_ps=in_ps))
    lab.source("open", begin, 1500, max(1, out_ps // 3))
    pieces = lab.run().counters["done.count"]
    return Prediction(WINDOW_PS / pieces / piece_bytes)
