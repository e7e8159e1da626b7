"""What one packet costs on a datapath, step by step, from the same table that builds the simulation.

1. The steps of the datapath with their costs on the chosen host: where each runs, how often, which exit it causes, who
   says so.
2. One packet of 64 B into an idle guest, simulated: how long, and in which stage.
3. With `trace`, the timeline of that packet: what happened, and what the cores did meanwhile; as text, as spans or
   as a chart.

*Scope*: an idle receiver whose vCPU is halted, no timer tick, no spread of costs; cores sleep only if `idle` says how.
*Validation*: tests/unit/test_explain.py: the steps that every packet of an idle guest waits for, plus the hardware's
stages, are the simulated latency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from simulator import costs, vswitches
from simulator.citation import STATUSES
from simulator.costs import Host
from simulator.costs.idle import first_exit
from simulator.datapaths import datapath
from simulator.datapaths.model import Datapath
from simulator.errors import InputError, unknown
from simulator.metrics.cpu import guest_poller_cores
from simulator.parts.machine import Machine
from simulator.parts.mapping import mapped, of_guest, of_mode
from simulator.parts.settings import GuestSettings, HostSettings, PortSettings, port_settings
from simulator.parts.steps import Step, is_spared
from simulator.plan import draws
from simulator.plan.model import Plan, Source
from simulator.plan.trace import LABELS, Trace
from simulator.plan.wiring import executor_of
from simulator.scenario import names
from simulator.scenario.assemble import assemble
from simulator.units import format_time

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAME_BYTES = 60
SAMPLES = 2000
HARDWARE = {"wire": "wire", "NIC": "NIC", "moderation": "NIC", "PCIe": "PCIe"}
"""Stages outside the cores -> lane of the timeline."""
STEP_OF = {
    "guest_irq": "interrupt", "guest_soft": "driver + stack", "guest_task": "application", "guest_idle": "idle loop",
    "hyp": "KVM", "exit_user": "QEMU, on the vCPU's thread", "qemu": "QEMU's main loop", "vhost": "vhost thread",
    "host_irq": "interrupt", "host_soft": "softirq", "host_task": "application", "ctxsw": "task switch",
    "halt_poll": "halt polling", "pmd_work": "poll: work", "pmd_idle": "poll: idle",
}  # fmt: skip
"""Accounting label -> what the core does, in words."""
LANE_OF = {
    label: "guest"
    if label.startswith("guest")
    else "VMM"
    if label in ("hyp", "exit_user", "qemu", "halt_poll")
    else "host"
    for label in STEP_OF
}
Row = tuple[str, ...]
_LONG_PS = 10**12


def explain(
    name: str,
    host: str = "modern",
    interrupts: str = "automatic",
    nic: str | None = None,
    *,
    trace: bool = False,
    idle: str = "poll",
    iommu: str = "passthrough",
    viommu: str = "off",
) -> str:
    """The explanation as text; `InputError` for unknown names and for an interrupt mode that the host has not got.

    `idle` is a word of `simulator.costs.idle`: how deep the cores have slept when the packet comes. `iommu` (``passthrough``, ``lazy``,
    ``strict``): what the host's drivers do; `viommu` (``off``, ``lazy``, ``strict``, ``nested lazy``, ``nested strict``): what the
    driver of a guest does that has an IOMMU of its own. Received packets are mapped one by one, too.
    """
    model = costs.host(host)
    path = datapath(name)
    mode = mode_of(path, model, interrupts)
    adapter = costs.nic(nic or model.default_nic)
    machine = one_packet(path, mode, model, port_settings(adapter), idle, iommu=iommu, viommu=viommu)
    plan = machine.builder.finish(f"one packet, {path.name}, {mode}")
    steps = steps_of(path, mode, iommu, viommu)
    simulated = _run(plan)
    parts = [
        f"{path.title}, interrupts: {mode}\nhost {model.name}: {model.title}\nNIC {adapter.name}: {adapter.title}",
        _step_table(model, steps, _idle_rows(model, idle, sleeping_cores(machine, plan))),
        _stage_table(plan, simulated),
    ]
    return "\n\n".join([*parts, _timeline(plan, simulated)] if trace else parts) + "\n"


def spans(
    name: str, host: str = "modern", interrupts: str = "automatic", nic: str | None = None, *, idle: str = "poll"
) -> list[dict[str, str | int]]:
    """The way of one packet as spans of time: ``lane``, ``step``, ``label``, ``core``, ``start_ps``,
    ``end_ps``.

    Lane ``packet``: its stages, end to end. Lanes ``wire``, ``NIC`` and ``PCIe``: the stages that pass there. Lanes
    ``host``, ``VMM`` and ``guest``: what the cores do meanwhile, by accounting label. Errors as in `explain`.
    """
    model, path = costs.host(host), datapath(name)
    adapter = costs.nic(nic or model.default_nic)
    mode = mode_of(path, model, interrupts)
    plan = one_packet(path, mode, model, port_settings(adapter), idle).builder.finish("one packet")
    stages = _stage_spans(plan, _run(plan))
    hardware = [span | {"lane": HARDWARE[str(span["step"])]} for span in stages if span["step"] in HARDWARE]
    return [*stages, *hardware, *_core_spans(plan, int(stages[-1]["end_ps"]))]


def chart(
    name: str, host: str = "modern", interrupts: str = "automatic", nic: str | None = None, *, idle: str = "poll"
) -> Figure:
    """The timeline of one packet as a figure. Errors as in `explain`."""
    from simulator.charts import timeline

    model, path = costs.host(host), datapath(name)
    adapter = costs.nic(nic or model.default_nic)
    mode = mode_of(path, model, interrupts)
    found = Counter(model.cost(cost).status for cost in {cost for step in path.steps(mode) for cost in step.costs})
    status: dict[str, int] = {key: found[key] + count for key, count in costs.summary(adapter).items()}
    how = f", interrupts: {mode}" if mode != "native" else ""
    title = f"{path.title[:1].upper()}{path.title[1:]}{how}; host {model.name}"
    return timeline(spans(name, host, interrupts, nic, idle=idle), title, status)


def _mapping(path: Datapath, mode: str, iommu: str, viommu: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the words for both IOMMUs are as settings of the host and of the guest; `InputError` where a guest cannot have its own."""
    nested, _, word = viommu.rpartition(" ")
    if word != "off" and (path.name not in names.GIVEN_AWAY or mode == "poll"):
        choices = ", ".join(names.GIVEN_AWAY)
        raise InputError("--viommu", f"is of a guest that drives a function ({choices}) with interrupts", path.name)
    maps = iommu in ("lazy", "strict")
    if maps and path.name in names.HYPERVISORS:
        raise InputError(
            "--iommu", f"is what Linux' drivers do on the host; the path is of {names.HYPERVISORS[path.name]}", iommu
        )
    return {"iommu": iommu, "maps_received": maps}, {
        "viommu": word,
        "nested": bool(nested),
        "maps_received": word != "off",
    }


