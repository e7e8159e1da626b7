"""A bug that a test plants in the kernel's source: edits, and who must notice them.

*Scope*: how a bug is written down and built. *Validation*: ``test_planted_bugs``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from simulator.plan import slots
from tests.engines.twin import Edits, TwinEngine, load, load_slots

Build = Callable[..., TwinEngine]
PATIENCE: Edits = (("if m[H_RUNS] > 1_000_000:", "if m[H_RUNS] > 20_000:"),)
"""A bug may loop at one instant; no plan here needs that many handler runs at one."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One planted bug.

    ``vectors`` notice it; so many random ``plans``, from seed 0, are enough (0: random plans do not reach it, ``why``).
    """

    name: str
    vectors: tuple[str, ...]
    plans: int
    kernel: Edits = ()
    slots: Edits = ()
    why: str = ""

    def code(self) -> ModuleType:
        """The kernel with the bug."""
        return load(PATIENCE + self.kernel, checked=True)

    def build(self) -> Build:
        """What makes an engine that has the bug."""
        return functools.partial(TwinEngine, code=self.code(), numbers=load_slots(self.slots) if self.slots else slots)
