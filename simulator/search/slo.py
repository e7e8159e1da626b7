"""What a point has to keep: ``p99 < 100 us and loss < 1e-4 and steady``.

1. Parts are joined by ``and``; each is a threshold of a scenario, with short names for latencies and loss.
2. A point keeps it if it shows a steady state and no part is broken. Where the 95 % interval of a number holds the limit, the verdict
   could be the other one by chance: it is *not sure*.

*Scope*: numbers of a point as a whole. *Validation*: tests/search/test_slo.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simulator.errors import InputError, ScenarioErrors
from simulator.metrics import METRICS
from simulator.scenario import Threshold, parse_threshold
from simulator.scenario.limits import BASE_UNITS
from simulator.study import limits

SHORT = {name.removeprefix("latency."): name for name in METRICS if name.startswith("latency.")} | {
    "loss": "loss_ratio"
}
EXAMPLE = "p99 < 100 us and loss < 1e-4 and steady"
_WORD = re.compile(r"[a-z][a-z0-9_.]*")
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a point keeps what is asked, why not, and whether chance could turn it."""

    kept: bool
    reasons: tuple[str, ...] = ()
    sure: bool = True


def parse(text: str) -> tuple[Threshold, ...]:
    """The thresholds that a text asks for. Raises InputError with the faulty part."""
    found = []
    for part in re.split(r"\s+and\s+", text.strip()):
        word = _WORD.match(part.strip())
        name = word[0] if word else ""
        found.append((SHORT.get(name, name), part.strip()[len(name) :]))
    try:
        thresholds = tuple(parse_threshold(f"{name}{rest}") for name, rest in found)
        limits.check([threshold.text for threshold in thresholds], [])
    except ScenarioErrors as error:
        raise ScenarioErrors([fault.at(f"--slo: {fault.place.partition(': ')[2]}") for fault in error.errors]) from None
    except InputError as error:
        raise type(error)("--slo", f"{error.message}; such as '{EXAMPLE}'", error.value) from None
    return thresholds


def verdict(thresholds: Sequence[Threshold], entry: Entry) -> Verdict:
    """What a finished point says."""
    reasons = limits.breaches(thresholds, [entry])
    sure = all(_sure(threshold, entry) for threshold in thresholds)
    return Verdict(not reasons, tuple(reasons), sure)


def _sure(threshold: Threshold, entry: Entry) -> bool:
    found = entry["ranges"].get(threshold.metric) or {}
    low, high = found.get("low"), found.get("high")
    if low is None or high is None or (threshold.dimension is None and METRICS[threshold.metric].unit == "bool"):
        return True
    unit = METRICS[threshold.metric].unit
    factor = BASE_UNITS[unit][1] if threshold.dimension is not None else 1
    return threshold.holds(Fraction(low) * factor) == threshold.holds(Fraction(high) * factor)
