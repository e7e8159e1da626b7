"""Imported once by the process that worker processes are copied from: everything that a point needs, the kernel ready to run.

*Scope*: an import with an effect, for that one purpose. *Validation*: tests/unit/test_sweeps.py.
"""

from __future__ import annotations

from simulator.study.runs import warm_up
from simulator.study.sweeps import worker

__all__ = ["worker"]

warm_up("compiled")
