"""Paths side by side: what cannot be measured, what was simulated, what it costs.

*Scope*: the series of one scenario, or the datapaths of the project. *Validation*: tests/decide.
"""

from __future__ import annotations

from simulator.decide.paths import Choice, decide, table, to_json

__all__ = ["Choice", "decide", "table", "to_json"]
