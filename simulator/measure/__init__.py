"""Measure the costs of this machine's kernel and cores, and write them as a host that scenarios can name.

1. ``network`` makes benches in namespaces of their own, ``cores`` the threads, ``everything`` the primitives.
2. ``slices`` decides when which one is measured and what counts as its value.
3. ``derive`` makes costs of the catalogue out of primitives; ``report`` writes them with everything measured beside them.

*Scope*: Linux. An ordinary user gets what he may, root more; what is missing is named. Nothing here is used by a simulation.
*Validation*: ``tests/measure``; the page ``docs/how-to/measure-your-host.md`` says how far runs agree.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import BadValue

if TYPE_CHECKING:
    from simulator.measure.derive import Cost
    from simulator.measure.slices import Estimate

ROUNDS, SECONDS, SPARE_S = 36, 36.0, 11.0
"""Rounds, the time over which they are spread, and what may be spent beside it; then no further round begins."""
NOISE_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that was found out."""

    machine: dict[str, str | int | float]
    conditions: str
    tick_hz: int | None
    costs: tuple[Cost, ...]
    primitives: dict[str, Estimate]
    wake_up: dict[str, dict[str, Estimate]]
    noise: dict[str, dict[str, float]]
    idle_states: list[dict[str, str | int]]
    left_out: dict[str, str]
    clean_share: float
    seconds: float


def measure(
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    noise_ns: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Measurement:
    """Measure this machine; it takes ``seconds`` and little more where the cores are free. ``BadValue`` on another system than Linux."""
    if sys.platform != "linux":
        raise BadValue(
            "measure-host", "is not Linux: the costs that are measured are those of its kernel", sys.platform
        )
    from simulator.measure import cores, derive, everything, machine, network, probes, slices, threads

    start, described, pair = time.monotonic(), machine.describe(), cores.here()
    with ExitStack() as kept:
        crew = kept.enter_context(cores.crew(pair))
        bench = kept.enter_context(network.network())
        found, absent = everything.all_probes(crew, bench, kept)
        left_s = seconds + SPARE_S - (time.monotonic() - start)
        record = slices.record(found, probes.canary(crew), rounds, seconds, left_s, progress)
        measured = [thread for thread in (crew.first, crew.second) if thread is not None]
        noise = threads.noise(measured, noise_ns or NOISE_NS)
    values = slices.estimates(record)
    costs, missing = derive.costs(record, values)
    return Measurement(
        machine=described
        | {"cores_measured": " and ".join(str(thread.core) for thread in measured), "siblings": pair.siblings},
        conditions=f"{time.strftime('%Y-%m-%d')}, load {described['load']}, {len(record.rounds)} rounds, "
        f"{record.clean_share():.0%} of the slices on a core at its best",
        tick_hz=machine.tick_hz(),
        costs=tuple(costs),
        primitives=values,
        wake_up=derive.wake_parts(record, values),
        noise=noise,
        idle_states=machine.idle_states(pair.first),
        left_out=absent | record.never(found) | missing,
        clean_share=record.clean_share(),
        seconds=time.monotonic() - start,
    )
