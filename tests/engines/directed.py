"""Random plans around one rare mechanism each: what plans of all parts meet too seldom to be tested there.

1. A family is a small plan in the short form of the vectors whose times, modes and traffic are drawn at random.
2. A seed chooses the family in turn; an attempt that `check()` refuses is thrown away and the next one taken.

*Scope*: mechanisms that `random_plans` reaches in fewer than one plan in ten. *Validation*: `test_branches.py` counts
what they reach.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from simulator.plan import model
from simulator.plan.check import check
from simulator.plan.model import INFINITE_PS
from tests.conformance.build import build
from tests.engines.dice import Dice
from tests.engines.directed_times import adaptive, bulk, governed, hops, portions, throttled, tickless
from tests.engines.directed_traps import contended, emulated, sliced, timers
from tests.engines.random_parts import GRID_PS

Short = dict[str, dict[str, Any]]

ATTEMPTS = 100
AGE_PS = 1 << 60
"""A few of these make a sum of 62 bits."""
FULL = 1000
"""A byte's time (ps) at which 100 bytes last one step of the grid."""

SLICES = {
    "latency_ps": 24 * GRID_PS,
    "min_granularity_ps": 3 * GRID_PS,
    "wakeup_granularity_ps": 4 * GRID_PS,
    "quantum_ps": 30 * GRID_PS,
}
"""Of executors that say nothing else: the usual ones are longer than these plans run."""


def directed_plan(seed: int) -> tuple[model.Plan, int]:
    """A plan of the family whose turn it is and how long to run it (ps), the same for the same seed."""
    family = FAMILIES[seed % len(FAMILIES)]
    for attempt in range(ATTEMPTS):
        short, until_ps = family(Dice(Random(f"directed {seed} {attempt}")))
        plan = build(f"{family.__name__}{seed}", {name: _sliced(value) for name, value in short.items()})
        if not check(plan):
            return plan, until_ps if until_ps > AGE_PS else until_ps * 3 // 2
    raise RuntimeError(f"no sound plan of {family.__name__} in {ATTEMPTS} attempts for seed {seed}")


def _sliced(given: dict[str, Any]) -> dict[str, Any]:
    return {**SLICES, **given} if given["is"] in ("core", "vcpu") else given


