"""An answer with its certificate: the last point that passes and the first that fails, with intervals, and what limits the failing
one.

*Scope*: text and plain data. *Validation*: tests/search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator import units
from simulator.search.slo import Verdict
from simulator.search.trials import Trial

SHOWN = (("p99", "latency.p99"), ("loss", "loss_ratio"), ("delivered", "delivered_pps"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked of one series, and what was found. A bound that is None lies outside of what was searched."""

    series: str
    question: str
    passing: Trial | None
    failing: Trial | None
    why: Verdict
    """Of the failing one."""
    sure: bool
    trials: int
    packets: int
    form: Callable[[Any], str] = str
    """How a value is written."""

    @property
    def value(self) -> Any:
        """The largest (or smallest) value that passes; None if none does."""
        return None if self.passing is None else self.passing.value

    def text(self) -> str:
        """The answer and its certificate, in lines."""
        found = "none" if self.passing is None else self.form(self.value)
        lines = [f"{self.series}: {self.question}: {found}"]
        for name, trial in (("last that passes", self.passing), ("first that fails", self.failing)):
            lines.append(f"  {name}: {_shown(trial, self.form)}")
        if self.failing is not None:
            lines.append(f"  why: {'; '.join(self.why.reasons)}")
            if self.failing.entry is not None:
                lines.append(f"  limit there: {self.failing.entry['bottleneck']}")
        chance = "" if self.sure else "; chance could move it: an interval of a bound holds the limit"
        return "\n".join([*lines, f"  {self.trials} trials, {self.packets:,} packets{chance}"])

    def to_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "series": self.series,
            "question": self.question,
            "answer": self.value,
            "passing": _data(self.passing),
            "failing": _data(self.failing),
            "reasons": list(self.why.reasons),
            "bottleneck": self.failing.entry["bottleneck"] if self.failing and self.failing.entry else None,
            "sure": self.sure,
            "trials": self.trials,
            "packets": self.packets,
        }


def table(answers: Sequence[Answer]) -> str:
    """All answers, one under the other."""
    return "\n".join(answer.text() for answer in answers)


def _data(trial: Trial | None) -> dict[str, Any] | None:
    if trial is None:
        return None
    if trial.entry is None:
        return {"value": trial.value, "fault": trial.fault}
    return {"value": trial.value, "entry": trial.entry}


def _shown(trial: Trial | None, form: Callable[[Any], str]) -> str:
    if trial is None:
        return "outside of what was searched"
    if trial.entry is None:
        return f"{form(trial.value)}, which cannot be built"
    return f"{form(trial.value)} ({', '.join(_number(trial.entry, *pair) for pair in SHOWN)})"


def _number(entry: Mapping[str, Any], name: str, metric: str) -> str:
    group, _, part = metric.partition(".")
    value = entry["latency_us"][part] if part else entry[group]
    forms: dict[str, Callable[[float], str]] = {
        "p99": lambda us: units.format_time(us * 10**6),
        "loss": lambda share: units.format_ratio(share * 10**6),
        "delivered": lambda pps: units.format_packet_rate(pps * 1000),
    }
    if value is None:
        return f"{name} unknown"
    found = entry["ranges"].get(metric) or {}
    low, high = found.get("low"), found.get("high")
    shown = forms[name]
    between = (
        f" [{shown(max(0.0, low))} to {shown(high)}]" if low is not None and high is not None and high > low else ""
    )
    return f"{name} {shown(value)}{between}"