def steps_of(path: Datapath, mode: str, iommu: str = "passthrough", viommu: str = "off") -> tuple[Step, ...]:
    """The steps of a path with those of mapping packets, as in `explain`."""
    host, guest = _mapping(path, mode, iommu, viommu)
    table = mapped(path.steps(mode), of_mode(iommu, received=host["maps_received"]))
    return mapped(table, of_guest(GuestSettings("guest", path.name, mode, **guest)), guest=True)


def one_packet(
    path: Datapath,
    mode: str,
    model: Host,
    port: PortSettings,
    idle: str = "poll",
    after_ps: int = 0,
    *,
    iommu: str = "passthrough",
    viommu: str = "off",
) -> Machine:
    """A machine with one idle guest and a source that sends it one packet, `after_ps` from the start; IOMMUs as in `explain`."""
    has, (of_the_host, of_the_guest) = model.capabilities, _mapping(path, mode, iommu, viommu)
    host = HostSettings(
        model, apicv=has.has_apicv, posted_interrupts=has.has_posted_interrupts, idle=idle, **of_the_host
    )
    guest = GuestSettings("guest", path.name, mode, halt_poll_max_ps=0, **of_the_guest)
    port = replace(port, maps=guest.maps, nested=guest.nested)
    machine = assemble(host, [port], [guest], switch=vswitches.settings(path.switch))
    builder, mac = machine.builder, machine.attached["guest"].mac
    size, flow, dst, gap = (
        builder.stream(draws.constant(name, value))
        for name, value in (("size", FRAME_BYTES), ("flow", 0), ("dst", mac), ("gap", 0))
    )
    builder.add(
        Source("sender", "open", "link", machine.port.wire_in, size, flow, dst, gap, start_ps=after_ps, max_packets=1)
    )
    return machine


