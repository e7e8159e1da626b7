"""Who feeds and who drains each queue of a plan, and which packets can get where.

1. `Wiring` lists, per queue and side, the workers at both ends and who publishes.
2. `flows` follows the packets of every source through links, queues, workers and sinks, turning requests into responses
   and data into acknowledgements on the way, and tells for every place which kinds of which source may come by.

*Scope*: what can be told without running; where a source draws its destinations, every port of a switch counts as reachable.
*Validation*: through the rules of `check()` that use it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator.plan.draws import parameters
from simulator.plan.model import NONE, Output, Plan, Worker

HARDWARE = -1
"""Stands among publishers for whatever has no instruction stream: sources, links, hardware workers."""

Place = tuple[str, int]
Packet = tuple[int, str, int]
"""A source's index, one of DATA, REQ, RESP, ACK, and the destination that an output gave it (-1: as it was sent)."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Worker indices by (collection, index) of a queue; for rings `takers` is the device's side of a tx ring."""

    drains: dict[Place, list[int]]
    """Consumers of fifos, driver sides of rx rings, device sides of tx rings."""
    feeds: dict[Place, list[int]]
    """Workers with an output to that place (`dma_read` counts for the fifo that it fills)."""
    reapers: dict[int, list[int]]
    refillers: dict[int, list[int]]


def wire(plan: Plan) -> Wiring:
    """Collect both ends of every queue of `plan`."""
    drains: dict[Place, list[int]] = defaultdict(list)
    feeds: dict[Place, list[int]] = defaultdict(list)
    reapers: dict[int, list[int]] = defaultdict(list)
    refillers: dict[int, list[int]] = defaultdict(list)
    for index, worker in enumerate(plan.workers):
        for item in worker.inputs:
            drains["fifos" if item.kind == "fifo" else "rings", item.index].append(index)
        for output in worker.outputs:
            feeds[leads_to(output)].append(index)
        if worker.reap_ring != NONE:
            reapers[worker.reap_ring].append(index)
        if worker.refill_ring != NONE:
            refillers[worker.refill_ring].append(index)
    return Wiring(drains, feeds, reapers, refillers)


def leads_to(output: Output) -> Place:
    """Where a packet is once it has gone through this output."""
    if output.kind == "dma_read":
        return "fifos", output.fifo
    return {"fifo": "fifos", "link": "links", "sink": "sinks"}.get(output.kind, "rings"), output.index


def executor_of(plan: Plan, worker: Worker) -> int:
    """The executor that a software worker runs on; -1 for hardware."""
    if worker.kind == "hw":
        return NONE
    return plan.threads[worker.on].executor if worker.kind == "task" else worker.on


def publishers(plan: Plan, wiring: Wiring) -> Iterator[tuple[str, int, str, set[int]]]:
    """For every gate (collection, index, field) that can be checked: the workers, or HARDWARE, that publish there."""
    hardware = {("fifos", s.target) for s in plan.sources if s.target_kind == "fifo"}
    hardware |= {("fifos", link.target) for link in plan.links if link.target_kind == "fifo"}
    for index in range(len(plan.fifos)):
        found = {_publisher(plan, worker) for worker in wiring.feeds.get(("fifos", index), ())}
        yield "fifos", index, "gate", found | ({HARDWARE} if ("fifos", index) in hardware else set())
    for index, ring in enumerate(plan.rings):
        posting = wiring.feeds.get(("rings", index), []) if ring.kind == "tx" else wiring.refillers.get(index, [])
        yield "rings", index, "avail_gate", set(posting)
        if ring.moderator == NONE or ring.used_gate.mode == "moderated":
            backend = (wiring.drains if ring.kind == "tx" else wiring.feeds).get(("rings", index), [])
            users = {HARDWARE} if ring.remote else {_publisher(plan, worker) for worker in backend}
            yield "rings", index, "used_gate", users


def _publisher(plan: Plan, worker: int) -> int:
    return HARDWARE if plan.workers[worker].kind == "hw" else worker


def flows(plan: Plan, wiring: Wiring, passes: Callable[[Place], bool] = lambda _: True) -> dict[Place, set[Packet]]:
    """The packets that may come by at each place; only through places that `passes` admits."""
    found: dict[Place, set[Packet]] = defaultdict(set)
    todo: list[tuple[Place, Packet]] = []
    for index, source in enumerate(plan.sources):
        kind = "REQ" if source.kind == "rr" or source.request else "DATA"
        todo.append(((f"{source.target_kind}s", source.target), (index, kind, NONE)))
    while todo:
        place, packet = todo.pop()
        if packet not in found[place]:
            found[place].add(packet)
            if passes(place):
                todo.extend(onward(plan, wiring, place, packet))
    return found


def onward(plan: Plan, wiring: Wiring, place: Place, packet: Packet) -> Iterator[tuple[Place, Packet]]:
    """Where such a packet can be next, and as what."""
    where, index = place
    if where == "links":
        link = plan.links[index]
        if link.target_kind != "none":
            yield (f"{link.target_kind}s", link.target), packet
    elif where in ("fifos", "rings"):
        for worker in wiring.drains.get(place, ()):
            yield ("workers", worker), packet
    elif where == "sinks":
        reply = plan.sinks[index].reply_link
        if reply != NONE:
            yield from ((("links", reply), turned) for turned in _turned(plan, packet))
    else:
        yield from _through(plan, plan.workers[index], packet)


def outputs_of(plan: Plan, worker: Worker, packet: Packet) -> list[int]:
    """The outputs to which a worker may give such a packet; an endpoint's answer goes to the second."""
    if worker.select == "endpoint":
        return [0] if packet[1] != "REQ" else [1]
    if worker.select == "ack":
        return [1] if packet[1] == "ACK" else [0]
    return _looked_up(plan, worker, packet) if worker.select == "switch" else [0]


