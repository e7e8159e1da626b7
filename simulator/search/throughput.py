"""NDR and PDR: the highest rate without loss, and with at most 0.5 % of it; and where loss begins with all replications.

1. MLRsearch (RFC 2544 as practised, the library of FD.io CSIT) chooses the rates, for both at once. A trial is the scenario's
   replications, each with its warm-up and window; lost is what was dropped in a window.
2. The searched rate is that of each open-loop source; all have the same. It goes up to where the wire is full, which the bounds know.
3. Loss does not always grow with the rate: batches and interrupts that fall together may lose packets at a rate and none above it. So
   rates from 0.9 to 0.6 of the answer are looked at; where one loses too much, the search goes on below it.
4. Both ends of the final gap are the certificate.
5. `onset` halves a gap on the condition that no replication loses a packet.

*Scope*: open loops. *Validation*: tests/search/test_searches.py, against scans.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Any

from simulator import units
from simulator.bounds import bound
from simulator.errors import InputError
from simulator.scenario import load
from simulator.scenario.build import build
from simulator.scenario.traffic import Bursts, Capture, Constant, Poisson
from simulator.search.answer import Answer
from simulator.search.slo import Verdict
from simulator.search.trials import NO_SWEEP, Trial, Trials

GOALS = {"NDR": 0.0, "PDR": 0.005}
LEAST_PPS, RESOLUTION, RUNS = 1_000, 0.01, 3
"""Lowest rate of a source, relative width of the final gap, and replications of a trial where the scenario states none."""
ABOVE_BOUND = 1.2
"""Above the bound by so much, what queues hold does not hide the loss for long."""
NEARLY = 0.999
"""Of the line rate: what rounding leaves."""
LOOKED_AT = (0.9, 0.75, 0.6)
"""Shares of an answer at which loss is looked for once more."""
_LONG_S = 1e9


def rates(path: str, overrides: Sequence[str]) -> tuple[str, ...]:
    """Overrides that clear the sources' other rates, to be followed by one that sets them. Raises InputError without open loops."""
    scenario = load(path, (*overrides, NO_SWEEP))
    found = [
        (n, item) for n, item in enumerate(scenario.traffic) if isinstance(item, (Poisson, Constant, Bursts, Capture))
    ]
    if not found:
        raise InputError(
            path,
            "has no open-loop traffic, whose rate could be searched; write kind: poisson, constant, bursts or capture",
        )
    gone = [f"traffic.{number}.{key}=null" for number, item in found for key in item.rates() if key != "rate"]
    return (*gone, *(f"traffic.{number}.rate={{rate}} pps" for number, _ in found))


def trials_of(path: str, overrides: tuple[str, ...], series: str) -> Trials:
    """Trials at rates in packets per second and source."""
    patterns = rates(path, overrides)
    return Trials(path, overrides, series, lambda pps: tuple(pattern.format(rate=pps) for pattern in patterns))


def ndr_and_pdr(trials: Trials, resolution: float = RESOLUTION) -> list[Answer]:
    """NDR and PDR of one series, from one search. Raises InputError if nothing is left to search."""
    from MLRsearch import Config, MultipleLossRatioSearch, SearchGoal

    window_s = trials.point(LEAST_PPS).scenario.measurement.duration_ps / 10**12
    goals = {
        name: SearchGoal(
            loss_ratio=share,
            exceed_ratio=0.0,
            relative_width=resolution,
            initial_trial_duration=window_s,
            final_trial_duration=window_s,
            duration_sum=window_s,
            preceding_targets=2,
            expansion_coefficient=2,
            fail_fast=False,
        )
        for name, share in GOALS.items()
    }

    def searched(names: Iterable[str], highest: float) -> Any:
        config = Config()
        config.goals, config.max_load, config.min_load = [goals[name] for name in names], highest, float(LEAST_PPS)
        config.search_duration_max, config.warmup_duration = _LONG_S, None
        found = MultipleLossRatioSearch(config=config).search(_measurer(trials))
        return {name: found[goals[name]] for name in names}

    # A trial at the wire's rate costs as many packets as all others; where the bound lies below, it is tried only if need be.
    wire = highest_pps(trials)
    for highest in dict.fromkeys((min(wire, _worth_trying_pps(trials)), wire)):
        ends = searched(goals, float(highest))
        if all(found.relevant_upper_bound is not None for found in ends.values()):
            break
    again = dict.fromkeys(goals, 0.0)
    for name, share in GOALS.items():
        while hole := _hole(trials, ends[name], share):
            again[name] = again[name] or float(ends[name].relevant_lower_bound.float_load)
            ends |= searched([name], float(hole))
    return [_answer(trials, name, ends[name], again[name]) for name in goals]


