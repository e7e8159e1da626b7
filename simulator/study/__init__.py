"""Scenario -> results: run, replicate, compare; intervals, thresholds, provenance; and whether the engines agree.

>>> from simulator.study import compare
>>> compare("textbook-one-packet").exit_code
0

*Scope*: studies on one machine. *Validation*: tests/unit/test_study*.py, tests/theory.
"""

from __future__ import annotations

from simulator.study.agreement import doctor
from simulator.study.comparison import Comparison
from simulator.study.execute import compare
from simulator.study.point import PointResult, run_point

__all__ = ["Comparison", "PointResult", "compare", "doctor", "run_point"]
