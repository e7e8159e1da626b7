"""Which idle states a host may use: what people set, turned into states of a host.

1. A word stands for a limit: none, the first state only, no state at all, or a latency.
2. A `tuned` profile asks for the latency of a numbered state (0 is POLL), or for a fixed one where the host has no such
   state. States with a larger exit latency are then not chosen.

*Scope*: the kernel's and tuned's defaults; the governor that chooses among the allowed states is the engines'.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.citation import Citation, Cited
from simulator.costs.model import Host, IdleState
from simulator.costs.readings import readings
from simulator.errors import unknown

_PS_PER_US = 10**6
FIRST_EXPECTED_PS = 50_000 * _PS_PER_US
_KERNEL = Citation(
    "Linux kernel parameters: intel_idle.max_cstate, processor.max_cstate, idle",
    "https://docs.kernel.org/admin-guide/kernel-parameters.html",
    "any",
    "max_cstate=1 leaves C1; idle=poll none",
    "high",
)


@dataclass(frozen=True, slots=True)
class Word:
    """What a user sets. ``limit``: ``none``, ``first`` = C1 only, ``poll`` = no state, ``latency`` = that of ``state``,
    or ``otherwise_us`` where the host has no such state."""

    name: str
    limit: Literal["none", "first", "poll", "latency"]
    meaning: str
    source: Citation
    state: int = 0
    otherwise_us: int = 0


def _tuned(name: str, state: int, place: int, meaning: str) -> Word:
    reading = readings()["tuned_latency"]
    return Word(name, "latency", meaning, reading.citation, state, int(reading.values[place]))


def words() -> dict[str, Word]:
    """All words, by name."""
    tuned = readings()["tuned_latency"].citation
    found = (
        Word("default", "none", "every state of the host", _KERNEL),
        Word("c1", "first", "intel_idle.max_cstate=1: C1 only", _KERNEL),
        Word("poll", "poll", "idle=poll: no state, the core spins", _KERNEL),
        _tuned("latency-performance", 1, 0, "tuned: latency of state 1, else 3 us"),
        _tuned("network-latency", 1, 0, "tuned: as latency-performance, which it includes"),
        Word("throughput-performance", "none", "tuned: sets no limit", tuned),
        _tuned("virtual-host", 3, 1, "tuned: latency of state 3, else 70 us"),
    )
    return {word.name: word for word in found}


def first_exit(host: Host, word: str) -> tuple[str, Cited] | None:
    """What a core that has been idle since the start leaves, and the time that it takes; None if it does not sleep.

    The governor has seen no idle period yet and expects one of 50 ms (docs/reference/plan.md, 7.1).
    """
    states = allowed(host, word)
    if states:
        fitting = [state for state in states if state.residency.value <= FIRST_EXPECTED_PS]
        chosen = fitting[-1] if fitting else states[0]
        return chosen.name, chosen.leave
    return None if host.idle_states or word == "poll" else ("idle", host.cost("h_idle_exit"))


def allowed(host: Host, word: str) -> tuple[IdleState, ...]:
    """States of the host that the word allows, shallow to deep. An unknown word is an ``InputError`` with the choices."""
    table = words()
    if word not in table:
        raise unknown("host.idle", "idle word", word, tuple(table))
    chosen, states = table[word], host.idle_states
    if chosen.limit == "latency":
        limit_ps = chosen.otherwise_us * _PS_PER_US
        if chosen.state <= len(states):
            limit_ps = states[chosen.state - 1].latency.value
        return tuple(state for state in states if state.latency.value <= limit_ps)
    return {"none": states, "first": states[:1], "poll": ()}[chosen.limit]
