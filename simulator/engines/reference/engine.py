"""The engine itself: creates the entities of a plan, runs their calendar, and reads the counters.

1. Create every entity in the order of the plan, then let each find its neighbours.
2. ``run`` handles every slot up to a time and lets the plan's events act on the way; in slices or at once gives the same.
3. ``trace`` only reads: it may be called at any time and as often as one likes.

*Scope*: implements ``simulator.plan.trace.Engine`` as ``docs/reference/plan.md`` says.
*Validation*: tests/unit/test_reference.py (sums by hand), conformance vectors, agreement with the compiled engine.
"""

from __future__ import annotations

from collections import deque
from itertools import chain

from simulator.engines.reference.bus.dma import Dma
from simulator.engines.reference.bus.links import Link
from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.clock.world import Entity
from simulator.engines.reference.cpu.core import Core
from simulator.engines.reference.cpu.executors import Executor
from simulator.engines.reference.cpu.lock import Lock
from simulator.engines.reference.cpu.quotas import Quota
from simulator.engines.reference.cpu.threads import BusyThread, KsoftirqdThread, Thread, VcpuThread, WorkersThread
from simulator.engines.reference.cpu.ticks import Tick
from simulator.engines.reference.cpu.vcpu import Vcpu
from simulator.engines.reference.ends.changes import change
from simulator.engines.reference.ends.sinks import Sink
from simulator.engines.reference.ends.sources import source_of
from simulator.engines.reference.ends.world import World
from simulator.engines.reference.interrupts.moderators import moderator_of
from simulator.engines.reference.interrupts.routes import IrqRoute
from simulator.engines.reference.queues.fifo import Fifo
from simulator.engines.reference.queues.rx_ring import RxRing
from simulator.engines.reference.queues.shapers import Shaper
from simulator.engines.reference.queues.switches import Switch
from simulator.engines.reference.queues.tx_ring import TxRing
from simulator.engines.reference.workers.exit_worker import ExitWorker
from simulator.engines.reference.workers.hardware import HardwareWorker
from simulator.engines.reference.workers.polling import PollingWorker
from simulator.engines.reference.workers.software import SoftirqWorker, TaskWorker
from simulator.engines.reference.workers.workers import Worker
from simulator.errors import EngineError
from simulator.plan import model
from simulator.plan.model import NONE
from simulator.plan.trace import SUMS, Trace


class ReferenceEngine:
    """Runs one plan; see ``simulator.plan.trace.Engine``. Times are picoseconds."""

    def __init__(self, plan: model.Plan, seed: int, replication: int = 0, *, log: bool = False) -> None:
        self._world = World(plan, seed, replication, log=log)
        _create_network(self._world)
        _create_processors(self._world)
        _create_workers(self._world)
        _connect(self._world)
        self._start_ps = 0
        self._in_flight_start = 0
        self._events = deque(plan.events)

    def run(self, until_ps: int) -> None:
        """Handle every slot with time <= ``until_ps``; EngineError for a loop without time or a time in the past."""
        while self._events and self._events[0].at_ps <= until_ps:
            event = self._events.popleft()
            self._world.calendar.run_before(event.at_ps)
            change(self._world, event)
        self._world.calendar.run(until_ps)

    def begin_window(self) -> None:
        """Measure from now on; nothing that happens depends on it."""
        for entity in _entities(self._world):
            entity.begin_window()
        self._start_ps = self._world.now_ps
        self._in_flight_start = self._world.alive

    def sums(self) -> tuple[int, ...]:
        """Those counters that are summed up by intervals, from the beginning of the window to now."""
        return tuple(
            entity.counts[metric]
            for collection, metrics in SUMS.items()
            for entity in getattr(self._world, collection)
            for metric in metrics
        )

    def trace(self) -> Trace:
        """The counters from the beginning of the window to now."""
        world = self._world
        counters = {
            f"{entity.name}.{metric}": value
            for entity in _entities(world)
            for metric, value in entity.counters().items()
        }
        return Trace(
            start_ps=self._start_ps,
            end_ps=world.now_ps,
            handled=world.calendar.handled,
            in_flight_start=self._in_flight_start,
            in_flight_end=world.alive,
            counters=counters,
            histograms={sink.name: dict(sink.histogram) for sink in world.sinks},
            stages={sink.name: sink.stages for sink in world.sinks},
            log=list(world.log),
        )

    def delivered(self) -> tuple[int, int]:
        """Packets that all sinks recorded since the beginning of the window, and the sum of their latencies in ps."""
        sinks = self._world.sinks
        return sum(sink.counts["count"] for sink in sinks), sum(sink.counts["sum_ps"] for sink in sinks)

    def latencies(self) -> dict[int, int]:
        """Bucket index -> packets that all sinks recorded since the beginning of the window."""
        counts: dict[int, int] = {}
        for sink in self._world.sinks:
            for index, count in sink.histogram.items():
                counts[index] = counts.get(index, 0) + count
        return dict(sorted(counts.items()))


