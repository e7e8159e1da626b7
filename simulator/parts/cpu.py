"""The host's cores: made on demand, each with its ksoftirqd, its timer tick and its scheduler.

1. `Cpus.own` hands out a core that nobody has; `Cpus.core` gives core n, for threads that share.
2. Interrupts of assigned devices that pass the host kernel (legacy, APICv) go to cores of their own, one for
   `VECTORS_PER_IRQ_CORE` vectors, so that no vCPU is interrupted by another one's device; a scenario may name the
   cores.

*Scope*: all cores are alike; hardware threads of one core by a fixed slowdown; no NUMA, no frequency.
*Validation*: tests/unit/test_build_parts.py (core map), conformance vectors for the behaviour.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.costs import idle, noise
from simulator.errors import InputError
from simulator.parts.settings import HostSettings
from simulator.parts.steps import range_1024
from simulator.plan import draws
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, Executor, Thread, Tick

VECTORS_PER_IRQ_CORE = 8
SIBLING_SPEED = 640
"""Of 1024: two hardware threads together do 1.25 times the work of one. Assumed; 1.1 to 1.5 are usual."""
CORE_COSTS = ("h_hardirq", "k_irqfd", "k_ipi", "k_pi_wakeup")
NATIVE_CORE_COSTS = ("h_hardirq_native",)
_PS_PER_SECOND = 10**12
_TICK_STEP_PS = 7_300_000
_DRIFT_PPM = 311
"""How much longer the period of a tick is than its name says. Clocks of two machines differ by tens of ppm, so that ticks pass over
every phase of a constant stream in minutes; a simulated window is a second. Assumed, see decision 61."""


class Cpus:
    """Cores of one host, by number."""

    def __init__(self, builder: PlanBuilder, host: HostSettings) -> None:
        self._builder = builder
        self._host = host
        self._made: dict[int, int] = {}
        self._reserved = {*host.irq_cores, *host.backend_cores}
        self._irq_cores = list(host.irq_cores)
        self._free = 0
        self._vectors = 0
        self._backends = 0
        self._applications = 0
        self.map: dict[int, list[str]] = {}

    def core(self, number: int, user: str, *, softirq_costs: tuple[str, ...] = ()) -> int:
        """Executor of core `number`; `user` is noted in the core map.

        `softirq_costs`: the core runs a driver of the host, whose interrupts have these costs.
        """
        self._require(number)
        if number not in self._made:
            self._made[number] = add_core(self._builder, self._host, f"{self._host.prefix}cpu{number}")
            self._pair(number)
        self.map.setdefault(number, []).append(user)
        if softirq_costs and self._builder.get(Executor, self._made[number]).ksoftirqd == NONE:
            name = f"{self._host.prefix}cpu{number}"
            add_ksoftirqd(self._builder, self._made[number], name, softirq_costs, self._host)
        return self._made[number]

    def _pair(self, number: int) -> None:
        """Cores 2n and 2n + 1 are threads of one, if the host has such."""
        other = self._made.get(number ^ 1)
        if not self._host.siblings or other is None:
            return
        speed = SIBLING_SPEED
        self._builder.change(Executor, self._made[number], sibling=other, sibling_speed=speed)
        self._builder.change(Executor, other, sibling=self._made[number], sibling_speed=speed)

    def reserve(self, numbers: Iterable[int]) -> None:
        """Keep these cores away from `own`: a scenario has named them."""
        self._reserved.update(numbers)

    def own(self) -> int:
        """Number of a core that nobody uses yet."""
        # what is taken stays so, so that no number below the last one found is free
        while self._free in self._made or self._free in self._reserved:
            self._free += 1
        self._reserved.add(self._free)
        return self._free

    def backend_core(self, user: str, cores: tuple[int, ...]) -> int:
        """Executor of the core that takes the next thread of a backend: of `cores`, of the host's, or one of its own."""
        chosen = cores or self._host.backend_cores
        if not chosen:
            return self.core(self.own(), user)
        number = chosen[self._backends % len(chosen)]
        self._backends += 1
        return self.core(number, user)

    def application_core(self, user: str, cores: tuple[int, ...], otherwise: int) -> int:
        """Executor of the core of a bare-metal application: one of `cores` in turn, or where its softirq runs."""
        if not cores:
            return otherwise
        self._applications += 1
        return self.core(cores[(self._applications - 1) % len(cores)], f"application of {user}")

    def irq_core(self, user: str) -> int:
        """Executor of the core that takes the next vector."""
        if not self._host.irq_cores and self._vectors % VECTORS_PER_IRQ_CORE == 0:
            self._irq_cores.append(self.own())
        number = self._irq_cores[self._vectors % len(self._irq_cores)] if self._host.irq_cores else self._irq_cores[-1]
        self._vectors += 1
        return self.core(number, user)

    def _require(self, number: int) -> None:
        if self._host.cores is not None and number >= self._host.cores:
            message = (
                f"{self._host.cores} cores, and the placement needs core {number}: give more, or let guests, backends and "
                "interrupts share (placement, host.backend_cores, host.irq_cores)"
            )
            raise InputError("host.cores", message)