def wires(d: Dice) -> tuple[Short, int]:
    """Nothing but links and sinks: no core and no ring to account; packets that travel for weeks, so that sums carry."""
    old = d.pick(True, False)
    ages = (AGE_PS, AGE_PS * 3 // 2, 2 * AGE_PS - GRID_PS) if old else (0, GRID_PS, 5 * GRID_PS)
    short: Short = {
        "s": d.source("near", 0, 4, backlog_ps=d.time(0, 8)),
        "w": {"is": "source", "kind": "window", "to": "far", "window": d.pick(2, 6), "ack_every": d.pick(1, 2), "max_packets": 40,
            "timeout_ps": d.time(4, 20)},
        "near": {"is": "link", "ps_per_byte": d.pick(FULL, FULL // 2), "to": "far"},
        "far": {"is": "link", "propagation_ps": d.pick(*ages), "to": "out"},
        "out": {"is": "sink"},
    }  # fmt: skip
    return short, 3 * AGE_PS if old else d.time(200, 400)


def loose(d: Dice) -> tuple[Short, int]:
    """Engines without a core: a sink that acknowledges nothing, a blocking output to a fifo that drops, a dropping one beside it."""
    short: Short = {
        "s": d.source("q", 0, 4),
        "w": {"is": "source", "kind": "window", "to": "q", "window": d.pick(2, 6), "ack_every": d.pick(1, 2), "max_packets": 60,
            "timeout_ps": d.time(2, 12), "stop_ps": d.pick(INFINITE_PS, d.time(30, 90), d.time(30, 90))},
        "out": {"is": "sink"},
        "wire": {"is": "link", "ps_per_byte": FULL, "to": "out"},
        "q": {"is": "fifo", "capacity": d.pick(4, 16)},
        "f": {"is": "fifo", "capacity": d.pick(1, 2, 3), "capacity_bytes": d.pick(0, 500)},
        "g": {"is": "fifo", "capacity": d.pick(1, 2), "full": "block", "wake_free": 1},
        "a": {"is": "worker", "kind": "hw", "from": ["q"], "into": [{"of": "f", "full": "block"}], **d.costs("packet_ps", "batch_ps")},
        "b": {"is": "worker", "kind": "hw", "from": ["f"], "into": ["g"], "packet_ps": d.time(1, 4), "policy": d.pick("order",
            "drr"), "quantum_bytes": 300},
        "c": {"is": "worker", "kind": "hw", "from": ["g"], "into": [{"of": "wire", "room_ps": d.time(0, 3)}], "packet_ps": d.time(1, 5)},
    }  # fmt: skip
    return short, d.time(150, 300)


def shaped(d: Dice) -> tuple[Short, int]:
    """Engines without a core: inputs held back to a rate, and a window that loses several packets before it hears of the first."""

    def limited(fifo: str) -> dict[str, Any]:
        return {"of": fifo, "ps_per_byte": d.pick(1000, 3000), "burst_bytes": d.pick(0, 300), "weight": d.pick(1, 2)}

    short: Short = {
        "sa": d.source("qa", 0, 9), "sb": d.source("qb", 4, 20),
        "w": {"is": "source", "kind": "window", "to": "qw", "window": d.pick(4, 8), "max_packets": 120,
            "timeout_ps": d.time(20, 60), "size": [100, 600], "stop_ps": d.pick(INFINITE_PS, d.time(100, 200))},
        "ra": {"is": "source", "kind": "rr", "to": "qw", "think": d.times(0, 6), "max_packets": d.pick(2, 5, 9), "timeout_ps": d.time(9, 40)},
        "rb": {"is": "source", "kind": "rr", "to": "qw", "think": d.times(0, 6), "max_packets": d.pick(2, 5, 9), "timeout_ps": d.time(9, 40)},
        "peer": {"is": "sink", "reply_link": "back"},
        "back": {"is": "link", "propagation_ps": d.time(1, 6), "to": "home"},
        "home": {"is": "sink"},
        "qa": {"is": "fifo", "capacity": 4}, "qb": {"is": "fifo", "capacity": 4}, "qw": {"is": "fifo", "capacity": d.pick(2, 3)},
        "h": {"is": "worker", "kind": "hw", "from": [limited("qa"), d.pick(limited("qb"), "qb")], "into": ["home"],
            "packet_ps": d.time(0, 2), "policy": d.pick("order", "rr", "drr"), "quantum_bytes": 300},
        "e": {"is": "worker", "kind": "hw", "from": ["qw"], "into": ["peer"], "packet_ps": d.time(1, 5)},
    }  # fmt: skip
    return short, d.time(200, 400)


def _polling(thread: str, *inputs: str) -> dict[str, Any]:
    return {"is": "worker", "kind": "task", "by": thread, "poll_mode": True, "label": "pmd_work", "from": list(inputs)}


def pollers(d: Dice) -> tuple[Short, int]:
    """Poll-mode workers that share a core with each other and with a task: examinations come due while another one runs."""

    def poller(thread: str, *inputs: str) -> dict[str, Any]:
        return {
            **_polling(thread, *inputs),
            "into": ["out"],
            "loop_ps": d.time(0, 3),
            "packet_ps": d.time(0, 2),
            "chunk": d.pick(1, 4),
            "policy": d.pick("order", "rr"),
        }

    short: Short = {
        "sa": d.source("fa", 1, 6), "sb": d.source("fb", 1, 6), "sc": d.source("fc", 1, 6), "st": d.source("q", 4, 20),
        "out": {"is": "sink"},
        "fa": {"is": "fifo"}, "fb": {"is": "fifo"}, "fc": {"is": "fifo", "capacity": 4},
        "q": {"is": "fifo", "gate": "flag w"},
        "c": {"is": "core", "latency_ps": d.time(2, 12), "min_granularity_ps": d.time(1, 4),
            "wakeup_granularity_ps": d.time(0, 2), "scheduler": d.pick("fair", "rr"), "quantum_ps": d.time(2, 6)},
        "t": {"is": "thread", "by": "c"}, "ta": {"is": "thread", "by": "c"}, "tb": {"is": "thread", "by": "c"},
        "tick": {"is": "tick", "by": "c", "period_ps": d.time(8, 20), "offset_ps": d.time(0, 9), "cost_ps": d.time(0, 2)},
        "a": poller("ta", "fa", "fb"), "b": poller("tb", "fc"),
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(0, 3)},
    }  # fmt: skip
    return short, d.time(150, 250)


def holders(d: Dice) -> tuple[Short, int]:
    """Poll-mode threads that hold what they put into a queue, two rings, or a queue that another one of them sends from, too."""

    def holder(thread: str, fifo: str, *outputs: str) -> dict[str, Any]:
        into = [{"of": name, "publish_every": d.pick(2, 3, 8), "full": "drop"} for name in outputs]
        which = {"select": "switch", "switch": "y", "reap_ring": "tx"} if len(outputs) > 1 else {}
        times = {"loop_ps": d.time(0, 3), "packet_ps": d.time(0, 2), "drain_ps": d.time(2, 30)}
        return {**_polling(thread, fifo), "into": into, **which, **times, "chunk": d.pick(1, 4)}

    short: Short = {
        "sa": d.source("fa", 1, 12), "sb": d.source("fb", 1, 12), "out": {"is": "sink"},
        "fa": {"is": "fifo"}, "fb": {"is": "fifo"}, "r": {"is": "fifo", "gate": "flag v"},
        "tx": {"is": "ring", "kind": "tx", "size": d.pick(4, 16), "used_gate": "never"},
        "rx": {"is": "ring", "size": d.pick(4, 16), "used_gate": {"mode": d.pick("always", "flag"), "wake": "n"}},
        "c": {"is": "core"}, "k": {"is": "core"}, "h": {"is": "core"},
        "ta": {"is": "thread", "by": "c"}, "tb": {"is": "thread", "by": d.pick("c", "k")}, "tv": {"is": "thread", "by": "h"},
        "y": {"is": "switch", "macs": 4, "table": [0, 0, 1, 2], "ports": [[0, 1], [1, 1], [2, 1]]},
        "a": holder("ta", "fa", *d.pick(("r",), ("r", "tx", "rx"))), "b": holder("tb", "fb", "r"),
        "v": {"is": "worker", "kind": "task", "by": "tv", "from": ["r"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "e": {"is": "worker", "kind": "hw", "from": ["tx"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": "soft", "by": "h", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": 1},
    }  # fmt: skip
    return short, d.time(400, 600)


def race(d: Dice) -> tuple[Short, int]:
    """Room appears while a worker that found none still pays for its notifications: it goes on instead of parking."""
    small, blocked = d.pick(1, 2), d.pick(0, 1, 1, 1, 2)
    short: Short = {
        "s": d.source("q", 0, 2, dst=d.pick([blocked, 3], [blocked, blocked, 3, 3], [0, 1, 2, 3])),
        "s2": d.source("q2", 0, 4),
        "out": {"is": "sink"},
        "q2": {"is": "fifo", "gate": "flag w2"},
        "tx2": {"is": "ring", "kind": "tx", "size": d.pick(6, 8), "used_gate": {"mode": "event", "wake": "r2", "delay_num": 3,
            "delay_den": 4}},
        "q": {"is": "fifo", "capacity": 64, "gate": "flag w"},
        "f": {"is": "fifo", "capacity": small, "full": "block"},
        "g": {"is": "fifo", "capacity": 8, "gate": {"mode": "always", "wake": "z", "cost": d.pick(0, d.time(3, 9), d.time(3, 9))}},
        "tx": {"is": "ring", "kind": "tx", "size": small, "avail_gate": "never", "used_gate": {"mode": d.pick("always", "event"),
            "wake": "r", "delay_num": d.pick(0, 3), "delay_den": 4}},
        "rx": {"is": "ring", "size": small, "avail_gate": {"mode": d.pick("always", "event"), "resume": "rx"},
            "used_gate": {"mode": d.pick("always", "flag"), "wake": "n"}},
        "c": {"is": "core"}, "k": {"is": "core"},
        "t": {"is": "thread", "by": "c"}, "tr": {"is": "thread", "by": "k"}, "tz": {"is": "thread", "by": "k"},
        "y": {"is": "switch", "macs": 4, "table": [0, 1, 2, 3], "ports": [[0, 1], [1, 1], [2, 1], [3, 1]]},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "select": "switch", "switch": "y", "packet_ps": d.time(0, 1),
              "into": ["f", "tx", "rx", {"of": "g", "publish_every": 9}], "resume_ps": d.time(0, 2), "chunk": d.pick(1, 1, 2)},
        "k2": {"is": "core"}, "t2": {"is": "thread", "by": "k2"}, "tr2": {"is": "thread", "by": "c"},
        "w2": {"is": "worker", "kind": "task", "by": "t2", "from": ["q2"], "into": [{"of": "tx2", "full": d.pick("drop", "block")}]},
        "e2": {"is": "worker", "kind": "hw", "from": ["tx2"], "into": ["out"], "packet_ps": d.time(2, 5)},
        "r2": {"is": "worker", "kind": "task", "by": "tr2", "reap_ring": "tx2", "reap_ps": d.time(0, 1)},
        "h": {"is": "worker", "kind": "hw", "from": ["f"], "into": ["out"], "packet_ps": d.time(2, 6)},
        "e": {"is": "worker", "kind": "hw", "from": ["tx"], "into": ["out"], "packet_ps": d.time(2, 6)},
        "r": {"is": "worker", "kind": "task", "by": "tr", "reap_ring": "tx"},
        "n": {"is": "worker", "kind": "soft", "by": "k", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": 1,
            "packet_ps": d.time(2, 6)},
        "z": {"is": "worker", "kind": "task", "by": "tz", "from": ["g"], "into": ["out"]},
    }  # fmt: skip
    return short, d.time(300, 500)


def sleepy(d: Dice) -> tuple[Short, int]:
    """A guest that is idle for longer and longer and then very long: halt polling grows, shrinks and ends for another thread."""
    short = [d.time(step, step + 3) for step in (3, 5, 8, 12)]
    limit = d.time(14, 24)
    vcpu = d.costs("exit_ps", "hlt_ps", "block_ps", "wake_ps", "poll_exit_ps", high=2)
    short_form: Short = {
        "s": d.source("f", 0, 0, gap=[*short, *d.pick(1, 2) * [limit + d.time(8, 30)]], max_packets=300),
        "st": d.source("q", 2, 25, max_packets=100),
        "out": {"is": "sink"},
        "f": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "r"}},
        "q": {"is": "fifo", "gate": "flag w"},
        "r": {"is": "route", "mode": d.pick("apicv", "posted", "legacy"), "origin": "irqfd", "vcpu": "v",
            "worker": "n", **d.costs("handler_ps", "notify_ps", "inject_ps", "eoi_ps", high=1)},
        "c": {"is": "core", "scheduler": d.pick("fair", "rr"), "latency_ps": d.time(2, 8), "wakeup_granularity_ps": d.time(0, 2),
            "quantum_ps": d.time(2, 6), "min_granularity_ps": d.time(1, 2)},
        "v": {"is": "vcpu", "by": "c", "idle": d.pick("hlt", "hlt", "hlt", "ghp"), "guest_poll_ps": d.time(1, 3),
            "halt_poll_max_ps": limit, "halt_poll_grow": d.pick(2, 3),
              "halt_poll_grow_start_ps": d.pick(d.time(1, 3), d.time(4, 8)), "halt_poll_shrink": d.pick(0, 0, 2, 2, 4), **vcpu},
        "t": {"is": "thread", "by": "c"},
        "n": {"is": "worker", "kind": "soft", "by": "v", "from": ["f"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(0, 3)},
    }  # fmt: skip
    return short_form, d.time(1300, 1600)


def pair(d: Dice) -> tuple[Short, int]:
    """Two interrupts at once for a guest that sleeps, falls asleep, or is about to: the same beat, now and then a step apart."""
    beat = d.times(5, 16)
    short: Short = {
        "sa": d.source("fa", 0, 0, gap=beat, start_ps=0, max_packets=200),
        "sb": d.source("fb", 0, 0, gap=[*beat, d.time(0, 3)], start_ps=0, max_packets=200),
        "sn": d.source("fn", 3, 20), "sk": d.source("fk", 1, 9), "st": d.source("q", 1, 9),
        "out": {"is": "sink"},
        "fa": {"is": "fifo", "gate": {"mode": "always", "irq": "ra"}}, "fb": {"is": "fifo", "gate": {"mode": "always", "irq": "rb"}},
        "fn": {"is": "fifo", "gate": "flag nn"}, "fk": {"is": "fifo", "gate": "flag nk"},
        "q": {"is": "fifo", "gate": "flag w"},
        "ra": {"is": "route", "mode": "legacy", "origin": "irqfd", "vcpu": "v", "worker": "na", **d.costs("handler_ps",
            "inject_ps", "eoi_ps", high=1)},
        "rb": {"is": "route", "mode": d.pick("legacy", "posted"), "origin": "irqfd", "vcpu": "v",
            "worker": "nb", **d.costs("handler_ps", "inject_ps", "eoi_ps", high=1)},
        "c": {"is": "core", "latency_ps": d.time(2, 8), "wakeup_granularity_ps": d.time(0, 8), "min_granularity_ps": d.time(1, 4),
            "idle_exit_ps": d.pick(0, d.time(1, 3))},
        "k": {"is": "core"},
        "v": {"is": "vcpu", "by": "c", "idle": d.pick("hlt", "ghp"), "guest_poll_ps": d.time(2, 6), **d.costs("exit_ps", "hlt_ps",
            "block_ps", "wake_ps", high=2)},
        "t": {"is": "thread", "by": d.pick("c", "k"), "weight": d.pick(1024, 512)},
        "tv": {"is": "thread", "by": "v"},
        "nk": {"is": "worker", "kind": "task", "by": "tv", "from": ["fk"], "into": ["out"], "rearm_ps": d.time(1, 2), "packet_ps": d.time(0, 1)},
        "na": {"is": "worker", "kind": "soft", "by": "v", "from": ["fa"], "into": ["out"], "packet_ps": d.time(0, 1)},
        "nb": {"is": "worker", "kind": "soft", "by": "v", "from": ["fb"], "into": ["out"], "packet_ps": d.time(0, 1)},
        "nn": {"is": "worker", "kind": "soft", "by": "v", "from": ["fn"], "into": ["out"], "packet_ps": d.time(0, 1)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(0, 2)},
    }  # fmt: skip
    return short, d.time(500, 700)


def asleep(d: Dice) -> tuple[Short, int]:
    """A thread parks under the softirq that it has raised and that keeps its core, while interrupts and wake-ups come in."""
    room, again = d.pick(1, 2, 3, 3), d.time(35, 60)
    short: Short = {
        "s": d.source("q", 0, 0, gap=[0, 0, 0, 0, again], max_packets=200), "si": d.source("fi", 4, 30),
        "sv": d.source("fv", 0, 0, gap=[0, d.time(1, 4), d.time(6, 25)]),
        "out": {"is": "sink"},
        "q": {"is": "fifo", "gate": "flag g"},
        "f": {"is": "fifo", "capacity": room, "full": "block", "wake_free": d.pick(1, room, room), "gate": {"mode": d.pick("flag",
            "always"), "wake": "n"}},
        "fi": {"is": "fifo", "gate": {"mode": "flag", "irq": "ri"}},
        "fv": {"is": "fifo", "gate": {"mode": "always", "irq": "rv"}},
        "ri": {"is": "route", "mode": "native", "core": "c", "worker": "ni", **d.costs("hardirq_ps", high=1)},
        "rv": {"is": "route", "mode": d.pick(*5 * ("legacy",), "posted"), "origin": "irqfd", "vcpu": "v",
            "worker": "nv", **d.costs("handler_ps", "inject_ps", "eoi_ps", high=1)},
        "c": {"is": "core", "scheduler": d.pick("fair", "rr"), "latency_ps": d.time(1, 8), "wakeup_granularity_ps": d.time(0, 1),
            "quantum_ps": d.time(2, 6),
              "min_granularity_ps": d.time(1, 4), "idle_exit_ps": d.pick(0, d.time(1, 4)), "soft_budget": d.pick(1, 2, 4),
            "soft_restarts": 30, "soft_time_ps": d.time(60, 200)},
        "v": {"is": "vcpu", "by": "c", **d.costs("exit_ps", "hlt_ps", "block_ps", "wake_ps", high=1)},
        "t": {"is": "thread", "by": "c"}, "kd": {"is": "thread", "by": "c", "kind": "ksoftirqd"},
        "g": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["f"], "packet_ps": d.time(0, 1), "chunk": room},
        "n": {"is": "worker", "kind": "soft", "by": "c", "from": ["f"], "into": ["out"], "wake_ps": d.time(1, 5),
            "packet_ps": d.time(1, 2), "budget_packets": 1},
        "ni": {"is": "worker", "kind": "soft", "by": "c", "from": ["fi"], "into": ["out"], "packet_ps": d.time(0, 2), "budget_packets": 1},
        "nv": {"is": "worker", "kind": "soft", "by": "v", "from": ["fv"], "into": ["out"]},
    }  # fmt: skip
    return short, d.time(500, 800)


def storm(d: Dice) -> tuple[Short, int]:
    """Bursts that keep the softirqs of a core busy over many passes: demotion by number, by time, by a waiting or a better thread."""
    burst = [0] * d.pick(2, 4, 6)
    by_number, by_time, by_thread = (
        {"soft_restarts": d.pick(1, 2, 4)},
        {"soft_time_ps": d.time(3, 20)},
        {"demote": d.pick(*7 * (True,), False), "scheduler": "fair"},
    )
    short: Short = {
        "sa": d.source("fa", 0, 0, gap=[*burst, d.time(40, 80)], max_packets=200),
        "sb": d.source("fb", 0, 0, gap=[*burst, d.time(40, 80)], max_packets=200),
        "st": d.source("q", 8, 30), "su": d.source("p", 4, 25),
        "out": {"is": "sink"},
        "fa": {"is": "fifo", "gate": "flag na"}, "fb": {"is": "fifo", "gate": "flag nb"},
        "q": {"is": "fifo", "gate": "flag w"}, "p": {"is": "fifo", "gate": "flag u"},
        "c": {"is": "core", "latency_ps": d.time(1, 4), "wakeup_granularity_ps": d.pick(0, GRID_PS),
            "min_granularity_ps": d.time(3, 12), "scheduler": d.pick("fair", "rr"),
              "quantum_ps": d.time(2, 6), "idle_exit_ps": d.pick(0, d.time(2, 5)), "soft_budget": d.pick(1, 2),
            "soft_restarts": 30, "soft_time_ps": d.time(60, 200),
              **d.pick(by_number, by_number, by_time, by_thread, by_thread, by_thread, by_thread)},
        "kd": {"is": "thread", "by": "c", "kind": "ksoftirqd"},
        "t": {"is": "thread", "by": "c"}, "o": {"is": "thread", "by": "c"},
        "na": {"is": "worker", "kind": "soft", "by": "c", "from": ["fa"], "into": ["out"], "packet_ps": d.time(1, 3),
            "budget_packets": d.pick(1, 2)},
        "nb": {"is": "worker", "kind": "soft", "by": "c", "from": ["fb"], "into": ["out"], "packet_ps": d.time(0, 2),
            "budget_packets": d.pick(1, 2)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(4, 9)},
        "u": {"is": "worker", "kind": "task", "by": "o", "from": ["p"], "into": ["out"], "packet_ps": d.time(0, 3)},
    }  # fmt: skip
    return short, d.time(1100, 1500)


def guest(d: Dice) -> tuple[Short, int]:
    """A virtual function's guest on a core that it shares: interrupts of a device from both cores, kicks, interrupt windows."""
    route = d.costs(
        "hardirq_ps", "irqfd_ps", "ipi_ps", "inject_ps", "eoi_ps", "notify_ps", "wakeup_ps", "handler_ps", high=2
    )
    mode = d.pick("legacy", "legacy", "posted", "posted", "apicv")
    busy = 3 if mode == "posted" else 1
    short: Short = {
        "s": d.source("f", 2 * busy, 16 * busy), "si": d.source("fi", 2 * busy, 20 * busy), "st": d.source("q", 4 * busy, 30 * busy),
        "out": {"is": "sink"},
        "up": {"is": "link", "stage": "bus", **d.costs("propagation_ps", high=2), **d.pick({}, {"ps_per_byte": FULL})},
        "down": {"is": "link", **d.costs("propagation_ps", high=2)},
        "d": {"is": "dma", "up": "up", "down": "down"},
        "f": {"is": "fifo", "capacity": d.pick(2, 8)},
        "fi": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "ri"}},
        "q": {"is": "fifo", "gate": "flag w"},
        "rx": {"is": "ring", "size": d.pick(2, 8), "remote": True, "dma": "d", "moderator": "m", "descriptor_bytes": 0,
            "avail_gate": {"mode": "always", "doorbell": "rx"}},
        "m": {"is": "moderator", "route": "r", "kind": d.pick("none", "gap", "coal", "coal_eqe", "coal_cqe"),
            "interval_ps": d.time(0, 6), "stage": "moderated", **d.pick({}, {"dma": "d"})},
        "r": {"is": "route", "mode": mode, "core": d.pick("c", "k"), "vcpu": "v", "worker": "n",
            "accesses": [{"exit": "MSIX_MASK", "cost": 3}] * d.pick(0, 1), **route},
        "ri": {"is": "route", "mode": mode, "origin": "irqfd", "vcpu": "v", "worker": "ni", **route},
        "c": {"is": "core", "latency_ps": d.time(2, 8), "wakeup_granularity_ps": d.time(0, 2), "min_granularity_ps": d.time(1, 4),
            "scheduler": d.pick("fair", "rr"), "quantum_ps": d.time(2, 6),
              "idle_exit_ps": d.pick(0, GRID_PS, 2 * GRID_PS)},
        "k": {"is": "core"},
        "tick": {"is": "tick", "by": "c", "period_ps": d.time(5, 20), "offset_ps": d.time(0, 9), "cost_ps": d.time(0, 1)},
        "v": {"is": "vcpu", "by": "c", "idle": d.pick("hlt", "hlt", "poll", "ghp"), "halt_poll_max_ps": d.pick(0, d.time(8, 30)),
            "halt_poll_grow_start_ps": d.time(1, 4), "guest_poll_ps": d.time(1, 4), **d.costs("exit_ps", "hlt_ps",
            "block_ps", "wake_ps", high=2)},
        "t": {"is": "thread", "by": "c"},
        "e": {"is": "worker", "kind": "hw", "from": ["f"], "into": [{"of": "rx", "full": "block", "room_ps": d.time(0, 2)}],
            "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": "soft", "by": "v", "from": ["rx"], "into": ["out"], "refill_ring": "rx",
            "refill_chunk": d.pick(1, 4), "notify_stage": "woken", "packet_ps": d.time(0, 3)},
        "ni": {"is": "worker", "kind": "soft", "by": "v", "from": ["fi"], "into": ["out"], "packet_ps": d.time(0, 3)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(1, 6)},
    }  # fmt: skip
    return short, d.time(400, 600)


