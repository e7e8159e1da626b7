"""Random plans of one function of an adapter, full of events: rings that go off while packets are held, reserved, fetched or waited for.

*Scope*: what events meet too seldom in plans of all parts. *Validation*: `test_branches` counts what they reach.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from simulator.plan.check import check
from simulator.plan.model import Event, Plan
from tests.conformance.build import build
from tests.engines.dice import Dice
from tests.engines.random_events import happening
from tests.engines.random_parts import GRID_PS

ATTEMPTS = 50
FULL = 1000
EVENTS = 60


def changing_plan(seed: int) -> tuple[Plan, int]:
    """A plan with many events and how long to run it (ps), the same for the same seed."""
    for attempt in range(ATTEMPTS):
        dice = Dice(Random(f"changing {seed} {attempt}"))
        until_ps = dice.time(300, 500)
        plan = build(f"changing{seed}", _function(dice))
        plan = happening(_flickering(plan, dice, until_ps), until_ps, f"{seed} {attempt}", EVENTS)
        if not check(plan):
            return plan, until_ps
    raise RuntimeError(f"no sound plan in {ATTEMPTS} attempts for seed {seed}")


def _flickering(plan: Plan, dice: Dice, until_ps: int) -> Plan:
    """Rings off for an instant or a step of the grid, now and then reset: what was decided just before comes out just after."""
    events: list[Event] = []
    for _ in range(20):
        source, at_ps = dice.random.randrange(len(plan.sources)), dice.random.randrange(until_ps // GRID_PS) * GRID_PS
        events += [Event(at_ps, "source", source, 0, 0), Event(at_ps + dice.time(0, 30), "source", source, 0, 1)]
        events.append(
            Event(dice.random.randrange(until_ps // GRID_PS) * GRID_PS, "rate", 0, 0, dice.pick(0, 10**9, 8 * 10**9))
        )
    for _ in range(110):
        ring = dice.random.randrange(len(plan.rings))
        at_ps = dice.random.randrange(until_ps // GRID_PS) * GRID_PS
        events.append(Event(at_ps, "ring", ring, 0, 0))
        events.append(Event(at_ps + dice.time(0, 3), "ring", ring, 0, 1))
        if plan.rings[ring].remote and dice.pick(True, False):
            events.append(Event(at_ps + dice.time(0, 1), "reset", ring))
    return replace(plan, events=tuple(sorted(events, key=lambda event: event.at_ps)))


def _function(d: Dice) -> dict[str, dict[str, Any]]:
    holds = {"hold_group": d.pick(1, 2, 3), "hold_ps": d.pick(-1, d.time(2, 9))}
    rule = d.pick({}, {"kind": "coal", "adapt": "classes", "adapt_args": [GRID_PS // 100_000, 4, 9]})
    engine = d.pick({"select": "switch", "switch": 0, "from": ["f"]}, {"from": [{"of": "f", "shaper": "limit"}]})
    return {
        "s": d.source("f", 1, 7, max_packets=300), "sw": {"is": "source", "kind": "window", "to": "w", "window": d.pick(2, 5), "ack_every": d.pick(1, 2),
            "timeout_ps": d.time(6, 20), "stop_ps": d.time(150, 300)},
        "sr": {"is": "source", "kind": "rr", "to": "f", "think": d.times(0, 6), "timeout_ps": d.time(6, 30), "stop_ps": d.time(150, 300)},
        "st": d.source("q", 0, 5, max_packets=300),
        "out": {"is": "sink"}, "peer": {"is": "sink", "reply_link": "back"},
        "back": {"is": "link", "to": "home", "propagation_ps": d.time(0, 3)}, "home": {"is": "sink"},
        "w": {"is": "link", "to": "peer", "propagation_ps": d.time(0, 4)},
        "up": {"is": "link", "propagation_ps": d.time(0, 3), **d.pick({}, {"ps_per_byte": FULL})},
        "down": {"is": "link", "propagation_ps": d.time(0, 3)},
        "d": {"is": "dma", "up": "up", "down": "down", "memory_ps": d.time(0, 4)},
        "wire": {"is": "link", "to": "peer", "ps_per_byte": d.pick(500, FULL)},
        "f": {"is": "fifo", "capacity": d.pick(3, 8)},
        "q": {"is": "fifo", "capacity": 8, "gate": "flag g"},
        "app": {"is": "fifo", "capacity": d.pick(1, 2), "full": "block",
            "gate": {"mode": "always", "cost": d.time(0, 4), **d.pick({"wake": "a"}, {"irq": "ra"})}},
        "buffer": {"is": "fifo", "capacity": d.pick(1, 4), "full": "block"},
        "rx": {"is": "ring", "size": d.pick(2, 3, 8), "remote": True, "dma": "d", "moderator": "m", "descriptor_bytes": d.pick(0, 16),
            "avail_gate": {"mode": "always", "doorbell": "rx", "cost": d.time(0, 3)}, **holds},
        "tx": {"is": "ring", "kind": "tx", "size": d.pick(2, 4), "remote": True, "dma": "d", "moderator": "i", "fetch_max": d.pick(0, 1, 4),
            "writeback_group": d.pick(1, 1, 3), "wake_free": d.pick(1, 2), "avail_gate": {"mode": "always", "doorbell": "tx"}},
        "m": {"is": "moderator", "route": "r", "dma": "d", "interval_ps": d.time(0, 6), **rule},
        "i": {"is": "moderator", "route": "ri", "dma": "d"},
        "r": {"is": "route", "mode": "native", "core": "c", "worker": "n", "hardirq_ps": d.time(0, 2)},
        "ri": {"is": "route", "mode": "native", "core": "k", "worker": "z"},
        "ra": {"is": "route", "mode": "native", "core": "k", "worker": "a"},
        "limit": {"is": "shaper", "ps_per_byte": d.pick(FULL, 2 * FULL), "burst_bytes": d.pick(0, 600)},
        "sh": {"is": "switch", "macs": 4, "table": [d.pick(0, 1, -1) for _ in range(4)], "ports": [[0, 1], [1, 1]], "default_port": d.pick(0, 1)},
        "c": {"is": "core"}, "k": {"is": "core"},
        "t": {"is": "thread", "by": "k"}, "ta": {"is": "thread", "by": d.pick("c", "k")}, "tz": {"is": "thread", "by": "k"},
        "e": {"is": "worker", "kind": "hw", **engine, "packet_ps": d.time(0, 2),
            "into": [{"of": "rx", "full": d.pick("block", "block", "drop")}, {"of": "rx", "full": "block", "room_ps": d.time(0, 2)}]},
        "n": {"is": "worker", "kind": "soft", "by": "c", "from": ["rx"], "into": [{"of": "app", "publish_every": d.pick(1, 9)}], "refill_ring": "rx",
            "packet_ps": d.time(0, 3), "refill_chunk": d.pick(1, 4), "chunk": d.pick(1, 2)},
        "a": {"is": "worker", "kind": "task", "by": "ta", "from": ["app"], "into": ["out", {"of": "tx", "full": "block"}], "select": "endpoint",
            "packet_ps": d.time(0, 6)},
        "g": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": [{"of": "tx", "full": d.pick("block", "block", "drop")}],
            "packet_ps": d.time(0, 2), "chunk": d.pick(1, 2)},
        "z": {"is": "worker", "kind": "task", "by": "tz", "reap_ring": "tx", "reap_ps": d.time(0, 2)},
        "h": {"is": "worker", "kind": "hw", "from": [{"of": "tx", "shaper": "limit"}], "into": [{"of": "d", "fifo": "buffer"}], "packet_ps": d.time(0, 1)},
        "x": {"is": "worker", "kind": "hw", "from": ["buffer"], "into": [{"of": "wire", "room_ps": d.time(0, 2)}], "packet_ps": d.time(0, 1)},
    }  # fmt: skip
