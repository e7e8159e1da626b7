"""Which input a hardware engine serves next, by order, in turn, or by deficit round robin; shapers have a veto.

1. Inputs of one share (the queues of one function) take turns as one, and among each other.
2. Choosing commits to nothing: only ``served`` moves pointers and deficits, so an engine may choose and then have to
   wait.
3. Deficit round robin: a visit to a backlogged share adds its quantum once; the share is served while its deficit
   lasts; an empty share forgets its deficit, one that is held by its shapers keeps it and gets nothing.

*Scope*: arbitration between the VFs of one port (devlink-port rates). *Validation*: conformance vectors of each rule.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.inputs import Input
from simulator.plan.model import NONE

Eligible = Callable[[int], bool]


class Shares:
    """The inputs of an engine by share, and who was served last."""

    def __init__(self, inputs: list[Input]) -> None:
        found: dict[tuple[bool, int], list[int]] = {}
        for index, item in enumerate(inputs):
            alone = item.data.share == NONE
            found.setdefault((alone, index if alone else item.data.share), []).append(index)
        self.inputs = inputs
        self.members = list(found.values())
        self._last = [-1] * len(self.members)
        """Position of the input served last in each share."""
        self._last_share = -1

    def __len__(self) -> int:
        return len(self.members)

    def has_packets(self, share: int) -> bool:
        """Whether one of its inputs has."""
        return any(self.inputs[index].visible for index in self.members[share])

    def offer(self, share: int, eligible: Eligible) -> int | None:
        """The input of that share whose turn it is, if one may go."""
        members = self.members[share]
        for step in range(len(members)):
            index = members[(self._last[share] + 1 + step) % len(members)]
            if eligible(index):
                return index
        return None

    def in_turn(self, eligible: Eligible) -> int | None:
        """The first offer from the share after the one served last."""
        for step in range(len(self)):
            index = self.offer((self._last_share + 1 + step) % len(self), eligible)
            if index is not None:
                return index
        return None

    def served(self, index: int) -> None:
        """The head of that input goes."""
        for share, members in enumerate(self.members):
            if index in members:
                self._last[share] = members.index(index)
                self._last_share = share


class Deficits:
    """State of deficit round robin over ``shares``."""

    def __init__(self, shares: Shares, quantum_bytes: int) -> None:
        self._shares = shares
        self._quantum_bytes = quantum_bytes
        self._deficits_bytes = [0] * len(shares)
        self._pointer = 0
        self._fresh = False
        """Whether the share at the pointer has had its quantum in this visit."""

    def choose(self, eligible: Eligible) -> int | None:
        """The index of the input whose head goes next; None if nothing may go."""
        in_vain = 0
        while in_vain < len(self._shares):
            index = self._shares.offer(self._pointer, eligible)
            if index is not None:
                in_vain = 0
                if self._head_may_go(self._shares.inputs[index]):
                    return index
            else:
                in_vain += 1
                if not self._shares.has_packets(self._pointer):
                    self._deficits_bytes[self._pointer] = 0
            self._advance()
        return None

    def _head_may_go(self, candidate: Input) -> bool:
        if not self._fresh:
            first = self._shares.members[self._pointer][0]
            self._deficits_bytes[self._pointer] += self._quantum_bytes * self._shares.inputs[first].weight
            self._fresh = True
        return candidate.head.length_bytes <= self._deficits_bytes[self._pointer]

    def _advance(self) -> None:
        self._pointer = (self._pointer + 1) % len(self._shares)
        self._fresh = False

    def served(self, packet: Packet) -> None:
        """The head of the chosen input goes."""
        self._deficits_bytes[self._pointer] -= packet.length_bytes
