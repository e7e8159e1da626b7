"""Directed plans of what takes time on the way, adapts, groups or limits.

1. `hops`: threads of two siblings that wake each other with flights, under quotas.
2. `governed`: idle times in patterns, with outliers and without, for the governor.
3. `adaptive`: an adapter with two directions, a driver's rule, held packets and a least gap.
4. `tickless`: a guest that stops its tick, under a quota; interrupts that fly, from its own core and another one.
5. `throttled`: a guest whose quota ends while it polls for work.
6. `bulk`: merged windows, requests of open sources, statistics kept elsewhere, flows that are not hashed.
7. `portions`: shares, floors and shared limits of an engine.

*Scope*: sections 3, 5.1, 6, 7.1, 7.2, 7.4, 7.7, 7.8, 8 and 8.1 of the plan's text. *Validation*: `test_branches.py` counts what they reach.
"""

from __future__ import annotations

from typing import Any

from simulator.plan.model import INFINITE_PS
from tests.engines.dice import Dice
from tests.engines.random_parts import GRID_PS

Short = dict[str, dict[str, Any]]

US = 1_000_000
FULL = 1000
"""A byte's time (ps) at which 100 bytes last one step of the grid."""


def _core(d: Dice) -> dict[str, Any]:
    return {"is": "core", "scheduler": d.pick("fair", "fair", "rr"), "latency_ps": d.time(2, 12), "min_granularity_ps": d.time(1, 4),
        "wakeup_granularity_ps": d.time(0, 4), "quantum_ps": d.time(2, 8)}  # fmt: skip


def _quota(d: Dice) -> dict[str, Any]:
    return {"is": "quota", "quota_ps": d.time(2, 8), "period_ps": d.time(12, 30), "slice_ps": d.time(1, 6)}


def hops(d: Dice) -> tuple[Short, int]:
    """Three workers of one thread, woken by another core, by their own and by none; the wakers wait for room at times."""

    def task(thread: str, fifo: str, to: str) -> dict[str, Any]:
        return {
            "is": "worker",
            "kind": "task",
            "by": thread,
            "from": [fifo],
            "into": [to],
            "packet_ps": d.time(0, 3),
            "chunk": d.pick(1, 3),
        }

    def woken(worker: str, most: int = 1) -> dict[str, Any]:
        gate = {"mode": d.pick("flag", "always"), "wake": worker, "cost": d.time(0, most)}
        return {"is": "fifo", "capacity": d.pick(2, 4), "full": "block", "gate": gate}

    many = {"max_packets": 400}
    speed = d.pick(512, 640, 700)
    short: Short = {
        "s1": d.source("p1", 2, 20, **many), "s2": d.source("p2", 2, 20, **many), "s3": d.source("p3", *d.pick((2, 14), (30, 90)), **many),
        "s4": d.source("q1", 60, 200, **many),
        "out": {"is": "sink"},
        "p1": {"is": "fifo", "gate": "flag a1"}, "p2": {"is": "fifo", "gate": "flag a2"}, "p3": {"is": "fifo", "gate": "flag b"},
        "q1": woken("w1", 0), "q2": woken("w2"), "q3": woken("w3"),
        "c": {**_core(d), "sibling": "k", "sibling_speed": speed}, "k": {**_core(d), "sibling": "c", "sibling_speed": speed},
        "quota": _quota(d),
        "ta": {"is": "thread", "by": "c", "quota": "quota"}, "tb": {"is": "thread", "by": "k"},
        "t": {"is": "thread", "by": "k", "wake_ps": d.time(0, 1), "flight_ps": d.time(3, 20), "waker_ps": d.time(0, 2),
            "quota": d.pick(-1, -1, "quota")},
        "a1": task("ta", "p1", "q1"), "a2": task("ta", "p2", "q2"), "b": task("tb", "p3", "q3"),
        "w1": task("t", "q1", "out"), "w2": task("t", "q2", "out"), "w3": task("t", "q3", "out"),
    }  # fmt: skip
    return short, d.time(600, 900)