def hairpin(d: Dice) -> tuple[Short, int]:
    """An embedded switch: from a remote tx ring into an rx ring, into a fifo that drops or blocks, into a read, onto a wire, nowhere."""
    short: Short = {
        "s": d.source("q", 0, 4, max_packets=200),
        "out": {"is": "sink"},
        "up": {"is": "link", **d.costs("propagation_ps", high=1), "ps_per_byte": d.pick(100, 500)},
        "down": {"is": "link", **d.costs("propagation_ps", high=1)},
        "d": {"is": "dma", "up": "up", "down": "down", "memory_ps": d.time(1, 5), "max_reads": d.pick(1, 2, 4, 8)},
        "q": {"is": "fifo", "gate": "flag g"},
        "x": {"is": "fifo", "capacity": d.pick(1, 2), "full": d.pick("drop", "block")},
        "z": {"is": "fifo", "capacity": d.pick(1, 2), "full": "block"},
        "tx": {"is": "ring", "kind": "tx", "size": d.pick(2, 4, 8), "remote": True, "dma": "d", "fetch_max": d.pick(0, 1, 4),
            "fetch_low": d.pick(0, 1),
               "writeback_group": d.pick(1, 2), "avail_gate": {"mode": "always", "doorbell": "tx"},
                             "used_gate": {"mode": d.pick("always", "flag", "event", "event"), "wake": "r",
                             "delay_num": d.pick(0, 3), "delay_den": 4}},
        "rx": {"is": "ring", "size": d.pick(2, 4), "remote": True, "dma": "d", "descriptor_bytes": d.pick(0, 16),
            "avail_gate": {"mode": "always", "doorbell": "rx"},
               "used_gate": {"mode": d.pick("always", "event"), "wake": "n"}},
        "c": {"is": "core"}, "t": {"is": "thread", "by": "c"}, "tn": {"is": "thread", "by": "c"},
        "y": {"is": "switch", "macs": 4, "table": [d.pick(0, 0, -1), d.pick(0, 1), d.pick(1, 2), d.pick(1, 3, -1)],
            "ports": [[0, 1], [1, 1], [2, 1], [3, 1]]},
        "g": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["tx"], "packet_ps": d.time(0, 1)},
        "r": {"is": "worker", "kind": "soft", "by": "c", "reap_ring": "tx"},
        "e": {"is": "worker", "kind": "hw", "from": ["tx"], "select": "switch", "switch": "y", "packet_ps": d.time(0, 2),
              "into": [{"of": "rx", "full": d.pick("block", "block", "drop"), "room_ps": d.time(0, 3)}, "x", {"of": "d",
            "fifo": "z"}, "out"]},
        "h": {"is": "worker", "kind": "hw", "from": ["x", "z"], "into": ["out"], "packet_ps": d.time(3, 9),
            "policy": d.pick("order", "rr", "drr"), "quantum_bytes": 200},
        "n": {"is": "worker", "kind": "task", "by": "tn", "from": ["rx"], "into": ["out"], "refill_ring": "rx",
            "refill_chunk": d.pick(1, 2), "packet_ps": d.time(1, 4)},
    }  # fmt: skip
    return short, d.time(700, 1000)


FAMILIES: tuple[Callable[[Dice], tuple[Short, int]], ...] = (
    wires, loose, shaped, pollers, race, sleepy, pair, asleep, storm, guest, hairpin, timers, emulated, contended, sliced,
    timers, emulated, sleepy, guest, storm, pair, shaped, asleep, holders, holders,
    hops, governed, adaptive, tickless, bulk, portions, adaptive, tickless, throttled, portions,
)  # fmt: skip
"""Some twice or thrice: their mechanism needs many plans."""