def add_core(builder: PlanBuilder, host: HostSettings, name: str) -> int:
    """One core; the range of its interrupt costs is that of all interrupts it may take."""
    scheduler = host.scheduler
    index = builder.add(
        Executor(
            name=name,
            kind="core",
            scheduler=scheduler.kind,
            latency_ps=scheduler.latency_ps,
            min_granularity_ps=scheduler.min_granularity_ps,
            wakeup_granularity_ps=scheduler.wakeup_granularity_ps,
            quantum_ps=scheduler.quantum_ps,
            ctxsw_ps=host.model.ps("h_ctxsw"),
            idle_exit_ps=0 if host.model.idle_states or host.idle == "poll" else host.model.ps("h_idle_exit"),
            idle_states=tuple((s.residency.value, s.leave.value) for s in idle.allowed(host.model, host.idle)),
            demote=host.demote,
            spread=add_spread(builder, host, f"{name}:interrupt", CORE_COSTS),
        )
    )
    if host.tick and noise.word(host.noise).tick == "host":
        add_tick(builder, host, index, name, "h_tick")
    add_noise(builder, host, index, name)
    return index


def add_ksoftirqd(
    builder: PlanBuilder, executor: int, name: str, costs: tuple[str, ...] = (), host: HostSettings | None = None
) -> None:
    """The thread to which softirq work is demoted.

    A core that runs a native driver takes its interrupts, not assigned ones.
    """
    thread = builder.add(Thread(name=f"{name}.ksoftirqd", executor=executor, kind="ksoftirqd"))
    builder.change(Executor, executor, ksoftirqd=thread)
    if costs and host is not None:
        builder.change(Executor, executor, spread=add_spread(builder, host, f"{name}:hardirq", costs))


def add_tick(builder: PlanBuilder, host: HostSettings, executor: int, name: str, cost: str) -> None:
    """Timer tick, staggered by a fixed step per tick so that no two executors are interrupted at one instant."""
    period = _PS_PER_SECOND * (10**6 + _DRIFT_PPM) // (10**6 * host.tick_hz)
    offset = (builder.count(Tick) + 1) * _TICK_STEP_PS % period
    read_ps = noise.word(host.noise).tick_ps
    length = builder.stream(draws.constant(f"{name}.tick:length", read_ps)) if read_ps else NONE
    builder.add(Tick(f"{name}.tick", executor, period, offset, host.model.ps(cost), length=length))


def add_noise(builder: PlanBuilder, host: HostSettings, executor: int, name: str) -> None:
    """What the kernel on that executor does besides, at drawn times."""
    for event in noise.word(host.noise).events:
        place = f"{name}.noise.{event.what.replace(' ', '-')}"
        gap, length = (
            builder.stream(draws.table(f"{place}:{what}", [ps for ps, _ in table], [weight for _, weight in table]))
            for what, table in (("gap", event.gaps), ("length", event.lengths))
        )
        mean_ps = sum(ps * weight for ps, weight in event.gaps) // sum(weight for _, weight in event.gaps)
        offset_ps = (builder.count(Tick) + 1) * _TICK_STEP_PS % mean_ps
        builder.add(Tick(place, executor, mean_ps, offset_ps, 0, gap=gap, length=length, label="noise"))


def add_spread(builder: PlanBuilder, host: HostSettings, name: str, costs: tuple[str, ...], fixed_ps: int = 0) -> int:
    """Stream of factors of the `costs` and of the `fixed_ps` that are worked with them, or -1 without variability."""
    limits = range_1024(host.model, costs, fixed_ps) if host.variability else None
    return NONE if limits is None else builder.stream(draws.spread(f"{name}:spread", *limits))
