"""Which input a hardware engine serves next, by order, in turn, or by deficit round robin; shapers have a veto.

1. Choosing commits to nothing: only ``served`` moves pointers and deficits, so an engine may choose and then have to
   wait.
2. Deficit round robin: a visit to a backlogged input adds its quantum once; the input is served while its deficit
   lasts; an empty input forgets its deficit, one that is held by its shaper keeps it and gets nothing.

*Scope*: arbitration between the VFs of one port (devlink-port rates). *Validation*: conformance vectors of each rule.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.inputs import Input


class Deficits:
    """State of deficit round robin over ``inputs``."""

    def __init__(self, inputs: list[Input], quantum_bytes: int) -> None:
        self._inputs = inputs
        self._quantum_bytes = quantum_bytes
        self._deficits_bytes = [0] * len(inputs)
        self._pointer = 0
        self._fresh = False
        """Whether the input at the pointer has had its quantum in this visit."""

    def choose(self, conforms: Callable[[Input], bool]) -> int | None:
        """The index of the input whose head goes next; None if nothing may go."""
        in_vain = 0
        while in_vain < len(self._inputs):
            candidate = self._inputs[self._pointer]
            if candidate.visible and conforms(candidate):
                in_vain = 0
                if self._head_may_go(candidate):
                    return self._pointer
            else:
                in_vain += 1
                if not candidate.visible:
                    self._deficits_bytes[self._pointer] = 0
            self._advance()
        return None

    def _head_may_go(self, candidate: Input) -> bool:
        if not self._fresh:
            self._deficits_bytes[self._pointer] += self._quantum_bytes * candidate.data.weight
            self._fresh = True
        return candidate.head.length_bytes <= self._deficits_bytes[self._pointer]

    def _advance(self) -> None:
        self._pointer = (self._pointer + 1) % len(self._inputs)
        self._fresh = False

    def served(self, packet: Packet) -> None:
        """The head of the chosen input goes."""
        self._deficits_bytes[self._pointer] -= packet.length_bytes