def _hole(trials: Trials, found: Any, share: float) -> int:
    """The highest of the rates below an answer that loses more than `share`; 0 if none does."""
    highest = 0.0 if found.relevant_lower_bound is None else float(found.relevant_lower_bound.float_load)
    for rate in (round(part * highest) for part in LOOKED_AT):
        offered, lost = counts(trials.run(rate, runs_of(trials))) if rate > LEAST_PPS else (1, 0)
        if lost > share * offered:
            return rate
    return 0


def highest_pps(trials: Trials) -> int:
    """The rate of each source at which the first link that all packets pass is full."""
    wires = bound(build(trials.point(LEAST_PPS).scenario), depth=1).utilisation
    full = max((share for name, share in wires.items() if name.startswith("link wire")), default=0.0)
    if not full:
        raise InputError(trials.path, "has no wire whose rate limits the search")
    return int(LEAST_PPS / full * NEARLY)


def _worth_trying_pps(trials: Trials) -> int:
    """A rate of each source that lies well above what the bound allows for long."""
    found = bound(build(trials.point(LEAST_PPS).scenario), depth=1)
    return int(LEAST_PPS * max(2.0, ABOVE_BOUND * found.saturation_pps / found.offered_pps))


def _measurer(trials: Trials) -> Any:
    from MLRsearch import AbstractMeasurer, MeasurementResult

    runs = runs_of(trials)

    class Measurer(AbstractMeasurer):  # type: ignore[misc]  # the library carries no types
        """Runs trials for the library."""

        def measure(self, intended_duration: float, intended_load: float) -> Any:
            """All replications at that rate."""
            trial = trials.run(round(intended_load), runs)
            offered, lost = counts(trial)
            return MeasurementResult(intended_duration, intended_load, offered_count=offered, loss_count=lost)

    return Measurer()


def runs_of(trials: Trials) -> int:
    """Replications of a trial: those that the scenario states, or `RUNS`."""
    return trials.point(LEAST_PPS).scenario.replications or RUNS


def counts(trial: Trial) -> tuple[int, int]:
    """(packets offered, packets lost); where nothing arrives, all are lost. What waits at the end of the window is not lost."""
    if trial.entry is None:
        return 1, 1
    offered = max(1, trial.entry["conservation"]["offered"])
    return offered, sum(trial.entry["drops"].values()) if trial.entry["delivered_pps"] else offered


def _answer(trials: Trials, name: str, found: Any, again_pps: float) -> Answer:
    """The answer, with its certificate; `again_pps`: a higher rate that passes again, 0 if none is known."""
    runs = runs_of(trials)
    ends = [
        None if bound_ is None else trials.run(round(float(bound_.float_load)), runs)
        for bound_ in (found.relevant_lower_bound, found.relevant_upper_bound)
    ]
    reasons: tuple[str, ...] = ()
    if ends[1] is not None:
        offered, lost = counts(ends[1])
        reasons = (f"{lost:,} of {offered:,} packets lost, over {GOALS[name]:.1%}",)
        reasons += (f"{_rate(round(again_pps))} passes again",) if again_pps else ()
    sure = not any(_holds(end, GOALS[name]) for end in ends)
    return Answer(
        trials.series, name, ends[0], ends[1], Verdict(False, reasons), sure, len(trials.known), trials.packets, _rate
    )


def _holds(trial: Trial | None, share: float) -> bool:
    """Whether the interval of a trial's loss holds the share that is asked for."""
    found = (trial.entry or {}).get("ranges", {}).get("loss_ratio", {}) if trial else {}
    low, high = found.get("low"), found.get("high")
    return low is not None and high is not None and low < share < high


def onset(trials: Trials, resolution: float = RESOLUTION) -> Answer:
    """The rate of each source at which some replication begins to lose packets."""
    low, high, runs = 0, highest_pps(trials) + 1, runs_of(trials)
    value = LEAST_PPS
    while value < high and not counts(trials.run(value, runs))[1]:
        low, value = value, value * 4
    high = min(high, value)
    while (low and high - low > max(1, resolution * high)) or (not low and high > LEAST_PPS):
        middle = round((low * high) ** 0.5) if low and log(high / low) > resolution else (low + high) // 2
        low, high = (low, middle) if counts(trials.run(middle, runs))[1] else (middle, high)
    ends = [trials.run(n, runs) if LEAST_PPS <= n <= highest_pps(trials) else None for n in (low, high)]
    lost = () if ends[1] is None else (f"{counts(ends[1])[1]:,} packets lost",)
    return Answer(
        trials.series,
        "onset of loss",
        ends[0],
        ends[1],
        Verdict(False, lost),
        True,
        len(trials.known),
        trials.packets,
        _rate,
    )


def _rate(pps: int) -> str:
    return f"{units.format_packet_rate(pps * 1000)} for each source"
