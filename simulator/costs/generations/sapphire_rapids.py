"""Server of 2023: Sapphire Rapids, APICv with IPI virtualization, posted interrupts, no page-table isolation.

*Scope*: idle states, wake-up from C6 and IPIs were read for it or its class; exits are those of an unnamed Intel host of
2024; the rest is borrowed from the host of about 2020.
*Validation*: values recomputed by ``tests/unit/test_costs.py``; no published end-to-end figure was used to set any.
"""

from __future__ import annotations

from simulator.costs.assemble import assemble_host, guests, machine
from simulator.costs.compose import Row, assumed
from simulator.costs.generations import modern, shared, wakeups
from simulator.costs.model import Host

_CLOCK_HZ = 3_000_000_000
_FAMILIES = ("sapphire-rapids",)
_LENDER = "from the host of about 2020"
_STATES = ("C1", "C1E")

_EXITS = (
    Row(
        "k_exit",
        "1018",
        "cycles",
        "borrowed",
        ("mod_cpuid_exit", "skx_vmcall", "spr_spec_ctrl"),
        "mod_cpuid_exit[0]",
        low="1018",
        high="1529",
        source_name="exit_light",
        note="unnamed host of 2024; 18 % more where the guest's SPEC_CTRL differs from the host's; high: Skylake-SP",
    ),
    Row(
        "k_hlt",
        "1018",
        "cycles",
        "borrowed",
        ("mod_cpuid_exit",),
        "mod_cpuid_exit[0]",
        source_name="exit_light",
        note="taken as a light exit",
    ),
    Row(
        "k_eoi",
        "1018",
        "cycles",
        "borrowed",
        ("mod_cpuid_exit",),
        "mod_cpuid_exit[0]",
        note="taken as a light exit; paid with APICv off only",
    ),
    Row(
        "k_timer",
        "1018",
        "cycles",
        "borrowed",
        ("mod_cpuid_exit", "skx_tscimm_apicv"),
        "mod_cpuid_exit[0]",
        low="566.75",
        high="1529",
        note="taken as a light exit; low: less what the fast path saves on Skylake-SP",
    ),
    shared.user_exit(),
    *wakeups.wakee(_CLOCK_HZ),
    *wakeups.threads_2022(_CLOCK_HZ),
    *shared.poll_mode("borrowed"),
    shared.read_call(),
    shared.stack_send(_CLOCK_HZ),
)
_LEAVE_C6 = Row(
    "leave",
    "190",
    "us",
    "derived",
    ("idle_c6_wake_spr",),
    "mean(idle_c6_wake_spr)",
    low="150",
    high="230",
    note="middle of the range; the rest of the wake-up, about 2 us, is in it",
)


def build() -> Host:
    """The host ``sapphire-rapids``."""
    clock = assumed(
        "cpu_hz",
        str(_CLOCK_HZ),
        "Hz",
        "all cores busy, between base and highest clock",
        low="2000000000",
        high="3800000000",
    )
    borrowed = shared.borrow((*modern.GUEST, *modern.KVM, *modern.QEMU, *modern.HOST), _FAMILIES, _LENDER)
    return assemble_host(
        name="sapphire-rapids",
        title="Server of 2023 (Sapphire Rapids class, 3.0 GHz)",
        default_nic="e810",
        families=_FAMILIES,
        rows=(*shared.UNMEASURED, *borrowed, *_EXITS),
        facts=machine(clock, cores="32", apicv=True, posted=True, guest=guests(pv_eoi=True, nohz=True), ipi=True),
        idle_states=(
            *(wakeups.idle_state(state, "idle_spr", place, own=True) for place, state in enumerate(_STATES)),
            wakeups.idle_state("C6", "idle_spr", 2, own=True, leave=_LEAVE_C6),
        ),
    )
