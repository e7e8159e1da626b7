"""Wake-ups in three parts, and idle states: what the waker works, what passes, what the woken core works.

1. One CPU that wakes and switches to and fro bounds the work of both sides; system calls and the switch are taken out.
2. Two CPUs take longer by the interrupt's flight, lines that move between caches, and the exit of the idle state C1, which
   is taken out: it is counted once, as the state's own cost.
3. A vCPU's thread is woken as any thread, and then enters the guest.

*Scope*: a machine of 2013 before mitigations and one of 2022 with them, CPUs not named; states by the kernel's tables.
*Validation*: ``tests/unit/test_costs.py`` adds the parts up to what was read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from simulator.costs.assemble import StateRow
from simulator.costs.compose import Row, cycles_to_ns
from simulator.costs.readings import readings

SWITCH = Row(
    "h_ctxsw",
    "1459.535",
    "cycles",
    "borrowed",
    ("lm_ctx_up",),
    "mean(lm_ctx_up) * 3791",
    low="1402.67",
    high="1516.4",
    source_name="ctx_switch_same_cpu",
    note="at 3791 MHz, scaled by clock; before mitigations",
)
_SWITCH_CYCLES = Decimal("1459.535")
_C1_MEASURED = "idle_icx_measured[1] / idle_icx_measured[2]"
_C1_NOTE = (
    "taken out: leaving C1, and the reschedule interrupt, which is in h_wake_run; lines moving between the caches stay"
)

THREADS_2013 = (
    SWITCH,
    Row(
        "h_wake_work",
        "663.425",
        "cycles",
        "borrowed",
        ("lm_pipe_up", "lm_null", "lm_ctx_up"),
        "(mean(lm_pipe_up) / 2 - 2 * lm_null - mean(lm_ctx_up)) * 3791",
        low="549.70",
        high="1080.44",
        note="pipe ping-pong on one CPU, one way, less two system calls and the switch; at 3791 MHz, scaled by clock",
    ),
    Row(
        "h_ipi_flight",
        "1597.06",
        "ns",
        "assumed",
        ("lm_ctx_smp", "lm_ctx_up", "idle_ivb", "idle_icx_measured", "zen_avic_ipi"),
        f"(mean(lm_ctx_smp) - mean(lm_ctx_up) - idle_ivb[0] * {_C1_MEASURED}) * 1000 - g_resched",
        low="437.06",
        high="2757.06",
        note=f"switch between two CPUs less that on one; {_C1_NOTE}",
    ),
)
"""Wake-up of a thread as a machine of 2013 did it: bounds from one CPU, flight from two."""


def threads_2022(clock_hz: int) -> tuple[Row, ...]:
    """Wake-up of a thread as a machine of 2022 did it, mitigations on."""
    work = Decimal(1870) - 2 * Decimal("61.67") - cycles_to_ns(_SWITCH_CYCLES, clock_hz)
    pipe, table = ("sched_pipe_same", "sched_pipe_cross"), ("idle_icx", "idle_icx_measured")
    return (
        SWITCH,
        Row(
            "h_wake_work",
            f"{work:.2f}",
            "ns",
            "borrowed",
            ("sched_pipe_same", "cfl_syscall_mitig", "skl_syscall_kpti"),
            "sched_pipe_same * 500 - 2 * cfl_syscall_mitig - h_ctxsw",
            low=f"{work - 2 * (237 - Decimal('61.67')):.2f}",
            high="1870",
            note="pipe ping-pong on one CPU, one way, less two system calls and the switch; high: nothing taken out",
        ),
        Row(
            "h_ipi_flight",
            "1482.06",
            "ns",
            "assumed",
            (*pipe, *table, "zen_avic_ipi"),
            f"(sched_pipe_cross - sched_pipe_same) * 500 - idle_icx[0] * {_C1_MEASURED} * 1000 - g_resched",
            low="624.98",
            high="2535",
            note=f"pipe between two CPUs less that on one; {_C1_NOTE}; low: an IPI that hardware delivers, less g_irq",
        ),
        _sum(
            "k_pi_wakeup", work + 300, "h_wake_work + g_resched", "an interrupt, and in it the call that wakes the vCPU"
        ),
    )


def wakee(clock_hz: int) -> tuple[Row, ...]:
    """What the woken side works, as a thread and as a vCPU."""
    run, leave = cycles_to_ns(_SWITCH_CYCLES, clock_hz) + 300, Decimal("599.05")
    polled = ("guest_ctxsw_idle", "guest_ctxsw_poll", "guest_ctxsw_host_poll", "luto2017_cpuid")
    return (
        _sum("h_wake_run", run, "h_ctxsw + g_resched", "reschedule interrupt and schedule in"),
        Row(
            "k_poll_exit",
            f"{leave}",
            "ns",
            "borrowed",
            polled,
            "guest_ctxsw_host_poll[0] - guest_ctxsw_poll[0] - luto2017_cpuid * 10 / 24",
            low="272.23",
            high="1136.97",
            source_name="halt_wake_polled",
            note="ping-pong with the host polling less with the guest polling, less the sender's exit (of 2017, at 2.4 GHz); "
            "the host's polling saves 0 to 0.2 us of 2.49",
        ),
        _sum("k_wake_run", run + leave, "h_wake_run + k_poll_exit", "as a thread, then as after polling"),
    )


def _sum(name: str, value: Decimal, formula: str, note: str) -> Row:
    """A sum with an assumed term."""
    return Row(name, f"{value:.2f}", "ns", "assumed", (), formula, note=note)


def idle_state(name: str, reading: str, place: int, own: bool, leave: Row | None = None) -> StateRow:
    """A state from a table of the kernel. Leaving takes the share of the table that was measured for C6 of Ice Lake-SP."""
    latency, residency = readings()[reading].values[2 * place : 2 * place + 2]
    table: Literal["cited", "borrowed"] = "cited" if own else "borrowed"
    note = "" if own else "chosen from listings of several hosts"
    if leave is None:
        leave = Row(
            "leave",
            f"{latency * 128 / 170:.3f}",
            "us",
            "derived" if reading == "idle_icx" else "borrowed",
            (reading, "idle_icx_measured"),
            f"{reading}[{2 * place}] * {_C1_MEASURED}",
            low=f"{latency * 41 / 170:.3f}",
            high=str(latency),
            note="the share of the table that was measured for C6 of Ice Lake-SP",
        )
    return (
        name,
        Row("latency", str(latency), "us", table, (reading,), f"{reading}[{2 * place}]", note=note),
        Row("residency", str(residency), "us", table, (reading,), f"{reading}[{2 * place + 1}]", note=note),
        leave,
    )
