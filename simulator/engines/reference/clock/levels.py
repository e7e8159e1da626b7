"""How many of something are held: the integral over time and the maximum.

*Scope*: what queues and locks count. *Validation*: conformance vectors of waiting sums.
"""

from __future__ import annotations

from simulator.engines.reference.clock.world import World


class Level:
    """How many of something are held: maximum since the window began and time integral (count * ps)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held = 0
        self._integral = 0
        self._since_ps = 0
        self.maximum = 0

    def change(self, by: int) -> None:
        """``by`` more (or fewer) are held from now on."""
        self._integral = self.integral()
        self._since_ps = self._world.now_ps
        self._held += by
        if by > 0:
            self.maximum = max(self.maximum, self._held)

    def integral(self) -> int:
        """The time integral from the beginning of the window to now."""
        return self._integral + self._held * (self._world.now_ps - self._since_ps)

    def begin_window(self) -> None:
        """Start the integral again at zero and the maximum at what is held."""
        self.maximum = self._held
        self._integral = 0
        self._since_ps = self._world.now_ps