def _entities(world: World) -> chain[Entity]:
    return chain(
        world.sources, world.sinks, world.links, world.dmas, world.fifos, world.rings, world.switches, world.moderators,
        world.routes, world.executors, world.locks, world.quotas, world.shapers, world.workers,
    )  # fmt: skip


def _create_network(world: World) -> None:
    plan, numbers = world.plan, world.numbers
    for data, slot, timeout in zip(plan.sources, numbers.source, numbers.timeout, strict=True):
        world.sources.append(source_of(data, world, world.slot(slot), world.slot(timeout)))
    world.sinks += [Sink(data, world) for data in plan.sinks]
    world.links += [Link(data, world, world.slot(n)) for data, n in zip(plan.links, numbers.link, strict=True)]
    world.dmas += [Dma(data, world, world.slot(n)) for data, n in zip(plan.dmas, numbers.memory, strict=True)]
    world.fifos += [Fifo(data, world) for data in plan.fifos]
    for ring, n in zip(plan.rings, numbers.hold, strict=True):
        world.rings.append(RxRing(ring, world, _slot(world, n)) if ring.kind == "rx" else TxRing(ring, world))
    world.shapers += [Shaper(data, world) for data in plan.shapers]
    world.switches += [Switch(data, world) for data in plan.switches]
    for moderator, n in zip(plan.moderators, numbers.moderator, strict=True):
        world.moderators.append(moderator_of(moderator, world, world.slot(n)))
    for route, n, kick in zip(plan.routes, numbers.route, numbers.kick, strict=True):
        world.routes.append(IrqRoute(route, world, world.slot(n), _slot(world, kick)))


def _slot(world: World, number: int) -> Slot | None:
    """The slot of an entity that may have none."""
    return None if number == NONE else world.slot(number)


def _create_processors(world: World) -> None:
    plan, numbers = world.plan, world.numbers
    for data, core, poll in zip(plan.executors, numbers.core, numbers.halt_poll, strict=True):
        is_core = data.kind == "core"
        world.executors.append(Core(data, world, world.slot(core)) if is_core else Vcpu(data, world, world.slot(poll)))
    world.locks += [Lock(data, world) for data in plan.locks]
    world.quotas += [Quota(data, world, world.slot(n)) for data, n in zip(plan.quotas, numbers.quota, strict=True)]
    world.threads += [_thread_of(data, world, n) for data, n in zip(plan.threads, numbers.flight, strict=True)]
    world.ticks += [Tick(data, world, world.slot(n)) for data, n in zip(plan.ticks, numbers.tick, strict=True)]


def _thread_of(data: model.Thread, world: World, flight: int) -> Thread:
    executor: Executor = world.executors[data.executor]
    if data.kind == "vcpu":
        vcpu = world.executors[data.vcpu]
        assert isinstance(vcpu, Vcpu), data.name
        return VcpuThread(data, executor, vcpu)
    if data.kind == "workers":
        return WorkersThread(data, executor, _slot(world, flight))
    kinds: dict[str, type[Thread]] = {"ksoftirqd": KsoftirqdThread, "busy": BusyThread}
    return kinds[data.kind](data, executor)


def _create_workers(world: World) -> None:
    numbers = world.numbers
    for index, data in enumerate(world.plan.workers):
        world.workers.append(_worker_of(data, world, numbers.hardware[index], numbers.examination[index]))


def _worker_of(data: model.Worker, world: World, job: int, examination: int) -> Worker:
    if data.kind == "hw":
        return HardwareWorker(data, world, world.slot(job), world.slot(examination))
    if data.kind in ("soft", "exit"):
        return _worker_on(data, world, world.executors[data.on])
    thread = world.threads[data.on]
    if data.kind != "task" or not isinstance(thread, WorkersThread):
        raise EngineError(f"{data.name}: cannot run a worker of kind {data.kind!r} on {data.on}")
    if data.poll_mode:
        return PollingWorker(data, world, thread, world.slot(examination))
    return TaskWorker(data, world, thread)


def _worker_on(data: model.Worker, world: World, executor: Executor) -> Worker:
    if data.kind == "soft":
        return SoftirqWorker(data, world, executor)
    assert isinstance(executor, Vcpu), data.name
    return ExitWorker(data, world, executor)


def _connect(world: World) -> None:
    for entity in chain(world.fifos, world.rings, world.moderators, world.routes, world.workers):
        entity.connect()
    # Poll-mode workers have queued on their threads by now: threads know whether they have work from the beginning.
    for thread in world.threads:
        if thread.starts_runnable:
            thread.executor.scheduler.start(thread)
    for executor in world.executors:
        executor.connect()
