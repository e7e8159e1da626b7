"""What a datapath promises, as a sum that can be read: work, copies, exits and bytes for n packets, and the latency of a single one.

1. Terms come from the datapath's steps and from parameters of its plan; nothing is simulated.
2. The single packet finds the machine idle since the start. It meets, in this order: wire, adapter and bus; the interrupt message, unless
   somebody polls; cores that have to wake up; the steps of receiving; copies.
3. Who polls looks at fixed instants: the packet waits for the next look.

*Scope*: one packet of 64 B that is received, no spread of costs, no halt polling, no tick. *Validation*: tests/unit/test_contract.py: the
sum is the simulated latency to the picosecond, for every path and interrupt mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from simulator import costs
from simulator.costs import Host
from simulator.costs.idle import first_exit
from simulator.datapaths import datapath
from simulator.explain import FRAME_BYTES, mode_of, one_packet, sleeping_cores, steps_of
from simulator.parts.machine import Machine
from simulator.parts.settings import FLUSHED_TOGETHER, port_settings
from simulator.parts.steps import Step, is_spared, total
from simulator.plan.model import NONE, Link, Plan, Worker
from simulator.units import format_time

PS_PER_SECOND = 10**12
TLP_HEADER_BYTES = 24
"""Framing and header of a packet on the bus (`docs/reference/plan.md`, section 5)."""
MESSAGE_BYTES = 28
"""An interrupt message on the bus."""
SENDING = ("send.", "poll.send_ps", "vq_in.")
"""Charges with which a datapath's steps of sending begin."""
CALLING = "irqfd.signal_ps"
"""Charge of the call of a guest that is not polling."""
WAITING = ("poll.loop_ps", "pmd.loop_ps")
"""Charges of an empty look: the packet waits for a part of it."""
HELD = ("coal", "coal_cqe")
"""Kinds of moderation that hold the first interrupt back."""
Term = tuple[str, int]
"""What it is, and how long it takes in ps."""


def formula(
    name: str,
    host: str = "modern",
    interrupts: str = "automatic",
    nic: str | None = None,
    *,
    idle: str = "poll",
    after_ps: int = 0,
    iommu: str = "passthrough",
    viommu: str = "off",
) -> dict[str, Any]:
    """What n packets of L bytes cost on a datapath, term by term: ``terms`` with ``per``, ``where``, ``what`` (``work``, ``copy``), amount
    and costs; ``exits`` by when; ``bus`` in bytes; ``one_packet``: the terms of the latency of a packet that comes `after_ps` after the
    start into a machine that has been idle since. Errors as in `explain`."""
    model, path = costs.host(host), datapath(name)
    adapter = costs.nic(nic or model.default_nic)
    mode = mode_of(path, model, interrupts)
    machine = one_packet(path, mode, model, port_settings(adapter), idle, iommu=iommu, viommu=viommu)
    table = steps_of(path, mode, iommu, viommu)
    plan = machine.builder.finish("one packet")
    ring = next(ring for ring in plan.rings if ring.kind == "rx" and ring.remote)
    terms, exits = [], []
    for step in table:
        if is_spared(model, step):
            continue
        amount = sum(int(model.cost(cost).value) for cost in step.costs)
        copied = step.charge.endswith("_fs")
        terms.append(
            {
                "per": "byte" if copied else step.when.removeprefix("per "),
                "where": step.where,
                "what": "copy" if copied else "work",
                "step": step.name,
                "amount_fs_per_byte" if copied else "amount_ps": amount,
                "costs": list(step.costs),
            }
        )
        if step.exits:
            exits.append({"per": step.when.removeprefix("per "), "exits": step.exits, "step": step.name})
    bus = {
        "split_bytes": plan.dmas[ring.dma].mps_bytes,
        "header_bytes": TLP_HEADER_BYTES,
        "descriptor_bytes": ring.writeback_bytes,
    }
    return {
        "datapath": path.name,
        "mode": mode,
        "host": model.name,
        "nic": adapter.name,
        "terms": terms,
        "exits": exits,
        "bus": bus,
        "one_packet": [
            {"term": term, "amount_ps": amount}
            for term, amount in latency_terms(machine, plan, table, mode, idle, after_ps)
            if amount
        ],
    }


def formula_text(found: Mapping[str, Any]) -> str:
    """A formula as a readable sum: one line for each thing that is counted."""
    counts: dict[str, list[Mapping[str, Any]]] = {}
    for term in found["terms"]:
        counts.setdefault(term["per"], []).append(term)
    lines = [
        f"{found['datapath']}, interrupts: {found['mode']}, host {found['host']}, NIC {found['nic']}",
        "",
        "work, receiving and sending =",
    ]
    for per, terms in counts.items():
        copied = per == "byte"
        total = sum(term.get("amount_ps", term.get("amount_fs_per_byte", 0)) for term in terms)
        amount = f"{total / 1e6:.3g} ns" if copied else format_time(total)
        parts = " + ".join(
            f"{'+'.join(term['costs']) or term['step']} ({term['where']})" for term in terms if term["costs"]
        )
        lines.append(f"  + (number of: {per}) x {amount}{'  = ' + parts if parts else ''}")
    copies = sum(1 for term in found["terms"] if term["what"] == "copy")
    lines += ["", f"copies of the payload, receiving and sending: {copies}", "exits ="]
    lines += [f"  + (number of: {exit_['per']}) x {exit_['exits']} ({exit_['step']})" for exit_ in found["exits"]] or [
        "  none"
    ]
    bus = found["bus"]
    head = bus["header_bytes"]
    lines += [
        "",
        "bytes written over the bus for a received packet of L bytes =",
        f"  L + {head} x ceil(L / {bus['split_bytes']}) + {head} + {bus['descriptor_bytes']} (its descriptor)",
    ]
    single: list[Mapping[str, Any]] = found["one_packet"]
    total_ps = sum(term["amount_ps"] for term in single)
    lines += ["", f"latency of one packet of {FRAME_BYTES + 4} B into an idle guest = {format_time(total_ps, 6)} ="]
    lines += [f"  + {format_time(term['amount_ps'], 6)}  {term['term']}" for term in single]
    return "\n".join(lines) + "\n"


