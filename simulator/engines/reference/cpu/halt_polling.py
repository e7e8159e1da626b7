"""How long a halted vCPU waits awake: longer after halts that polling nearly covered, shorter after long ones.

*Scope*: kvm_main.c, grow_halt_poll_ns and shrink_halt_poll_ns.
*Validation*: conformance vectors of growth and shrinking.
"""

from __future__ import annotations

from simulator.plan import model


class HaltPolling:
    """The limit of one vCPU, which starts at 0, and when its last halt began."""

    def __init__(self, data: model.Executor) -> None:
        self.limit_ps = 0
        self.halted_ps = 0
        self._data = data

    def adapt(self, now_ps: int) -> None:
        """Learn from a halt that ends now."""
        data, halt_ps = self._data, now_ps - self.halted_ps
        most_ps = data.halt_poll_max_ps
        if most_ps == 0 or halt_ps <= self.limit_ps:
            return
        if self.limit_ps > 0 and halt_ps > most_ps:
            self.limit_ps = self._shrunk_ps()
        elif self.limit_ps < most_ps and halt_ps < most_ps:
            grown_ps = max(data.halt_poll_grow_start_ps, self.limit_ps * data.halt_poll_grow)
            self.limit_ps = min(most_ps, grown_ps)

    def _shrunk_ps(self) -> int:
        if self._data.halt_poll_shrink == 0:
            return 0
        shrunk_ps = self.limit_ps // self._data.halt_poll_shrink
        return shrunk_ps if shrunk_ps >= self._data.halt_poll_grow_start_ps else 0
