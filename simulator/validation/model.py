"""A measured point, the file it stands in, and what was predicted for it.

*Scope*: frozen data and the few numbers that follow from one point alone. *Validation*: ``tests/validation/test_score.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ROLES = ("validation", "trend", "calibration", "qualitative")
LEAST_RATIO = 1e-3
"""A prediction of nothing counts as this share of what was measured: the logarithm of 0 says nothing."""
MODEL_UNITS = {"us": 1.0, "ns": 1000.0, "packets/s": 1.0, "Gbit/s": 1e-9, "%": 100.0, "1": 1.0, "cycles/B": 1.0}
"""Unit of a point -> what the model's own unit (us, packets/s, bit/s, share) is multiplied by."""


@dataclass(frozen=True, slots=True)
class Point:
    """One published number. ``rule`` says what is taken from ``scenario``; without one, ``reason`` or ``same_as`` says why."""

    id: str
    group: str
    role: str
    source: str
    testbed: str
    path: str
    metric: str
    value: float
    unit: str
    workload: str
    where: str
    confidence: str
    place: str
    """File and line."""
    frame_bytes: int | None = None
    """Size of the frames with FCS, if there is one."""
    curve: str = ""
    """``trend`` points of one curve are scored by its shape."""
    scenario: str = ""
    settings: tuple[str, ...] = ()
    rule: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False
    """A loss in per cent, compared as what is left of 100 %."""
    reason: str = ""
    same_as: str = ""
    rests_on: str = ""
    """Scenario, settings and rule as text: points with the same rest on one number and share one count."""

    @property
    def measured(self) -> float:
        """The value that predictions are compared with."""
        return 100 - self.value if self.kept else self.value

    @property
    def is_scored(self) -> bool:
        """Whether it belongs to the score."""
        return self.role == "validation"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: a group of points that count once."""

    group: str
    title: str
    citations: Mapping[str, str]
    testbeds: Mapping[str, Mapping[str, Any]]
    mapping: str
    differs: tuple[str, ...]
    findings: Mapping[str, str]
    """Pattern of ids -> why these points are off, and where in the model that is."""
    scenarios: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, str]
    points: tuple[Point, ...]

    def finding(self, point: Point) -> str:
        """Why a point is off, as far as that is known."""
        return next((text for pattern, text in self.findings.items() if fnmatchcase(point.id, pattern)), "")


@dataclass(frozen=True, slots=True)
class Prediction:
    """A point with what the model says, in the point's unit; ``error`` if nothing could be said."""

    point: Point
    value: float | None
    error: str = ""
    low: float | None = None
    high: float | None = None
    """The 90 % interval over the ranges of the costs, where it was computed."""
    least: float | None = None
    most: float | None = None
    """The 90 % predictive interval: costs, and how wrong the model has been on other test-beds."""

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        assert self.value is not None
        return max(self.value / self.point.measured, LEAST_RATIO)

    @property
    def log_ratio(self) -> float:
        """Natural logarithm of the ratio: 0 is right, ln 2 a factor of two."""
        return math.log(self.ratio)

    @property
    def factor(self) -> float:
        """Deviation either way, 1 or more."""
        return math.exp(abs(self.log_ratio))
