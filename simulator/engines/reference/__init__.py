"""The reference engine: the plan's text as readable classes on SimPy's clock, one per primitive.

*Scope*: made to be read and stepped through, not for speed.
*Validation*: the compiled engine agrees with it bit by bit.
"""

from simulator.engines.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
