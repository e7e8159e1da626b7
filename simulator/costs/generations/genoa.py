"""Server of 2023: EPYC Genoa, AVIC with posted device interrupts and IPIs without exit; exits have AMD's names.

*Scope*: exits were read for a Genoa host in ns, IPIs and the leaving of the deepest state for EPYC; the rest is borrowed
from the host of about 2020. Which name an exit has: ``exits``.
*Validation*: values recomputed by ``tests/unit/test_costs.py``; no published end-to-end figure was used to set any.
"""

from __future__ import annotations

from typing import Literal

from simulator.costs.assemble import assemble_host, guests, machine
from simulator.costs.compose import Row, assumed
from simulator.costs.generations import modern, shared, wakeups
from simulator.costs.model import Host

_CLOCK_HZ = 2_700_000_000
_FAMILIES = ("genoa", "zen")
_LENDER = "from the host of about 2020"


def _exit(name: str, reading: str, value: str, status: Literal["cited", "borrowed"], note: str = "") -> Row:
    return Row(name, value, "ns", status, (reading,), reading, source_name="exit_light", note=note)


_EXITS = (
    _exit("k_exit", "gen_hypercall", "1255", "cited"),
    _exit("k_hlt", "gen_hypercall", "1255", "borrowed", "taken as a hypercall"),
    _exit("k_eoi", "gen_msr", "1290", "borrowed", "taken as an intercepted MSR access; paid with AVIC off only"),
    _exit("k_timer", "gen_msr", "1290", "borrowed", "taken as an intercepted MSR read; arming the timer is not in it"),
    shared.user_exit(("skx_vmcall", "gen_pio", "gen_cpuid")),
    *wakeups.wakee(_CLOCK_HZ),
    *wakeups.threads_2022(_CLOCK_HZ),
    *shared.poll_mode("borrowed"),
    shared.read_call(),
    shared.stack_send(_CLOCK_HZ),
)
_LEAVE_C2 = Row(
    "leave",
    "10",
    "us",
    "derived",
    ("idle_deep_wake_epyc",),
    "mean(idle_deep_wake_epyc)",
    low="5",
    high="15",
    note="far below the advertised latency; the rest of the wake-up is in it",
)


def build() -> Host:
    """The host ``genoa``."""
    clock = assumed("cpu_hz", str(_CLOCK_HZ), "Hz", "base clock of an EPYC 9334", low="2700000000", high="3900000000")
    borrowed = shared.borrow((*modern.GUEST, *modern.KVM, *modern.QEMU, *modern.HOST), _FAMILIES, _LENDER)
    return assemble_host(
        name="genoa",
        title="Server of 2023 (EPYC Genoa class, 2.7 GHz)",
        default_nic="connectx-6",
        families=_FAMILIES,
        rows=(*shared.UNMEASURED, *borrowed, *_EXITS),
        facts=machine(clock, cores="32", apicv=True, posted=True, guest=guests(pv_eoi=True, nohz=True), ipi=True),
        idle_states=(
            wakeups.idle_state("C1", "idle_epyc", 0, own=False),
            wakeups.idle_state("C2", "idle_epyc", 1, own=False, leave=_LEAVE_C2),
        ),
        vendor="amd",
    )
