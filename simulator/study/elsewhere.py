"""As wrong as this model has been elsewhere: how far published measurements lay from its predictions, as an interval on an answer.

1. Metrics are of a few kinds (``KINDS``): rates, latencies, their tails, CPU.
2. ``elsewhere.json``, which the command that records the validation writes, has for each kind the 5 % and the 95 % quantile of measured over
   predicted; every test-bed counts once.
3. An answer times both is where a measurement would lie in nine cases of ten, if the asker's machine and question are to the model
   what those test-beds were.

The answer itself is not moved: a model that is too fast on the whole stays so, and its interval reaches farther up than down.

*Scope*: metrics of those kinds; shares lost have none. Whether it holds is measured on test-beds left out
(``simulator.validation.elsewhere``). *Validation*: ``tests/validation/test_elsewhere.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("elsewhere.json")
KINDS = {
    "rate": ("delivered_pps", "throughput_bps"),
    "latency": ("latency.min", "latency.p25", "latency.mean", "latency.p50", "latency.p90"),
    "tail": ("latency.p99", "latency.p99.9", "latency.p99.99", "latency.max"),
    "CPU": ("host_cores_busy", "host_work_cores", "guest_cores_busy", "guest_work_cores", "cores", "cycles_per_byte"),
}
"""Kind -> the metrics that are of it."""
_KIND = {metric: kind for kind, metrics in KINDS.items() for metric in metrics}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Measured over predicted of one kind: both quantiles, from how many points of how many test-beds."""

    low: float
    high: float
    points: int
    groups: int


def kind_of(metric: str) -> str:
    """The kind of a metric; "" for one without, such as a share lost."""
    return _KIND.get(metric.removeprefix("guest.").rpartition(".")[2] if metric.startswith("guest.") else metric, "")


@cache
def stored() -> tuple[str, Mapping[str, Elsewhere]]:
    """The date of the stored table, and for each kind what is known of it."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return content["date"], {kind: Elsewhere(**found) for kind, found in content["kinds"].items()}


def ends(metric: str, value: float | None, costs: Mapping[str, float | None]) -> dict[str, float | None]:
    """``{low, high}`` of an answer: as wrong as elsewhere, and no nearer than the interval over the costs; null where there is none."""
    found = stored()[1].get(kind_of(metric))
    if found is None or value is None:
        return {"low": None, "high": None}
    low, high = costs.get("low"), costs.get("high")
    return {
        "low": value * found.low if low is None else min(low, value * found.low),
        "high": value * found.high if high is None else max(high, value * found.high),
    }


def block() -> dict[str, Any]:
    """What the intervals rest on, for a result: date, points and test-beds by kind."""
    date, kinds = stored()
    return {
        "date": date,
        "kinds": {kind: {"points": each.points, "groups": each.groups} for kind, each in kinds.items()},
    }
