"""What an exit is called: names as `perf kvm stat` prints them, by vendor.

*Scope*: the exits that the model counts; the names are the kernel's (``vmx.h`` and ``svm.h`` of its user interface).
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.citation import Citation
from simulator.costs.model import Vendor
from simulator.errors import unknown

SOURCE = Citation(
    "Linux arch/x86/include/uapi/asm/vmx.h and svm.h: VMX_EXIT_REASONS, SVM_EXIT_REASONS",
    "https://github.com/torvalds/linux/tree/master/arch/x86/include/uapi/asm",
    "any",
    "strings of the two tables",
    "high",
)

_AMD = {
    "HLT": "hlt",
    "MSR_WRITE": "msr",
    "MSR_READ": "msr",
    "EXTERNAL_INTERRUPT": "interrupt",
    "PENDING_INTERRUPT": "vintr",
    "EPT_MISCONFIG": "npf",
    "EPT_VIOLATION": "npf",
    "IO_INSTRUCTION": "io",
    "EOI_INDUCED": "avic_unaccelerated_access",
    "APIC_WRITE": "avic_unaccelerated_access",
    "APIC_ACCESS": "npf",
    "PREEMPTION_TIMER": "interrupt",
    "VMCALL": "vmmcall",
    "PAUSE_INSTRUCTION": "pause",
    "CPUID": "cpuid",
}


def exit_name(vendor: Vendor, intel_name: str) -> str:
    """The exit's name on CPUs of that vendor; the model's own names are Intel's."""
    if intel_name not in _AMD:
        raise unknown("exit", "exit", intel_name, tuple(_AMD))
    return intel_name if vendor == "intel" else _AMD[intel_name]
