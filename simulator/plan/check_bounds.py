"""Whether the numbers of a plan stay inside int64 and inside its rings, and whether time can stand still.

1. Sizes: the largest packet that may come by is known per place; it must fit rings, link formulas and cost formulas.
2. Factors: costs times the largest spread factor, bursts and quanta must fit int64.
3. Time: an endless loop without cost is found where the plan alone shows it.

*Scope*: bounds are safe, not tight. What depends on when things happen (a backlog of 106 days) is left to the engines.
*Validation*: `tests/unit/test_plan_check.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.plan.check_values import place
from simulator.plan.draws import Stream, parameters
from simulator.plan.model import INFINITE_PS, NONE, DescRing, Dma, Link, Plan, Shaper, Worker
from simulator.plan.wiring import Packet, Place, executor_of, flows, leads_to, wire

LIMIT = 2**63
LARGEST_FRAME = 65_226
"""The largest super-packet; links must stand it whatever the sources send."""
ACK_BYTES = 60
EXPONENTIAL_MEANS = 37
"""Exponential draws end at 36.7 means."""
BUFFER_PACKETS = 1_048_576
"""Queues of this size and above stand for a buffer that is counted in bytes elsewhere."""
SAME_INSTANT = 1_000_000
WHOLE = 1024
"""A packet, or all of a window, as windows are counted."""
AT_ONE_INSTANT = 131_072
"""Packets of one source; the engines give up after a million steps at one instant, and a packet takes a few."""
_BITS_PS = 8 * 10**12
_MILLIPPS_PS = 10**15


@dataclass(frozen=True, slots=True)
class Largest:
    """An upper bound of a packet's length and segment count."""

    length: int
    segments: int


@lru_cache(maxsize=4096)  # a rule asks for each packet and place; an entry holds its stream, of captures some megabytes
def bounds(stream: Stream) -> tuple[int, int]:
    """Smallest and largest value that the stream can give."""
    if stream.kind == "cycle":
        found = parameters(stream)
        return int(found.min()), int(found.max())
    values = [int(value) for value in parameters(stream)]
    if stream.kind == "exponential":
        return 0, EXPONENTIAL_MEANS * values[0]
    if stream.kind == "table":
        half = len(values) // 2
        values = [v for v, w in zip(values[:half], values[half:], strict=True) if w]
    elif stream.kind == "spread":
        values = [values[0], values[1], values[3]]
    return min(values), max(values)


def _range(plan: Plan, stream: int) -> tuple[int, int]:
    return (0, 0) if stream == NONE else bounds(plan.streams[stream])