def sleeping_cores(machine: Machine, plan: Plan) -> int:
    """How many cores the packet finds idle, one after the other: all of them but those of threads that poll."""
    polled = set()
    for worker in plan.workers:
        if worker.poll_mode:
            executor = plan.executors[executor_of(plan, worker)]
            while executor.kind == "vcpu":
                executor = plan.executors[plan.threads[executor.thread].executor]
            polled.add(executor.name)
    return len(machine.cpus.map) - len(polled)


def mode_of(path: Datapath, model: Host, interrupts: str) -> str:
    """The interrupt mode that a word means for a path on a host. `InputError` for one that the host has not got."""
    has = model.capabilities
    if path.on_host:
        # As in a scenario: bare metal has no interrupt modes, so those of guests mean its own.
        return interrupts if interrupts in path.modes else path.modes[0]
    if interrupts == "automatic":
        return path.best_mode(has.has_apicv, has.has_posted_interrupts)
    offered = {"posted": has.has_posted_interrupts, "apicv": has.has_apicv}
    if interrupts not in path.modes or not offered.get(interrupts, True):
        raise unknown(
            "--interrupts",
            f"interrupt mode of {path.name} on host {model.name}",
            interrupts,
            [m for m in path.modes if offered.get(m, True)],
        )
    return interrupts


def _stage_spans(plan: Plan, trace: Trace) -> list[dict[str, str | int]]:
    found, now = [], 0
    for name, parts in zip(plan.stages, trace.stages["guest.sink"], strict=True):
        if length := sum(parts):
            found.append(_span("packet", name, "", now, now + length))
            now += length
    return found