def latency_terms(
    machine: Machine, plan: Plan, table: Sequence[Step], mode: str, idle: str = "poll", after_ps: int = 0
) -> Iterator[Term]:
    """The terms of the latency of a packet that is sent at `after_ps` to the only guest of a machine of `one_packet`."""
    received = takewhile(lambda step: not step.charge.startswith(SENDING), table)
    # nobody calls a guest that polls
    steps = [step for step in received if mode != "poll" or step.charge != CALLING]
    pollers = [worker for worker in plan.workers if worker.poll_mode]
    pollers.sort(key=lambda worker: not worker.backend)
    now_ps = after_ps
    for term in _hardware(machine, plan):
        now_ps += term[1]
        yield term
    stretches = list(_stretches(steps))
    for number, stretch in enumerate(stretches, 1):
        if number == len(stretches) > 1:  # who polls last is awake; the cores before are not
            for term in _asleep(machine, plan, idle):
                now_ps += term[1]
                yield term
        for term in _software(machine.host.model, stretch, pollers, now_ps):
            now_ps += term[1]
            yield term
    if len(stretches) == 1:
        yield from _asleep(machine, plan, idle)


def _asleep(machine: Machine, plan: Plan, idle: str) -> Iterator[Term]:
    sleeping = sleeping_cores(machine, plan)
    left = first_exit(machine.host.model, idle) if sleeping else None
    if left is not None:
        yield (
            f"leave {left[0]}, cores that have to wake up, one after the other: {sleeping}",
            int(left[1].value) * sleeping,
        )


def _hardware(machine: Machine, plan: Plan) -> Iterator[Term]:
    """Wire, adapter and bus, and the message that follows the packet if there is one."""
    port, ring = machine.port, plan.rings[machine.port.receivers[0]]
    wire, dma = plan.links[port.wire_in], plan.dmas[ring.dma]
    up = plan.links[dma.up]
    yield "wire", wire.propagation_ps + _time_ps(wire, FRAME_BYTES + wire.frame_overhead_bytes)
    pipe = plan.links[port.pipe]
    engines = {plan.fifos[pipe.target].poller, port.rx_engine}  # a parser, where more may come than it can look at
    yield "adapter: port and switch", pipe.propagation_ps + sum(plan.workers[engine].packet_ps for engine in engines)
    headers = TLP_HEADER_BYTES * (-(-FRAME_BYTES // dma.mps_bytes) + 1)
    write_ps = _time_ps(up, FRAME_BYTES + headers + ring.writeback_bytes)
    yield "packet and descriptor on the bus", write_ps
    behind_ps = 0
    if ring.moderator != NONE:
        vector = plan.moderators[ring.moderator]
        held_ps = vector.interval_ps if vector.kind in HELD and vector.frames > 1 else 0
        # a ring that hands over when its vector fires writes the packet then
        late_ps = held_ps if ring.hold_group > 1 else max(0, held_ps - write_ps)
        message_ps = _time_ps(up, MESSAGE_BYTES)
        yield "interrupt held back", late_ps
        yield "interrupt message on the bus", message_ps
        behind_ps = message_ps if ring.hold_group > 1 else late_ps + message_ps
    if dma.iotlb_entries != NONE and ring.base_bytes != NONE:
        yield "walk for the packet's page, beyond the message that follows it", max(0, dma.walk_ps - behind_ps)
    yield "way into memory", up.propagation_ps


def _time_ps(link: Link, size_bytes: int) -> int:
    return -(-size_bytes * 8 * PS_PER_SECOND // link.rate_bps) if link.rate_bps else 0


def _stretches(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps, cut where another thread that polls takes over."""
    begun: list[Step] = []
    for step in steps:
        if step.charge in WAITING and begun:
            yield begun
            begun = []
        begun.append(step)
    yield begun


def _software(model: Host, steps: Sequence[Step], pollers: list[Worker], now_ps: int) -> Iterator[Term]:
    """What the packet waits for in one stretch; who polls takes its turn off `pollers`."""
    copies: dict[str, list[Step]] = {}
    for step in steps:
        if step.charge in WAITING:
            poller = pollers.pop(0)
            yield "until the thread that polls looks", -now_ps % poller.loop_ps if poller.loop_ps else 0
            if poller.backend:
                yield "the switch's own work on a frame and a packet", poller.batch_ps + poller.packet_ps
        elif step.charge.endswith("_fs"):
            copies.setdefault(step.charge, []).append(step)
        elif step.charge.endswith(".spin_flush_packet_ps"):
            share_ps = sum(model.ps(cost) for cost in step.costs) // FLUSHED_TOGETHER
            yield f"{step.name}, a share of {FLUSHED_TOGETHER} ({step.where})", share_ps
        elif step.once and not is_spared(model, step) and step.costs:
            yield f"{step.name} ({step.where})", sum(model.ps(cost) for cost in step.costs)
    for charge, found in copies.items():  # each worker rounds its own copying
        yield f"{found[0].name} ({found[0].where})", (total(model, found, charge) * FRAME_BYTES + 500) // 1000
