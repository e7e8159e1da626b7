"""VM exits, interrupts and notifications: how often the cheap path was left, in total and per delivered packet.

Exits are reported under the names of `perf kvm stat` on Intel hosts (`PERF_KVM_NAMES`), and by cause as the model
knows them.

*Scope*: exits that the plan models: none for CPUID, page faults and the like.
*Validation*: tests/unit/test_metrics.py.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.metrics.rates import delivered
from simulator.plan.model import Plan
from simulator.plan.trace import EXIT_KINDS, Trace

PERF_KVM_NAMES = {
    "HLT": "HLT",
    "EXTINT": "EXTERNAL_INTERRUPT",
    "KICK": "EXTERNAL_INTERRUPT",
    "EOI": "MSR_WRITE",
    "IRQWIN": "INTERRUPT_WINDOW",
    "TIMER": "PREEMPTION_TIMER",
    "MSIX_MASK": "EPT_MISCONFIG",
    "IOEVENTFD": "EPT_MISCONFIG",
    "MMIO_READ": "EPT_MISCONFIG",
    "MMIO_WRITE": "EPT_MISCONFIG",
    "TSC_DEADLINE": "MSR_WRITE",
    "ICR": "MSR_WRITE",
    "EOI_INDUCED": "EOI_INDUCED",
    "HYPERCALL": "VMCALL",
}
"""Exit reasons of Linux (arch/x86/include/uapi/asm/vmx.h). A kick is an inter-processor interrupt. A guest that stops or starts its tick, or
wakes another of its vCPUs, writes an MSR too. Without APICv an
x2APIC guest ends an interrupt by writing MSR 0x80b (an xAPIC guest shows APIC_ACCESS instead); kernels before 5.6
call INTERRUPT_WINDOW PENDING_INTERRUPT. Emulated memory-mapped registers, ioeventfds on them and the MSI-X table show
as EPT_MISCONFIG."""


def exits_by_cause(plan: Plan, trace: Trace) -> dict[str, int]:
    """VM exits by the model's own kinds; kinds that did not occur are left out."""
    vcpus = window.executor_names(plan, "vcpu")
    counts = {kind: window.total(trace, vcpus, kind) for kind in EXIT_KINDS}
    return {kind: count for kind, count in counts.items() if count}


def exits(plan: Plan, trace: Trace) -> dict[str, int]:
    """VM exits under the names of `perf kvm stat`; kinds that did not occur are left out."""
    named: dict[str, int] = {}
    for kind, count in exits_by_cause(plan, trace).items():
        named[PERF_KVM_NAMES[kind]] = named.get(PERF_KVM_NAMES[kind], 0) + count
    return named


def exits_per_packet(plan: Plan, trace: Trace) -> float | None:
    """VM exits per delivered packet."""
    return window.ratio(sum(exits_by_cause(plan, trace).values()), delivered(plan, trace))


def interrupts(plan: Plan, trace: Trace) -> int:
    """Interrupts delivered, to the host's or a guest's driver."""
    return window.total(trace, (route.name for route in plan.routes), "delivered")


def interrupts_per_packet(plan: Plan, trace: Trace) -> float | None:
    """Interrupts per delivered packet."""
    return window.ratio(interrupts(plan, trace), delivered(plan, trace))


def notifications(plan: Plan, trace: Trace) -> dict[str, dict[str, int]]:
    """Gate -> publications checked, notifications fired and suppressed; gates that were never checked are left out."""
    gates = {fifo.name: f"{fifo.name}." for fifo in plan.fifos}
    gates |= {f"{ring.name}.{side}": f"{ring.name}.{side}_" for ring in plan.rings for side in ("avail", "used")}
    names = ("checks", "fired", "suppressed")
    rows = {gate: {name: trace.counters[prefix + name] for name in names} for gate, prefix in gates.items()}
    return {gate: row for gate, row in rows.items() if row["checks"]}