def governed(d: Dice) -> tuple[Short, int]:
    """Regular idle times, some with outliers, some of two sizes; states whose residencies lie between them."""
    base = d.pick(10, 60, 1000, 2000, 4000)
    spread = d.pick(0, 5, base // 30, base // 30, base // 30, base // 4)
    rare = d.pick((), (), (40 * base,), (3 * base, 50 * base), (9 * base, 20 * base, 37 * base), (60_000,) * 3)
    regular = [base + d.random.randint(-spread, spread) for _ in range(d.pick(8, 8, 12) - len(rare))]
    gaps = [*regular, *rare]
    d.random.shuffle(gaps)
    near = d.pick(base // 2, base - base // 10, 2 * base)
    states = [[0, d.time(0, 3)], [near * US, d.time(1, 9)], [d.pick(30 * base, 30_000) * US, d.time(5, 20)]]
    short: Short = {
        "s": {"is": "source", "to": "q", "gap": [gap * US + GRID_PS * d.random.randint(0, 9) for gap in gaps], "max_packets": 110},
        "out": {"is": "sink"},
        "q": {"is": "fifo", "gate": "flag w"},
        "c": {"is": "core", "idle_states": states[: d.pick(1, 2, 3, 3)]},
        "t": {"is": "thread", "by": "c"},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["out"], "packet_ps": d.time(0, 4)},
    }  # fmt: skip
    return short, sum(gaps) * 14 * US


def _arguments(d: Dice, rule: str) -> list[int]:
    if rule.startswith("size"):
        return [d.pick(1, 2), d.pick(2, 4, 8), d.pick(2048, 5120), d.pick(5, 40, 400) * US]
    if rule == "classes":
        return [d.pick(1, 2), d.pick(3, 4), d.pick(5, 9)]
    return [d.pick(0, 1, 4), *[d.random.randint(1, 6) for _ in range(20)]] if rule else []


def adaptive(d: Dice) -> tuple[Short, int]:
    """One vector for both directions of an adapter; its driver adapts at the end of each poll."""
    rule = d.pick("", "", "size", "size", "size_vector", "classes", "dim")
    start = d.pick(0, 1, 3) * US
    both = rule in ("size", "dim") or (not rule and d.pick(True, True, True, False))
    reaps = d.pick(True, True, False)
    moderator = {"kind": d.pick("gap", "coal", "coal", "coal_eqe", "coal_cqe", "coal_cqe", "coal_cqe"), "interval_ps": start if rule else d.time(2, 16),
        "frames": d.pick(2, 4, INFINITE_PS), "tx_interval_ps": (start if rule else d.time(2, 20)) if both else -1,
        "tx_frames": d.pick(2, 3, INFINITE_PS), "adapt": rule, "adapt_args": _arguments(d, rule),
        "least_gap_ps": d.pick(0, d.time(2, 30))}  # fmt: skip
    timeless = d.pick(True, False, False)
    quiet = {} if timeless or d.pick(True, False) else {"used_gate": {"mode": "flag", "wake": "n"}, "moderator": -1}
    short: Short = {
        "s": d.source("f", 1, 9), "st": d.source("g", 1, 6, size=[100, 200, 1500], max_packets=200),
        "out": {"is": "sink"}, "wire": {"is": "link", "to": "out"},
        "up": {"is": "link", **d.costs("propagation_ps", high=2)}, "down": {"is": "link", **d.costs("propagation_ps", high=2)},
        "d": {"is": "dma", "up": "up", "down": "down"},
        "f": {"is": "fifo"}, "g": {"is": "fifo", "gate": "flag drv"},
        "rx": {"is": "ring", "size": d.pick(8, 32), "remote": True, "dma": "d", "moderator": "m", "descriptor_bytes": 0,
            "hold_group": d.pick(1, 2, 3, 3, 5), "hold_ps": -1 if timeless else d.time(0, 30), "avail_gate": {"mode": "always", "doorbell": "rx"}, **quiet},
        "tx": {"is": "ring", "kind": "tx", "size": d.pick(1, 1, 2, 8), "remote": True, "dma": "d", "moderator": "m", "wake_free": 1, "fetch_max": 0,
            "writeback_group": d.pick(1, 1, 2), "avail_gate": {"mode": "always", "doorbell": "tx", "cost": d.pick(0, d.time(3, 12), d.time(6, 12))}},
        "m": {"is": "moderator", "route": "r", "dma": "d", **moderator},
        "r": {"is": "route", "mode": "native", "core": "c", "worker": "n", **d.costs("hardirq_ps", "flight_ps", high=2)},
        "c": {"is": "core"}, "k": {"is": "core"},
        "t": {"is": "thread", "by": "k"},
        "e": {"is": "worker", "kind": "hw", "from": ["f"], "into": ["rx"], "packet_ps": d.time(0, 2)},
        "drv": {"is": "worker", "kind": "task", "by": "t", "from": ["g"], "into": [{"of": "tx", "publish_every": d.pick(1, 2, 3)}], "packet_ps": d.time(0, 2)},
        "et": {"is": "worker", "kind": "hw", "from": ["tx"], "into": ["wire"], "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": "soft", "by": "c", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": d.pick(1, 4),
            "packet_ps": d.time(0, 2), **({"reap_ring": "tx"} if reaps else {})},
    }  # fmt: skip
    if not reaps:
        short["rt"] = {"is": "worker", "kind": "soft", "by": "c", "reap_ring": "tx"}
        short["mt"] = {"is": "moderator", "route": "rr", "dma": "d"}
        short["rr"] = {"is": "route", "mode": "native", "core": "c", "worker": "rt"}
        short["tx"]["moderator"] = "mt"
    return short, d.time(300, 600)


def tickless(d: Dice) -> tuple[Short, int]:
    """Interrupts from a device, from workers of two cores and from nobody; the guest has a task, and its thread a quota at times."""
    mode = d.pick("legacy", "legacy", "apicv", "posted")

    def route(worker: str, **given: Any) -> dict[str, Any]:
        costs = d.costs("handler_ps", "notify_ps", "inject_ps", "eoi_ps", "ipi_ps", "waker_ps", "hardirq_ps", high=1)
        flights = {"flight_ps": d.time(0, 2), "kick_flight_ps": d.pick(0, d.time(1, 8))}
        return {"is": "route", "mode": mode, "vcpu": "v", "worker": worker, "pv_eoi": d.pick(True, True, False),
            "level": d.pick(True, False, False), **costs, **flights, **given}  # fmt: skip

    def task(thread: str, fifo: str, to: str) -> dict[str, Any]:
        return {"is": "worker", "kind": "task", "by": thread, "from": [fifo], "into": [to], "packet_ps": d.time(0, 3)}

    soft = {"is": "worker", "kind": "soft", "by": "c", "from": ["qc"], "into": ["fc"], "packet_ps": d.time(0, 2)}
    busy, many = d.pick(1, 2, 4, 6), {"max_packets": 300}
    short: Short = {
        "s": d.source("f", 3 * busy, 20 * busy, **many), "sd": d.source("fd", 3 * busy, 20 * busy, **many), "sh": d.source("qh", 3 * busy, 20 * busy, **many),
        "sc": d.source("qc", 3 * busy, 20 * busy, **many),
        "out": {"is": "sink"},
        "up": {"is": "link"}, "down": {"is": "link"}, "d": {"is": "dma", "up": "up", "down": "down"},
        "f": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "r"}},
        "fd": {"is": "fifo"},
        "qh": {"is": "fifo", "gate": "flag ah"}, "qc": {"is": "fifo", "gate": "flag ac"},
        "fh": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "rh", "cost": d.time(0, 1)}},
        "fc": {"is": "fifo", "gate": {"mode": "flag", "irq": "rc", "cost": d.time(0, 1)}},
        "q": {"is": "fifo", "gate": "flag g"}, "q2": {"is": "fifo", "gate": "flag g2"},
        "rx": {"is": "ring", "size": 8, "remote": True, "dma": "d", "moderator": "m", "descriptor_bytes": 0,
            "avail_gate": {"mode": "always", "doorbell": "rx"}},
        "m": {"is": "moderator", "route": "rd"},
        "r": route("n", origin="irqfd"), "rh": route("nh", origin="irqfd"), "rc": route("nc", origin="irqfd"),
        "rd": route("nd", core=d.pick("c", "c", "h")),
        "c": _core(d), "h": _core(d),
        "v": {"is": "vcpu", "by": "c", "idle": d.pick("hlt", "hlt", "ghp", "ghp", "poll"), "nohz": d.pick(True, True, True, True, False),
            "timer_ps": d.time(2, 7),
            "guest_poll_ps": d.time(2, 9), "halt_poll_max_ps": d.pick(0, d.time(30, 90)), "halt_poll_grow_start_ps": d.time(4, 9),
            **d.costs("exit_ps", "hlt_ps", "block_ps", "wake_ps", high=1), "thread": {"quota": d.pick(-1, "quota", "quota")}},
        "quota": _quota(d),
        "t": {"is": "thread", "by": "v", "label": "guest_task"},
        "th": {"is": "thread", "by": "h"}, "tc": {"is": "thread", "by": "c"},
        "e": {"is": "worker", "kind": "hw", "from": ["fd"], "into": ["rx"], "packet_ps": d.time(0, 1)},
        "ah": task("th", "qh", "fh"), "ac": d.pick(task("tc", "qc", "fc"), soft, soft),
        "n": {"is": "worker", "kind": "soft", "by": "v", "from": ["f"], "into": ["q"], "packet_ps": d.time(0, 2)},
        "nh": {"is": "worker", "kind": "soft", "by": "v", "from": ["fh"], "into": ["q2"], "packet_ps": d.time(0, 2)},
        "nc": {"is": "worker", "kind": "soft", "by": "v", "from": ["fc"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "nd": {"is": "worker", "kind": "soft", "by": "v", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": 1, "packet_ps": d.time(0, 2)},
        "g": task("t", "q", "out"), "g2": task("t", "q2", "out"),
    }  # fmt: skip
    if mode == "posted":
        short["rd"].pop("core")
    return short, d.time(1100, 1500)


def throttled(d: Dice) -> tuple[Short, int]:
    """A guest that halts and polls for long, and a thread with three workers, with little time to do it in."""
    mode = d.pick("legacy", "apicv")
    costs = d.costs("handler_ps", "notify_ps", "inject_ps", "eoi_ps", "waker_ps", high=1)
    short: Short = {
        "s": d.source("f", 4, 30),
        "out": {"is": "sink"},
        "f": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "r"}},
        "r": {"is": "route", "mode": mode, "origin": "irqfd", "vcpu": "v", "worker": "n", **costs},
        "c": {**_core(d), "idle_exit_ps": d.time(0, 1)},
        "quota": {**_quota(d), "period_ps": d.time(10, 20)},
        "v": {"is": "vcpu", "by": "c", "halt_poll_max_ps": d.time(60, 200), "halt_poll_grow_start_ps": d.time(20, 50),
            **d.costs("exit_ps", "hlt_ps", "block_ps", "wake_ps", high=1), "thread": {"quota": "quota", "wake_ps": d.time(0, 1)}},
        "n": {"is": "worker", "kind": "soft", "by": "v", "from": ["f"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "k": _core(d), "t": {"is": "thread", "by": "k", "quota": "quota"},
    }  # fmt: skip
    for name in "abc":
        short[f"s{name}"] = d.source(f"q{name}", 4, 30)
        short[f"q{name}"] = {"is": "fifo", "gate": f"flag w{name}"}
        short[f"w{name}"] = {
            "is": "worker",
            "kind": "task",
            "by": "t",
            "from": [f"q{name}"],
            "into": ["out"],
            "packet_ps": d.time(0, 3),
        }
    return short, d.time(500, 800)


def bulk(d: Dice) -> tuple[Short, int]:
    """Two windows and a few requests through a softirq that merges, an unhashed switch before it and answers taken by the handful behind."""

    def window(**given: Any) -> dict[str, Any]:
        return {"is": "source", "kind": "window", "to": "f", "window": d.pick(12, 16, 24), "ack_every": d.pick(1, 2), "max_packets": 900,
            "size": [d.pick(100, 300, 600), 100, 300], "flow": d.pick([-1], [0], [0, -1], [1, 1, 1, 2]), "timeout_ps": d.time(60, 200), **given,
            "start_window": d.pick(0, 2), "reorder": d.pick(1, 2, 4), "grow": d.pick(1024, 20_000), "shrink": 950,
            "message_bytes": d.pick(0, 250, 250)}  # fmt: skip

    short: Short = {
        "w1": window(record=d.pick(-1, "kept")), "w2": window(),
        "s": d.source("f", 0, 5, dst=0, max_packets=300, request=d.pick(True, True, False), response_bytes=d.pick(-1, 60), flow=[-1, 0, 1],
            segment_bytes=d.pick(0, 100)),
        "ask": {"is": "source", "kind": "rr", "to": "f", "think": d.times(0, 9), "max_packets": 90, "timeout_ps": d.time(60, 90),
            "response_bytes": d.pick(-1, 60)},
        "far": {"is": "sink", "reply_link": "back"}, "near": {"is": "sink"}, "kept": {"is": "sink"},
        "back": {"is": "link", "propagation_ps": d.time(1, 5), "to": "r"},
        "f": {"is": "fifo", "capacity": 64}, "q": {"is": "fifo", "gate": "flag n"}, "q2": {"is": "fifo", "gate": "flag n"},
        "p": {"is": "fifo", "gate": "flag w", "capacity": d.pick(4, 5, 6)},
        "r": {"is": "fifo", "gate": "flag a"},
        "y": {"is": "switch", "macs": 1, "table": [0], "ports": [[0, 2]]},
        "c": {"is": "core"}, "k": {"is": "core"},
        "t": {"is": "thread", "by": "c"},
        "h": {"is": "worker", "kind": "hw", "from": ["f"], "into": ["q", "q2"], "select": "switch", "switch": "y", "packet_ps": d.time(0, 1)},
        "n": {"is": "worker", "kind": "soft", "by": "c", "from": ["q", "q2"], "into": ["p"], "chunk": d.pick(3, 8), "policy": d.pick("order", "rr"),
            "call_ps": d.pick(0, GRID_PS), "packet_ps": d.time(0, 3), "merge_bytes": d.pick(250, 450, 700, 65_536), "merge_ps": d.pick(-1, 0, GRID_PS)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["p"], "into": ["far"], "packet_ps": d.time(0, 2), "merge_ps": d.pick(-1, 0, GRID_PS)},
        "a": {"is": "worker", "kind": "soft", "by": "k", "from": ["r"], "into": ["near"], "chunk": d.pick(4, 8), "packet_ps": d.time(1, 4)},
    }  # fmt: skip
    return short, d.time(900, 1400)


def portions(d: Dice) -> tuple[Short, int]:
    """Queues in shares, with limits of bytes, of packets and of both, and floors; a narrow place behind one of three engines."""

    def limit() -> dict[str, Any]:
        in_bytes = {
            "ps_per_byte": d.pick(1000, 3000),
            "burst_bytes": d.pick(0, 300, 900),
            "overhead_bytes": d.pick(0, 24),
        }
        in_packets = {"rate_millipps": 10**15 // d.time(1, 9), "burst_packets": d.pick(0, 1, 4)}
        return {"is": "shaper", **d.pick(in_bytes, in_packets, in_packets, {**in_bytes, **in_packets})}

    def place(fifo: str) -> dict[str, Any]:
        limits = {"shaper": d.pick(-1, "l1", "l2"), "floor": d.pick(-1, -1, "l3", "l4")}
        return {
            "of": fifo,
            "weight": d.pick(1, 2),
            "share": d.pick(-1, 0, 0, 1),
            **{name: limit for name, limit in limits.items() if limit != -1},
        }

    def engine(queues: str, to: str) -> dict[str, Any]:
        return {"is": "worker", "kind": "hw", "from": [place(f"q{name}") for name in queues], "into": [to], "packet_ps": d.time(0, 3),
            "policy": d.pick("drr", "drr", "drr", "rr", "order"), "quantum_bytes": d.pick(100, 300, 700)}  # fmt: skip

    names = "abcdefg"
    short: Short = {
        **{f"s{name}": d.source(f"q{name}", 1, 12) for name in names},
        "out": {"is": "sink"}, "wire": {"is": "link", "ps_per_byte": FULL // 4, "to": "out"},
        **{f"q{name}": {"is": "fifo", "capacity": 6} for name in names},
        "z": {"is": "fifo", "capacity": d.pick(1, 2), "full": "block"},
        **{f"l{number}": limit() for number in (1, 2, 3, 4)},
        "h": engine("abc", "z"), "i": engine("de", "out"), "j": engine("fg", "out"),
        "e": {"is": "worker", "kind": "hw", "from": ["z"], "into": [{"of": "wire", "room_ps": d.time(0, 3)}], "packet_ps": d.time(0, 2)},
    }  # fmt: skip
    return short, d.time(300, 500)