def _core_spans(plan: Plan, end_ps: int) -> list[dict[str, str | int]]:
    """What each core did, from its counters at `SAMPLES` instants; between two of them the counters say how long."""
    from simulator.engines.reference import ReferenceEngine

    engine = ReferenceEngine(plan, 1)
    cores = [executor.name for executor in plan.executors if executor.kind == "core"]
    pollers = guest_poller_cores(plan)
    before: dict[str, int] = {}
    pieces: dict[str, list[tuple[str, int]]] = {core: [] for core in cores}
    for sample in range(1, SAMPLES + 1):
        engine.run(end_ps * sample // SAMPLES)
        now = engine.trace().counters
        for core in cores:
            own = [(label, now[f"{core}.{label}"] - before.get(f"{core}.{label}", 0)) for label in LABELS]
            last = pieces[core][-1][0] if pieces[core] else "idle"
            # What went on before the instant comes first; nothing else is known of the order in between.
            pieces[core] += sorted((piece for piece in own if piece[1]), key=lambda piece: piece[0] != last)
        before = now
    return [
        _span(
            "guest" if core in pollers and label.startswith("pmd") else LANE_OF[label],
            STEP_OF[label],
            label,
            *ends,
            core,
        )
        for core, parts in pieces.items()
        for label, ends in _runs(parts)
        if label in LANE_OF
    ]


def _runs(parts: Iterable[tuple[str, int]]) -> list[tuple[str, tuple[int, int]]]:
    """Neighbours with the same label put together: (label, (start, end))."""
    found, now = [], 0
    for label, group in groupby(parts, key=lambda part: part[0]):
        length = sum(amount for _, amount in group)
        found.append((label, (now, now + length)))
        now += length
    return found


def _span(lane: str, step: str, label: str, start_ps: int, end_ps: int, core: str = "") -> dict[str, str | int]:
    return {"lane": lane, "step": step, "label": label, "core": core, "start_ps": start_ps, "end_ps": end_ps}


def _step_table(model: Host, steps: Iterable[Step], before: list[Row]) -> str:
    rows: list[Row] = [("step", "where", "cost", "when", "exit", "status", "costs and source"), *before]
    rows += [_step_row(model, step) for step in steps]
    return _aligned(rows)


def _idle_rows(model: Host, word: str, cores: int) -> list[Row]:
    left = first_exit(model, word) if cores else None
    if left is None:
        return []
    state, cost = left
    source = f"{word}: {cost.sources[0].title}" if cost.sources else word
    when = f"once per core ({cores})"
    return [(f"leave {state}", "cores on the way", format_time(int(cost.value)), when, "-", cost.status, source)]


def _step_row(model: Host, step: Step) -> tuple[str, ...]:
    entries = [model.cost(name) for name in step.costs]
    amount = sum(int(entry.value) for entry in entries)
    shown = f"{amount / 1e6:.3g} ns/B" if step.charge.endswith("_fs") else format_time(amount)
    # A sum is no better founded than its weakest part.
    status = max((entry.status for entry in entries), key=STATUSES.index)
    return (
        step.name,
        step.where,
        shown,
        f"spared by {step.spared_by}" if is_spared(model, step) else step.when,
        step.exits or "-",
        status,
        f"{' + '.join(step.costs)} ({step.source})",
    )


def _run(plan: Plan) -> Trace:
    from simulator.engines.reference import ReferenceEngine

    engine = ReferenceEngine(plan, 1, log=True)
    engine.run(_LONG_PS)
    return engine.trace()


def _stage_table(plan: Plan, trace: Trace) -> str:
    waits = trace.stages["guest.sink"]
    rows: list[Row] = [("stage", "wait", "service", "together")]
    rows += [
        (name, format_time(wait), format_time(service), format_time(wait + service))
        for name, (wait, service) in zip(plan.stages, waits, strict=True)
        if wait or service
    ]
    total = trace.counters["guest.sink.sum_ps"]
    return f"One packet of {FRAME_BYTES + 4} B into an idle guest: {format_time(total, 6)}\n{_aligned(rows)}"


def _timeline(plan: Plan, simulated: Trace) -> str:
    from simulator.engines.reference import ReferenceEngine

    log = simulated.log
    instants = sorted({time for time, _, _, _ in log})
    rows: list[Row] = [("time", "event", "meanwhile on the cores")]
    engine = ReferenceEngine(plan, 1)
    before: dict[str, int] = {}
    for instant in instants:
        engine.run(instant)
        counters = engine.trace().counters
        events = ", ".join(f"{event} {place}" for time, event, place, _ in log if time == instant)
        rows.append((format_time(instant, 6), events, _activity(plan, before, counters)))
        before = counters
    return f"Timeline\n{_aligned(rows)}"


def _activity(plan: Plan, before: dict[str, int], now: dict[str, int]) -> str:
    cores = [executor.name for executor in plan.executors if executor.kind == "core"]
    keys = [(core, label, f"{core}.{label}") for core in cores for label in LABELS if label != "idle"]
    spent = [(core, label, now[key] - before.get(key, 0)) for core, label, key in keys]
    return ", ".join(f"{core} {label} {format_time(amount)}" for core, label, amount in spent if amount)


def _aligned(rows: list[Row]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
