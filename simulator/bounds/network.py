"""A plan as a network: which packets can go where, and what each costs the resources on its way, at the least.

1. Nodes are places (links, queues, rings, workers, sinks) with the kinds of packet that can come by; edges lead where such a packet
   can go next (`simulator.plan.wiring`). What goes out of a node is at most what came in.
2. A resource is a core, a link with a rate, a hardware engine, a shaper, the walkers of an IOMMU, a lock that is spun for; it has one
   second per second.
3. A packet's demand counts what it costs under any circumstances: time per packet and per byte, its reaping, a full chunk's share of the
   work per batch, the doorbell for as many buffers as it can give back. Wake-ups, interrupts, exits, other notifications and descriptors on
   the bus come on top in a run, so the network bounds every run from above. For a poll-mode worker that is always busy hardly anything
   comes on top.

*Scope*: mean demands; random costs count with their mean. *Validation*: tests/bounds/test_bounds.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.plan import draws
from simulator.plan.model import NONE, DescRing, Plan, Worker
from simulator.plan.wiring import Packet, Place, executor_of, onward, outputs_of, wire

PS = 10**12
ACK_BYTES, TLP_HEADER_BYTES = 60, 24
Node = tuple[Place, Packet]


@dataclass(slots=True)
class Network:
    """Nodes by number, edges between them, where packets are born and recorded, and demands in seconds per packet of an edge's
    origin (``node``) by resource."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    births: dict[int, int] = field(default_factory=dict)
    """Source -> node."""
    recorded: set[int] = field(default_factory=set)
    """Nodes at which a packet counts as delivered."""
    demands: dict[str, dict[int, float]] = field(default_factory=dict)
    """Resource -> node -> seconds of it per packet."""


def network(plan: Plan) -> Network:
    """The network of a plan."""
    found, wiring, numbers = Network(), wire(plan), dict[Node, int]()

    def number(node: Node) -> int:
        if node not in numbers:
            numbers[node] = len(found.nodes)
            found.nodes.append(node)
        return numbers[node]

    for index, source in enumerate(plan.sources):
        kind = "REQ" if source.kind == "rr" or source.request else "DATA"
        found.births[index] = number(((f"{source.target_kind}s", source.target), (index, kind, NONE)))
    done = 0
    while done < len(found.nodes):
        place, packet = found.nodes[done]
        for following in onward(plan, wiring, place, packet):
            found.edges.append((done, number(following)))
        if place[0] == "sinks" and packet[1] in ("DATA", "RESP"):
            found.recorded.add(done)
        for resource, seconds in _demands(plan, place, packet):
            found.demands.setdefault(resource, {})[done] = found.demands.get(resource, {}).get(done, 0.0) + seconds
        done += 1
    return found


def length_bytes(plan: Plan, packet: Packet) -> float:
    """Mean length of such a packet."""
    source = plan.sources[packet[0]]
    if packet[1] == "ACK":
        return ACK_BYTES
    if packet[1] == "RESP" and source.response_bytes != -1:
        return source.response_bytes
    return float(draws.mean(plan.streams[source.size]))


def _demands(plan: Plan, place: Place, packet: Packet) -> Iterator[tuple[str, float]]:
    where, index = place
    length = length_bytes(plan, packet)
    if where == "links":
        link = plan.links[index]
        if link.rate_bps:
            yield f"link {link.name}", (length + link.frame_overhead_bytes) * 8 / link.rate_bps
    elif where == "workers":
        worker = plan.workers[index]
        yield _resource(plan, worker), _work_ps(plan, worker, packet, length) / PS
        yield from _held(plan, worker, worker.spin_packet_ps)
        yield from _bus(plan, worker, length)
    elif where in ("fifos", "rings"):
        yield from _queue(plan, place, length)


