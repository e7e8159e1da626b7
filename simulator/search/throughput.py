"""NDR and PDR: the highest rate without loss, and with at most 0.5 % of it; and where loss begins with all replications.

1. MLRsearch (RFC 2544 as practised, the library of FD.io CSIT) chooses the rates, for both at once. A trial is the scenario's
   replications, each with its warm-up and window; lost is what was dropped in a window.
2. The searched rate is that of each open-loop source; all have the same. It goes up to where the wire is full, which the bounds know.
3. Loss does not always grow with the rate: batches and interrupts that fall together may lose packets at a rate and none above it. So
   rates from 0.96 to 0.7 of the answer are looked at; where one loses too much, the search goes on below it.
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
ABOVE_BOUND, SHARES_TRIED = 1.2, (0.25, 0.5, 0.75)
"""Above the bound by so much, what queues hold does not hide the loss for long. Shares of the bound that are tried before: they cost little, and
where wake-ups and exits cost as much as packets, the bound is far off."""
NEARLY = 0.999
"""Of the line rate: what rounding leaves."""
LOOKED_AT = (0.96, 0.92, 0.85, 0.7)
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
    answers, sound = list[Answer](), 0
    for name, share in GOALS.items():
        low, high = (_load(found) for found in (ends[name].relevant_lower_bound, ends[name].relevant_upper_bound))
        first = low
        while low and (hole := _hole(trials, low, share, sound)):
            low, high = _below(trials, hole, share, resolution)
        sound = max(sound, low)
        answers.append(_answer(trials, name, low, high, again_pps=first if low != first else 0))
    return answers


def _load(found: Any) -> int:
    return 0 if found is None else round(float(found.float_load))


def _loses_at(trials: Trials, rate: float) -> bool:
    """Whether a rate loses more than any goal allows; one that is too low to be searched does not."""
    return rate > LEAST_PPS and _loses(trials, round(rate), max(GOALS.values()))


def _loses(trials: Trials, rate: int, share: float) -> bool:
    """Whether a rate loses more than that share."""
    offered, lost = counts(trials.run(rate, runs_of(trials)))
    return lost > share * offered


def _hole(trials: Trials, answer: int, share: float, sound: int) -> int:
    """The highest of the rates looked at below an answer that loses more than `share`, down to one that is `sound` already; 0 if none
    does."""
    rates_below = (rate for part in LOOKED_AT if (rate := round(part * answer)) > max(LEAST_PPS, sound))
    return next((rate for rate in rates_below if _loses(trials, rate, share)), 0)


def _below(trials: Trials, high: int, share: float, resolution: float) -> tuple[int, int]:
    """(highest rate that is known to pass, lowest that is known not to) below one that does not, no farther apart than the resolution;
    (0, ...) if none passes."""
    runs = runs_of(trials)
    tried = sorted({rate for rate, own in trials.known if own == runs and rate < high} | {LEAST_PPS})
    low = next((rate for rate in reversed(tried) if not _loses(trials, rate, share)), 0)
    while low and high - low > max(1, resolution * high):
        middle = round((low * high) ** 0.5)
        low, high = (low, middle) if _loses(trials, middle, share) else (middle, high)
    return low, high


def highest_pps(trials: Trials) -> int:
    """The rate of each source at which the first link that all packets pass is full."""
    wires = bound(build(trials.point(LEAST_PPS).scenario), depth=1).utilisation
    full = max((share for name, share in wires.items() if name.startswith("link wire")), default=0.0)
    if not full:
        raise InputError(trials.path, "has no wire whose rate limits the search")
    return int(LEAST_PPS / full * NEARLY)


def _worth_trying_pps(trials: Trials) -> int:
    """A rate of each source that lies well above what the bound allows for long, or, where the bound is far off, a share of it that loses
    more than any goal allows."""
    found = bound(build(trials.point(LEAST_PPS).scenario), depth=1)
    full = LEAST_PPS * found.saturation_pps / found.offered_pps
    # from the middle: down while it loses, else up
    order = SHARES_TRIED[:2] if _loses_at(trials, SHARES_TRIED[1] * full) else SHARES_TRIED[1:]
    lost = next((round(part * full) for part in order if _loses_at(trials, part * full)), 0)
    return lost or int(max(2.0 * LEAST_PPS, ABOVE_BOUND * full))


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


def _answer(trials: Trials, name: str, low: int, high: int, *, again_pps: int) -> Answer:
    """The answer, with its certificate, from the rates that pass and fail (0: there is none); `again_pps`: a higher rate that passes."""
    passing, failing = (trials.run(rate, runs_of(trials)) if rate else None for rate in (low, high))
    reasons: tuple[str, ...] = ()
    if failing is not None:
        offered, lost = counts(failing)
        reasons = (f"{lost:,} of {offered:,} packets lost, over {GOALS[name]:.1%}",)
        reasons += (f"{_rate(again_pps)} passes again",) if again_pps else ()
    sure = not any(_holds(end, GOALS[name]) for end in (passing, failing))
    count, packets = len(trials.known), trials.packets
    return Answer(trials.series, name, passing, failing, Verdict(False, reasons), sure, count, packets, _rate)


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