def _through(plan: Plan, worker: Worker, packet: Packet) -> Iterator[tuple[Place, Packet]]:
    if worker.select == "endpoint":
        if packet[1] != "REQ":
            yield _put(worker.outputs[0], packet)
        yield from (_put(worker.outputs[1], turned) for turned in _turned(plan, packet))
        return
    yield from (_put(worker.outputs[index], packet) for index in outputs_of(plan, worker, packet))


def _put(output: Output, packet: Packet) -> tuple[Place, Packet]:
    return leads_to(output), packet if output.dst == NONE else (*packet[:2], output.dst)


def _looked_up(plan: Plan, worker: Worker, packet: Packet) -> list[int]:
    """Outputs at which the switch may send such a packet: one port if its destination never changes, else any."""
    source, switch = plan.sources[packet[0]], plan.switches[worker.switch]
    stream = plan.streams[source.dst]
    if packet[2] != NONE:
        destination = packet[2]
    elif packet[1] in ("RESP", "ACK"):
        destination = source.reply_dst
    elif stream.kind == "constant":
        destination = int(parameters(stream)[0])
    else:
        return list(range(len(worker.outputs)))
    position = source.vlan * switch.macs + destination
    if not 0 <= position < len(switch.table):
        return list(range(len(worker.outputs)))  # another rule complains about the destination
    entries = {switch.table[position]}
    for event in plan.events:
        if event.kind == "entry" and (event.target, event.index) == (worker.switch, position):
            entries.add(event.value)
    found: set[int] = set()
    for entry in entries:
        port = switch.default_port if entry == NONE else entry
        if port != NONE:
            first, queues = switch.ports[port]
            found |= set(range(first, first + queues))
    return sorted(found)


def _turned(plan: Plan, packet: Packet) -> Iterator[Packet]:
    source, kind, _ = packet
    if kind == "REQ":
        yield source, "RESP", NONE
    elif kind == "DATA" and plan.sources[source].kind == "window":
        yield source, "ACK", NONE