def _largest(plan: Plan, packet: Packet) -> Largest:
    source = plan.sources[packet[0]]
    if packet[1] == "ACK" or (packet[1] == "RESP" and source.response_bytes != NONE):
        return Largest(source.response_bytes if packet[1] == "RESP" else ACK_BYTES, 1)
    length = _range(plan, source.size)[1]
    return Largest(length, -(-length // source.segment_bytes) if source.segment_bytes else 1)


def streams(plan: Plan) -> Iterator[str]:
    """What a stream can give suits whoever draws from it."""
    for source in plan.sources:
        for field, least in (("size", 1), ("flow", -1), ("dst", 0), ("gap", 0), ("think", 0)):
            low, high = _range(plan, getattr(source, field)) if getattr(source, field) != NONE else (least, least)
            if low < least or high > INFINITE_PS:
                yield f"{place(source)}: {field}: draws from {low} to {high}; the least is {least}, the most 2**62"
        if source.kind == "open" and source.gap == NONE:
            yield f"{place(source)}: gap = -1: an open source needs gaps"
    for tick in plan.ticks:
        if tick.gap != NONE and _range(plan, tick.gap)[0] < 1:
            yield f"{place(tick)}: gap: draws may be below 1: time would stand still"
        if tick.length != NONE and _range(plan, tick.length)[0] < 0:
            yield f"{place(tick)}: length: draws may be negative"
    users: list[tuple[Any, str, int]] = [(w, f, getattr(w, f)) for w in plan.workers for f in ("spread", "service")]
    users += [(e, "spread", e.spread) for e in plan.executors] + [
        (d, "memory_spread", d.memory_spread) for d in plan.dmas
    ]
    for entity, field, stream in users:
        if _range(plan, stream)[0] < 0:
            yield f"{place(entity)}: {field}: draws may be negative"


def rooms(plan: Plan) -> Iterator[str]:
    """Wake-up marks can be reached, the largest packet fits each ring that it may meet, every look-up has an entry."""
    for fifo in plan.fifos:
        if fifo.wake_free > fifo.capacity:
            yield f"{place(fifo)}: wake_free = {fifo.wake_free}: more than its capacity {fifo.capacity}"
    reached = flows(plan, wire(plan))
    kept = {worker.refill_ring: worker.refill_above for worker in plan.workers}
    for index, ring in enumerate(plan.rings):
        if ring.wake_free > ring.size:
            yield f"{place(ring)}: wake_free = {ring.wake_free}: more than its size {ring.size}"
        free = ring.size - kept.get(index, 0)
        for packet in sorted(reached.get(("rings", index), ())):
            need, source = descriptors(ring, _largest(plan, packet)), plan.sources[packet[0]]
            if need > free:
                yield f"{place(ring)}: a packet of {source.name} may need {need} descriptors, {free} can be free"
    yield from _entries(plan, reached)


def _entries(plan: Plan, reached: dict[Place, set[Packet]]) -> Iterator[str]:
    for source_index, switch_index, given in _lookups(plan, reached):
        source, switch = plan.sources[source_index], plan.switches[switch_index]
        for dst in (_range(plan, source.dst)[1], source.reply_dst) if given == NONE else (given,):
            if dst >= switch.macs or source.vlan * switch.macs + dst >= len(switch.table):
                yield f"{place(switch)}: table: no entry for vlan {source.vlan}, dst {dst} of source {source.name}"


def descriptors(ring: DescRing, packet: Largest) -> int:
    """Descriptors that a packet needs (plan.md section 5)."""
    if ring.kind == "tx":
        return max(1, -(-packet.length // ring.buffer_bytes)) if ring.buffer_bytes else 1
    piece = -(-packet.length // packet.segments)
    return packet.segments * (max(1, -(-piece // ring.buffer_bytes)) if ring.buffer_bytes else 1)


def _lookups(plan: Plan, reached: dict[Place, set[Packet]]) -> Iterator[tuple[int, int, int]]:
    pairs = set()
    for index, worker in enumerate(plan.workers):
        if worker.select == "switch":
            pairs |= {(source, worker.switch, dst) for source, _, dst in reached.get(("workers", index), ())}
    yield from sorted(pairs)


def products(plan: Plan) -> Iterator[str]:
    """No product of the engines leaves int64."""
    biggest = _biggest(plan)
    for index, link in enumerate(plan.links):
        frame = (
            biggest.length
            + (biggest.segments - 1) * link.segment_header_bytes
            + biggest.segments * link.frame_overhead_bytes
        )
        yield from _link_time(link, max(frame, *_pcie_bytes(plan, index, biggest), 0), place(link))
    for worker in plan.workers:
        for number, item in enumerate(worker.inputs):
            if worker.quantum_bytes * item.weight >= LIMIT // 2:
                yield f"{place(worker)} inputs[{number}]: quantum_bytes * weight does not fit 62 bits"
        yield from _cost(plan, worker, biggest)
    for shaper in plan.shapers:
        yield from _shaper(shaper, biggest)
    for executor in plan.executors:
        costs = [
            executor.exit_ps,
            executor.hlt_ps,
            executor.block_ps,
            executor.wake_ps,
            executor.poll_exit_ps,
            executor.timer_ps,
        ]
        leaving = [executor.idle_exit_ps, *(leave_ps for _, leave_ps in executor.idle_states)]
        yield from _factored(plan, place(executor), max(*costs, *leaving), executor.spread)
        if max(executor.latency_ps, executor.min_granularity_ps, executor.quantum_ps) * 1024 >= LIMIT:
            yield f"{place(executor)}: a slice * 1024 does not fit 63 bits"


def shaper_fits(plan: Plan, shaper: Shaper) -> Iterator[str]:
    """The times of `shaper` fit int64 for whatever packets `plan` has."""
    yield from _shaper(shaper, _biggest(plan))


def _shaper(shaper: Shaper, biggest: Largest) -> Iterator[str]:
    lengths = (("burst_bytes", shaper.burst_bytes), ("overhead_bytes", shaper.overhead_bytes + biggest.length))
    for what, amount in lengths:
        if shaper.rate_bps and amount * _BITS_PS >= LIMIT:
            yield f"{place(shaper)}: {what}: {amount} bytes * 8 * 10**12 do not fit 63 bits"
    if shaper.rate_millipps and shaper.burst_packets * (_MILLIPPS_PS // shaper.rate_millipps) > INFINITE_PS:
        yield f"{place(shaper)}: burst_packets = {shaper.burst_packets}: they take longer than 2**62 ps"


def _biggest(plan: Plan) -> Largest:
    kinds = [_largest(plan, (i, kind, NONE)) for i in range(len(plan.sources)) for kind in ("DATA", "RESP", "ACK")]
    length = max([LARGEST_FRAME, *(packet.length for packet in kinds)])
    return Largest(length, max([1, *(packet.segments for packet in kinds)]))


def _pcie_bytes(plan: Plan, index: int, packet: Largest) -> Sequence[int]:
    found = [0]
    for number, dma in enumerate(plan.dmas):
        if dma.up == index:
            total = packet.length + (packet.segments - 1) * dma.segment_header_bytes
            rings = [ring for ring in plan.rings if ring.dma == number]
            back = max([0, *(ring.writeback_bytes for ring in rings)])
            piece = -(-total // packet.segments)
            found.append(packet.segments * (24 * -(-piece // dma.mps_bytes) + 24 + back) + total)
            found += [2 * 24 * ring.size + ring.size * ring.writeback_bytes for ring in rings]
        if dma.down == index:
            found += [
                _completion(dma, packet.length),
                *(_descriptor_read(dma, r) for r in plan.rings if r.dma == number),
            ]
    return found


def _completion(dma: Dma, size: int) -> int:
    return 20 * -(-size // dma.completion_bytes) + size


def _descriptor_read(dma: Dma, ring: DescRing) -> int:
    return _completion(dma, max(1, ring.fetch_max) * ring.descriptor_bytes)


def _link_time(link: Link, size: int, where: str) -> Iterator[str]:
    if link.rate_bps and size * _BITS_PS + link.rate_bps >= LIMIT:
        yield f"{where}: {size} bytes * 8 * 10**12 do not fit 63 bits"
    elif link.rate_bps and -(-size * _BITS_PS // link.rate_bps) + link.propagation_ps > INFINITE_PS:
        yield f"{where}: rate_bps = {link.rate_bps}: {size} bytes take longer than 2**62 ps"


def _cost(plan: Plan, worker: Worker, packet: Largest) -> Iterator[str]:
    taken, put = (
        [max((getattr(port, field) for port in ports), default=0) for field in ("packet_ps", "byte_fs")]
        for ports in (worker.inputs, worker.outputs)
    )
    byte_fs = worker.byte_fs + taken[1] + put[1]
    terms = (
        max(worker.packet_ps, worker.merge_ps, worker.stream_ps)
        + worker.call_ps * (packet.length + 1)
        + taken[0]
        + put[0]
        + byte_fs * packet.length // 1000
        + 1
        + (worker.segment_ps + worker.spin_packet_ps) * packet.segments
    )
    packets = 1 if worker.kind == "hw" else min(worker.chunk, worker.budget_packets, _held(plan, worker))
    total = (
        packets * (terms + max(worker.reply_ps, worker.ack_ps) + _range(plan, worker.service)[1])
        + worker.batch_ps
        + worker.poll_ps
    )
    if worker.reap_ring != NONE:
        total += (worker.reap_ps + worker.spin_reap_ps) * plan.rings[worker.reap_ring].size
    yield from _factored(plan, place(worker), total, worker.spread)
    if byte_fs * packet.length >= LIMIT // 2:
        yield f"{place(worker)}: byte_fs = {byte_fs}: does not fit 62 bits for {packet.length} bytes"


def _held(plan: Plan, worker: Worker) -> int:
    sizes = [plan.fifos[i.index].capacity if i.kind == "fifo" else plan.rings[i.index].size for i in worker.inputs]
    return max([1, *sizes])


def _factored(plan: Plan, where: str, cost: int, stream: int) -> Iterator[str]:
    factor = 1024 if stream == NONE else max(1024, _range(plan, stream)[1])
    if cost * factor + 512 >= LIMIT:
        yield f"{where}: a cost of {cost} ps times its spread {factor} / 1024 does not fit 63 bits"


@dataclass(frozen=True, slots=True)
class Longest:
    """How long a plan may run, and what is counted exactly up to then."""

    time_ps: int
    reason: str


def longest_ps(plan: Plan) -> Longest:
    """Up to when no sum of the engines that grows with simulated time leaves int64.

    The fair scheduler multiplies a thread's running time by 1024. The occupancy of a queue is packets times the time in which
    nothing changes, in the worst case all of it. The packet buffer of an adapter is left out: it empties at the rate of a link.
    """
    kept = [(ring.size, ring.name) for ring in plan.rings] + [
        (f.capacity, f.name) for f in plan.fifos if f.full == "drop"
    ]
    most, name = max((entry for entry in kept if entry[0] < BUFFER_PACKETS), default=(1, ""))
    if most * 2 > 1024:
        return Longest(LIMIT // 2 // most, f"the occupancy of {name}, {most} packets, is exact")
    return Longest(LIMIT // 1024, "running times of threads are exact")


def standstill(plan: Plan) -> Iterator[str]:
    """Sources without gaps, packets that go round without cost, answers that come back in no time."""
    for source in plan.sources:
        if source.kind == "window" and source.window > AT_ONE_INSTANT:
            yield f"{place(source)}: window: {source.window} packets start at one instant; at most {AT_ONE_INSTANT} may"
        if source.shrink > WHOLE or source.grow > WHOLE * WHOLE:
            yield f"{place(source)}: grow, shrink: in 1/1024, at most {WHOLE * WHOLE} and {WHOLE}"
        if source.kind == "open" and _range(plan, source.gap)[1] == 0 and source.max_packets > SAME_INSTANT:
            yield f"{place(source)}: gap: all gaps are 0 and max_packets is above {SAME_INSTANT}"
    wiring = wire(plan)
    free = flows(plan, wiring, lambda spot: _is_free(plan, spot))
    answers = {packet[:2] for spot, packets in free.items() if spot[0] == "sinks" for packet in packets}
    for index, source in enumerate(plan.sources):
        back = bool(answers & {(index, "RESP"), (index, "ACK")})
        idle = source.kind == "window" or _range(plan, source.think)[1] == 0
        if source.kind != "open" and back and idle and source.max_packets > SAME_INSTANT:
            yield f"{place(source)}: its answers come back without any time passing"
    for index in _circles(plan):
        yield f"{place(plan.fifos[index])}: packets come round again without any time passing"


def _is_free(plan: Plan, spot: Place) -> bool:
    where, index = spot
    if where == "links":
        return plan.links[index].rate_bps == 0 and plan.links[index].propagation_ps == 0
    if where != "workers":
        return True
    worker = plan.workers[index]
    costs = worker.packet_ps + worker.batch_ps + worker.byte_fs + worker.segment_ps + worker.wake_ps + worker.rearm_ps
    dma = any(output.kind.startswith("dma") for output in worker.outputs)
    virtual = worker.kind != "hw" and plan.executors[executor_of(plan, worker)].kind == "vcpu"
    return not (costs or dma or virtual) and _range(plan, worker.service)[1] == 0


def _circles(plan: Plan) -> Iterator[int]:
    """Fifos that packets leave and enter again through workers and links that take no time, one per circle."""
    following = _free_steps(plan)
    done: set[Place] = set()
    for index in range(len(plan.fifos)):
        path: dict[Place, None] = {}
        todo: list[tuple[Place, bool]] = [(("fifos", index), True)]
        while todo:
            spot, entering = todo.pop()
            if not entering:
                path.pop(spot)
                done.add(spot)
            elif spot in path:
                if spot[0] == "fifos":
                    yield spot[1]
            elif spot not in done:
                path[spot] = None
                todo.append((spot, False))
                todo.extend((after, True) for after in following.get(spot, ()))


def _free_steps(plan: Plan) -> dict[Place, list[Place]]:
    """Where packets can be next without any time passing, from every queue and link."""
    steps: dict[Place, list[Place]] = {}
    for index, link in enumerate(plan.links):
        if link.target_kind != "none" and _is_free(plan, ("links", index)):
            steps["links", index] = [(f"{link.target_kind}s", link.target)]
    for index, worker in enumerate(plan.workers):
        if _is_free(plan, ("workers", index)):
            for item in worker.inputs:
                queue = ("fifos" if item.kind == "fifo" else "rings", item.index)
                steps[queue] = [leads_to(output) for output in worker.outputs]
    return steps