def _queue(plan: Plan, place: Place, length: float) -> Iterator[tuple[str, float]]:
    """A cap on what is taken out of it; its reaping."""
    where, index = place
    if where == "rings":
        yield from _walked(plan, plan.rings[index], length)
    for worker in plan.workers:
        for item in worker.inputs:
            if ("fifos" if item.kind == "fifo" else "rings", item.index) == place and item.shaper != NONE:
                shaper = plan.shapers[item.shaper]
                if shaper.rate_bps:
                    yield f"cap {shaper.name} (bits)", (length + shaper.overhead_bytes) * 8 / shaper.rate_bps
                if shaper.rate_millipps:
                    yield f"cap {shaper.name} (packets)", 1000 / shaper.rate_millipps
            if ("fifos" if item.kind == "fifo" else "rings", item.index) == place and (item.packet_ps or item.byte_fs):
                taken_ps = (item.packet_ps + item.byte_fs * length / 1000) * _spread(plan, worker)
                yield _resource(plan, worker), taken_ps / PS
        if where == "rings" and worker.reap_ring == index and worker.reap_ps + worker.spin_reap_ps:
            yield _resource(plan, worker), worker.reap_ps * _spread(plan, worker) / PS
            yield from _held(plan, worker, worker.spin_reap_ps)
        if where == "rings" and worker.refill_ring == index and plan.rings[index].avail_gate.mode == "always":
            # a doorbell gives back a chunk, and what the last job has taken beyond it
            together = max(1, worker.refill_chunk) + max(1, worker.chunk) - 1
            told_ps = plan.rings[index].avail_gate.notify.cost_ps / together
            yield _resource(plan, worker), told_ps * min(1.0, _spread(plan, worker)) / PS


def _held(plan: Plan, worker: Worker, hold_ps: int) -> Iterator[tuple[str, float]]:
    """A lock that is spun for: nobody else has it meanwhile, and the worker's core works."""
    if not hold_ps:
        return
    yield f"lock {plan.locks[worker.spin].name}", hold_ps / PS
    yield _resource(plan, worker), hold_ps / PS


def _walked(plan: Plan, ring: DescRing, length: float) -> Iterator[tuple[str, float]]:
    """Walks for a packet in a ring whose buffers come round when all their pages have been forgotten."""
    if ring.base_bytes == NONE or ring.order != NONE or ring.dma == NONE:
        return
    dma = plan.dmas[ring.dma]
    pages = (ring.buffers or ring.size) * ring.stride_bytes // dma.page_bytes
    if dma.iotlb_entries == NONE or pages <= dma.iotlb_entries or not ring.stride_bytes:
        return
    # buffers that share a page are touched one after the other: one walk for all of them
    touched = (
        max(1.0, length / dma.page_bytes) if ring.stride_bytes >= dma.page_bytes else ring.stride_bytes / dma.page_bytes
    )
    yield f"page walks of {dma.name}", touched * dma.walk_ps / dma.walkers / PS


def _bus(plan: Plan, worker: Worker, length: float) -> Iterator[tuple[str, float]]:
    """The packet on the bus, its write with header and descriptor; all outputs of such a worker use one."""
    buses, more = set(), 0.0
    for output in worker.outputs:
        if output.kind == "dma_write":
            ring = plan.rings[output.index]
            dma = plan.dmas[ring.dma]
            buses.add(dma.up)
            more = TLP_HEADER_BYTES * (1 + max(1.0, length / dma.mps_bytes)) + ring.writeback_bytes
        elif output.kind == "dma_read":
            buses.add(plan.dmas[output.index].down)
    if len(buses) == 1 and len(worker.outputs) == sum(o.kind.startswith("dma") for o in worker.outputs):
        link = plan.links[buses.pop()]
        if link.rate_bps:
            yield f"link {link.name}", (length + more) * 8 / link.rate_bps


def _resource(plan: Plan, worker: Worker) -> str:
    if worker.kind == "hw":
        return f"engine {worker.name}"
    executor = plan.executors[executor_of(plan, worker)]
    while executor.kind == "vcpu":
        executor = plan.executors[plan.threads[executor.thread].executor]
    return f"core {executor.name}"


def _work_ps(plan: Plan, worker: Worker, packet: Packet, length: float) -> float:
    of_stream = plan.sources[packet[0]].kind == "window"
    packet_ps = worker.stream_ps if of_stream and worker.stream_ps >= 0 else worker.packet_ps
    if worker.merge_bytes and worker.merge_ps >= 0:
        packet_ps = min(packet_ps, worker.merge_ps)
    together = max(1, worker.chunk)
    drawn = float(draws.mean(plan.streams[worker.service])) if worker.service != NONE else 0.0
    # where it may go several ways, the cheapest: no run can be faster
    put = (worker.outputs[index] for index in outputs_of(plan, worker, packet))
    put_ps = min((port.packet_ps + port.byte_fs * length / 1000 for port in put), default=0.0)
    own = packet_ps + put_ps + worker.batch_ps / together + worker.byte_fs * length / 1000 + drawn
    return own * _spread(plan, worker)


def _spread(plan: Plan, worker: Worker) -> float:
    return float(draws.mean(plan.streams[worker.spread])) / 1024 if worker.spread != NONE else 1.0
