"""Searches for an answer instead of a number: throughput without loss, how many guests, how few cores, which machine.

*Scope*: one quantity of a scenario, its series one by one. *Validation*: tests/search.
"""

from __future__ import annotations

from simulator.search.answer import Answer
from simulator.search.machines import cheapest
from simulator.search.numbers import fewest, most
from simulator.search.throughput import ndr_and_pdr, onset

__all__ = ["Answer", "cheapest", "fewest", "most", "ndr_and_pdr", "onset"]
