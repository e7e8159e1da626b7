"""How far each cost may be from its value: a distribution for each, by its status, and a machine drawn from them.

1. A cost's factor has a triangular density over the logarithm: highest at its value, nothing beyond its ends.
2. The ends are those of its sources, and no nearer than its status allows (``LEAST``): a source's own range says how far
   readings lie apart, not how far another machine is from where they were read.
3. Costs that are one work under two names (a twin is ``h_x`` for ``g_x``) move together; so do all idle states of a core.
4. Of an adapter its latencies and limits move. Facts that somebody sets (rings, moderation, clocks) do not.

The spread from packet to packet stays, in proportion: it is chance, and not what is unknown.

*Scope*: times, times per byte, latencies and limits; what the model leaves out has no range.
*Validation*: ``tests/unit/test_uncertainty.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from simulator.citation import Cited, Status
from simulator.costs.model import Host, Nic

LEAST: dict[Status, float] = {"measured": 1.1, "cited": 1.1, "derived": 1.1, "borrowed": 1.5, "assumed": 2.0}
"""Status -> factor by which a value may be off at least, either way. ``assumed`` was read nowhere: half to double."""
MOVING_UNITS = ("ps", "fs/B")
NIC_FACTS = (
    "rx_latency",
    "tx_latency",
    "switch_lat",
    "max_rx_pps",
    "max_tx_pps",
    "max_device_pps",
    "max_vf_pps",
    "max_switch_pps",
)
IDLE = "idle.leave"
"""What leaving an idle state takes, all states together."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A cost that may be off: its name, the weakest status behind it, and the ends as factors of its value."""

    name: str
    status: Status
    low: float
    high: float

    def factor(self, share: float) -> float:
        """The factor below which ``share`` (0 to 1) of the distribution lies."""
        down, up = -math.log(self.low), math.log(self.high)
        middle = down / (down + up)
        if share <= middle:
            return math.exp(-down + math.sqrt(share * (down + up) * down))
        return math.exp(up - math.sqrt((1 - share) * (down + up) * up))


def unknowns(host: Host, nic: Nic) -> tuple[Unknown, ...]:
    """Everything that may be off on a machine, by name."""
    entries = {
        name: cost for name, cost in host.costs.items() if cost.unit in MOVING_UNITS and not _is_twin(host, cost)
    }
    entries |= {f"nic.{name}": nic.facts[name] for name in NIC_FACTS}
    found = [_unknown(name, (entry,)) for name, entry in entries.items() if entry.value]
    if host.idle_states:
        found.append(_unknown(IDLE, tuple(state.leave for state in host.idle_states)))
    return tuple(found)


def _is_twin(host: Host, cost: Cited) -> bool:
    return cost.formula in host.costs


def _unknown(name: str, entries: tuple[Cited, ...]) -> Unknown:
    order: list[Status] = ["measured", "cited", "derived", "borrowed", "assumed"]
    status = max((entry.status for entry in entries), key=order.index)
    low = min(min(entry.low / entry.value for entry in entries), 1 / LEAST[status])
    high = max(max(entry.high / entry.value for entry in entries), LEAST[status])
    return Unknown(name, status, max(low, 1e-3), high)


def host_drawn(host: Host, factors: Mapping[str, float]) -> Host:
    """The host with its costs times their factors; without factors the host itself."""
    if not factors:
        return host
    costs = {name: _times(cost, factors.get(_own_name(host, name), 1.0)) for name, cost in host.costs.items()}
    leave = factors.get(IDLE, 1.0)
    states = tuple(replace(state, leave=_times(state.leave, leave)) for state in host.idle_states)
    return replace(host, costs=MappingProxyType(costs), idle_states=states)


def nic_drawn(nic: Nic, factors: Mapping[str, float]) -> Nic:
    """The adapter with its latencies and limits times their factors; without factors the adapter itself."""
    if not factors:
        return nic
    facts = {name: _times(fact, factors.get(f"nic.{name}", 1.0)) for name, fact in nic.facts.items()}
    return replace(nic, facts=MappingProxyType(facts))


def _own_name(host: Host, name: str) -> str:
    """The name under which a cost moves: that of its twin's original."""
    while host.costs[name].formula in host.costs:
        name = host.costs[name].formula
    return name


def _times(entry: Cited, factor: float) -> Cited:
    if factor == 1.0:
        return entry
    value, low, high = (round(getattr(entry, end) * factor) for end in ("value", "low", "high"))
    return replace(entry, value=value, low=low, high=high)
