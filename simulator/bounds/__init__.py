"""What no run can exceed, from the plan alone and in milliseconds: utilisation law, saturation point, bottleneck, next bottleneck.

>>> from simulator.bounds import bound
>>> from simulator.scenario import load, points
>>> from simulator.scenario.build import build
>>> found = bound(build(points(load("textbook-one-packet"))[0].scenario))
>>> found.saturation_pps >= found.throughput_pps
True

*Scope*: throughput. *Validation*: tests/bounds.
"""

from __future__ import annotations

from simulator.bounds.capacity import Bound, Limit, bound

__all__ = ["Bound", "Limit", "bound"]
