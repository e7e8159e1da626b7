"""Directed plans of what traps: register accesses, locks, device models inside an exit, moderation by software.

1. `emulated`: a device model in user space: sending inside the guest's own exit, receiving by a main loop, one lock.
2. `timers`: a device that mostly sends, so slowly that its moderator's timer, its acknowledgements and other interrupts count.
3. `contended`: two guests and two main loops that all want one lock.
4. `sliced`: a guest of several threads whose clock runs on while it exits.

*Scope*: sections 6, 7.4, 7.6 and 8 of the plan's text. *Validation*: `test_branches.py` counts what they reach.
"""

from __future__ import annotations

from typing import Any

from simulator.plan.model import INFINITE_PS
from tests.engines.dice import Dice

Short = dict[str, dict[str, Any]]


def _access(d: Dice, lock: str, locked: float, **effect: str) -> dict[str, Any]:
    """An access that needs the lock with that probability."""
    made = {"exit": d.pick("MMIO_READ", "MMIO_WRITE"), "cost": d.time(0, 2), **effect}
    return {**made, "lock": lock, "locked": d.time(0, 2)} if d.random.random() < locked else made


def _accesses(d: Dice, most: int, lock: str, locked: float, *effects: dict[str, str]) -> list[dict[str, Any]]:
    return [_access(d, lock, locked, **d.pick(*effects)) for _ in range(d.random.randint(0, most))]


def _guest(d: Dice, core: str) -> dict[str, Any]:
    costs = d.costs("exit_ps", "hlt_ps", "block_ps", "wake_ps", high=1)
    return {"is": "vcpu", "by": core, "idle": d.pick("hlt", "hlt", "poll", "ghp"), "guest_poll_ps": d.time(1, 4),
        "scheduler": d.pick("fair", "rr"), "quantum_ps": d.time(1, 4), "latency_ps": d.time(2, 8), "min_granularity_ps": d.time(1, 3),
        "wakeup_granularity_ps": d.time(0, 3), **costs}  # fmt: skip


def _core(d: Dice) -> dict[str, Any]:
    return {"is": "core", "scheduler": d.pick("fair", "fair", "rr"), "latency_ps": d.time(2, 12), "min_granularity_ps": d.time(1, 4),
        "wakeup_granularity_ps": d.time(0, 4), "quantum_ps": d.time(2, 8)}  # fmt: skip


def _route(d: Dice, worker: str, vcpu: str, accesses: list[dict[str, Any]]) -> dict[str, Any]:
    costs = d.costs("handler_ps", "notify_ps", "inject_ps", "eoi_ps", high=2)
    return {"is": "route", "mode": d.pick("legacy", "apicv", "posted"), "origin": "irqfd", "vcpu": vcpu, "worker": worker,
        "level": d.pick(False, True), "accesses": accesses, **costs}  # fmt: skip


def emulated(d: Dice) -> tuple[Short, int]:
    """A device model: the guest's doorbell sends inside its own exit, a main loop fills the rx ring, one moderator for both."""
    locked = d.pick(0, 0.5, 1, 1)
    ack, mask = {"ack": "mo"}, {"unmask": "mo"}
    every = d.pick(1, 2, INFINITE_PS)
    doorbell = {"mode": d.pick("always", "always", "flag", "event", "edge"), **_access(d, "l", locked, wake="x")}
    refill = {"mode": d.pick("always", "event"), **_access(d, "l", locked, resume="rx")}
    short: Short = {
        "s": d.source("q", 0, 12), "sg": d.source("g", 0, 12), "sp": d.source("p", 2, 30),
        "out": {"is": "sink"},
        "q": {"is": "fifo", "gate": "flag w"}, "g": {"is": "fifo", "gate": "flag m"}, "p": {"is": "fifo", "gate": "flag o"},
        "f": {"is": "fifo", "capacity": d.pick(1, 2, 8), "gate": {"mode": d.pick("flag", "always"), "wake": "b", "cost": d.time(0, 1)}},
        "tx": {"is": "ring", "kind": "tx", "size": d.pick(2, 4, 8), "moderator": "mo", "used_gate": {"mode": "moderated"},
            "avail_gate": doorbell},
        "tx2": {"is": "ring", "kind": "tx", "size": d.pick(1, 2, 8), "avail_gate": {"mode": d.pick("always", "edge"), **_access(d, "l",
            locked, wake="x")}, "used_gate": "never"},
        "rx": {"is": "ring", "size": d.pick(1, 2, 4), "moderator": "mo", "used_gate": {"mode": "moderated"}, "avail_gate": refill},
        "mo": {"is": "moderator", "route": "r", "worker": d.pick("m", "m", "o"), "signal_ps": d.time(0, 2), "stage": "moderated",
            "kind": d.pick("none", "gap", "coal", "coal_eqe", "coal_cqe"), "interval_ps": d.time(1, 12), "frames": d.pick(2, 3, INFINITE_PS)},
        "r": {**_route(d, "n", "v", _accesses(d, 4, "l", locked, ack, {}, {"wake": "b"}, mask)), "mode": d.pick("legacy", "legacy", "apicv",
            "posted")},
        "l": {"is": "lock", "handover_ps": d.time(0, 3)},
        "c": _core(d), "h": _core(d), "v": _guest(d, "c"),
        "t": {"is": "thread", "by": "v", "weight": d.pick(1024, 3072)}, "ts": {"is": "thread", "by": "v"},
        "tm": {"is": "thread", "by": d.pick("h", "h", "c"), "lock": "l", "wake_ps": d.time(0, 2), "label": "qemu"},
        "tb": {"is": "thread", "by": "h"},
        "y": {"is": "switch", "macs": 4, "table": [d.pick(0, -1), 1, 2, d.pick(0, 1, 2)], "ports": [[0, 1], [1, 1], [2, 1]]},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "label": "guest_task", "packet_ps": d.time(0, 2), "chunk": d.pick(1, 2),
            "select": "switch", "switch": "y", "reap_ring": d.pick("tx2", "tx2", "tx"), "budget_packets": d.pick(2, 64),
            "into": [{"of": "tx", "full": "drop"}, {"of": "tx2", "full": "drop"}, {"of": "tx", "full": "drop", "publish_every": 2}]},
        "u": {"is": "worker", "kind": "task", "by": "ts", "label": "guest_task", "reap_ring": "tx2", "reap_ps": d.time(0, 1),
            "poll_ps": d.time(0, 3), "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": d.pick("soft", "task"), "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": d.pick(1, 2),
            "reap_ring": "tx", "reap_ps": d.time(0, 1), "label": "guest_soft", "packet_ps": d.time(0, 2), "notify_stage": "woken",
            "rearm_ps": d.time(0, 2), "unmask": [*_accesses(d, 2, "l", locked, {}, mask), _access(d, "l", locked, unmask="mo")]},
        "x": {"is": "worker", "kind": "exit", "by": "v", "from": [{"of": "tx", "publish_every": every}, {"of": "tx2", "publish_every":
            d.pick(1, 2)}], "select": "switch", "switch": "y", "label": "exit_user", "policy": d.pick("order", "rr"), "chunk": d.pick(1, 2),
            "into": [{"of": "f", "full": "drop", "publish_every": d.pick(1, 2)}, "out", "out"],
            **d.costs("wake_ps", "packet_ps", "rearm_ps", high=2), **d.pick({}, {"moderator": "mo"})},
        "m": {"is": "worker", "kind": "task", "by": "tm", "from": ["g"], "into": [{"of": "rx", "full": d.pick("block", "block", "drop")}],
            "moderator": "mo", "label": "qemu", "budget_packets": d.pick(1, 2, 64), **d.costs("poll_ps", "packet_ps", "resume_ps", high=3)},
        "o": {"is": "worker", "kind": "task", "by": "tm", "from": ["p"], "into": ["out"], "moderator": "mo", "label": "qemu",
            "packet_ps": d.time(0, 4)},
        "b": {"is": "worker", "kind": "task", "by": "tb", "from": ["f"], "into": ["out"], "packet_ps": d.time(0, 3)},
    }  # fmt: skip
    short["n"]["by"] = "v" if short["n"]["kind"] == "soft" else "ts"
    return short, d.time(300, 500)


def timers(d: Dice) -> tuple[Short, int]:
    """A sender whose interrupts wait for the timer; meanwhile another one acknowledges; interrupts come in while the device model runs."""
    locked, many = d.pick(0, 0.5, 1), {"max_packets": 200}
    soft = d.pick(True, False, False)
    loop = {"kind": "soft", "by": "h"} if soft else {"kind": "task", "by": "tm", "label": "qemu"}
    route = {**_route(d, "n", "v", []), "mode": d.pick("legacy", "legacy", "apicv", "posted")}
    other = {
        **_route(d, "no", "v", [_access(d, "l", locked, ack="mo"), *_accesses(d, 3, "l", locked, {"ack": "mo"}, {})]),
        "mode": d.pick("legacy", "legacy", "posted"),
    }
    short: Short = {
        "s": d.source("q", 3, 24, **many), "sf": d.source("f", 4, 20, **many), "sg": d.source("g", 4, 20),
        "out": {"is": "sink"},
        "q": {"is": "fifo", "gate": "flag w"}, "f": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "ro"}},
        "g": {"is": "fifo", "gate": "flag m"},
        "tx": {"is": "ring", "kind": "tx", "size": 8, "moderator": "mo", "used_gate": {"mode": "moderated"}, "avail_gate": {"mode": "always",
            **_access(d, "l", locked, wake="x")}},
        "rx": {"is": "ring", "size": d.pick(1, 1, 2), "avail_gate": {"mode": d.pick("always", "event"), **_access(d, "l", locked, resume="rx")},
            "used_gate": {"mode": d.pick("always", "flag"), "irq": "ri"}},
        "mo": {"is": "moderator", "route": "r", "worker": "m", "signal_ps": d.time(0, 2), "kind": d.pick("gap", "gap", "coal", "coal_eqe",
            "coal_cqe"), "interval_ps": d.time(6, 20), "frames": d.pick(3, INFINITE_PS, INFINITE_PS)},
        "r": route, "ro": other, "ri": _route(d, "ni", "v", []),
        "l": {"is": "lock", "handover_ps": d.time(0, 3)},
        "c": _core(d), "h": _core(d), "v": _guest(d, "c"),
        "tick": {"is": "tick", "by": "c", "period_ps": d.time(3, 9), "offset_ps": d.time(0, 9), "cost_ps": d.time(0, 1)},
        "t": {"is": "thread", "by": "v"}, "tm": {"is": "thread", "by": "h", "lock": "l", "wake_ps": d.time(0, 2), "label": "qemu"},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": [{"of": "tx", "full": "drop"}], "label": "guest_task",
            "rearm_ps": d.time(1, 2), "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": "soft", "by": "v", "reap_ring": "tx", "unmask": [_access(d, "l", locked, unmask="mo")]},
        "no": {"is": "worker", "kind": "soft", "by": "v", "from": ["f"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "ni": {"is": "worker", "kind": "soft", "by": "v", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "refill_chunk": 1},
        "x": {"is": "worker", "kind": "exit", "by": "v", "from": ["tx"], "into": ["out"], "wake_ps": d.time(0, 2), "packet_ps": d.time(2, 6),
            "label": "exit_user"},
        "m": {"is": "worker", **loop, "from": ["g"], "into": ["rx"], "moderator": "mo", **d.costs("poll_ps", "packet_ps", "resume_ps", high=2)},
    }  # fmt: skip
    return short, d.time(1300, 1700)


def contended(d: Dice) -> tuple[Short, int]:
    """Two guests, on one core or on two, whose handlers and sends want a lock that two main loops hold most of the time."""
    locked = d.pick(0.7, 1)
    wake = {"wake": d.pick("m", "b")}

    def handler(worker: str, vcpu: str) -> dict[str, Any]:
        return _route(d, worker, vcpu, _accesses(d, 3, "l", locked, {}, wake))

    short: Short = {
        "s": d.source("fa", 3, 16), "s2": d.source("fb", 3, 16), "sg": d.source("g", 0, 9), "sp": d.source("p", 2, 12), "st": d.source("q", 2, 16),
        "out": {"is": "sink"},
        "fa": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "ra"}},
        "fb": {"is": "fifo", "gate": {"mode": d.pick("flag", "always"), "irq": "rb"}},
        "g": {"is": "fifo", "gate": "flag m"}, "p": {"is": "fifo", "gate": "always o"}, "q": {"is": "fifo", "gate": "flag w"},
        "z": {"is": "fifo", "capacity": d.pick(2, 8), "gate": {"mode": d.pick("flag", "always", "edge"), **_access(d, "l", locked, wake="b")}},
        "e": {"is": "fifo", "capacity": 2, "full": "block", "wake_free": d.pick(1, 2), "gate": {"mode": "always", **_access(d, "l", locked,
            irq="re")}},
        "ra": handler("na", "v"), "rb": handler("nb", "v2"), "re": handler("ne", "v2"),
        "l": {"is": "lock", "handover_ps": d.time(0, 3)},
        "c": _core(d), "h": _core(d), "v": _guest(d, "c"), "v2": _guest(d, d.pick("c", "c", "h")),
        "tick": {"is": "tick", "by": "v", "period_ps": d.time(8, 30), "offset_ps": d.time(0, 9), "cost_ps": d.time(0, 1)},
        "t": {"is": "thread", "by": "v"}, "tm": {"is": "thread", "by": "h", "lock": "l", "wake_ps": d.time(0, 2), "label": "qemu"},
        "to": {"is": "thread", "by": d.pick("h", "c"), "lock": "l", "label": "qemu"}, "tb": {"is": "thread", "by": "h"},
        "na": {"is": "worker", "kind": "soft", "by": "v", "from": ["fa"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "nb": {"is": "worker", "kind": "soft", "by": "v2", "from": ["fb"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "ne": {"is": "worker", "kind": "soft", "by": "v2", "from": ["e"], "into": ["out"], "packet_ps": d.time(0, 2)},
        "w": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "select": "switch", "switch": "y", "rearm_ps": d.time(1, 2), "packet_ps": d.time(0, 2),
            "into": ["z", {"of": "e", "full": d.pick("block", "block", "drop")}], "chunk": d.pick(1, 2)},
        "y": {"is": "switch", "macs": 4, "table": [0, 1, 0, d.pick(0, 1, -1)], "ports": [[0, 1], [1, 1]]},
        "m": {"is": "worker", "kind": "task", "by": "tm", "from": ["g"], "into": ["out"], "budget_packets": d.pick(1, 2, 64), "label": "qemu",
            **d.costs("packet_ps", "poll_ps", "rearm_ps")},
        "o": {"is": "worker", "kind": "task", "by": d.pick("tm", "to"), "from": ["p"], "into": ["out"], "budget_packets": d.pick(1, 2), "label":
            "qemu", **d.costs("packet_ps", "poll_ps", "rearm_ps")},
        "b": {"is": "worker", "kind": "task", "by": d.pick("tb", "to"), "from": ["z"], "into": ["out"], "packet_ps": d.time(0, 3)},
    }  # fmt: skip
    return short, d.time(250, 400)


def sliced(d: Dice) -> tuple[Short, int]:
    """A NIC's guest with three threads and softirqs that demote: who is charged for the exits decides who runs next."""
    locked = d.pick(0, 0.5)
    unmask = [_access(d, "l", locked, unmask="m"), *_accesses(d, 1, "l", locked, {}, {"ack": "m"})]
    rx = {
        "remote": True,
        "dma": "d",
        "moderator": "m",
        "descriptor_bytes": 0,
        "avail_gate": {"mode": "always", "doorbell": "rx"},
    }
    short: Short = {
        "s": d.source("f", 2, 20), "sa": d.source("qa", 1, 12), "sb": d.source("qb", 3, 20), "sg": d.source("g", 2, 20),
        "out": {"is": "sink"},
        "up": {"is": "link", "stage": "bus", "propagation_ps": d.time(0, 1)}, "down": {"is": "link", "propagation_ps": d.time(0, 2)},
        "d": {"is": "dma", "up": "up", "down": "down"},
        "f": {"is": "fifo", "capacity": d.pick(2, 8)},
        "qa": {"is": "fifo", "gate": "flag wa"}, "qb": {"is": "fifo", "gate": "flag wb"}, "g": {"is": "fifo", "gate": "flag o"},
        "z": {"is": "fifo", "capacity": 8, "gate": {"mode": "always", **_access(d, "l", locked, wake="b")}},
        "rx": {"is": "ring", "size": d.pick(2, 8), **rx},
        "m": {"is": "moderator", "route": "r", "dma": d.pick("d", -1), "kind": d.pick("none", "gap", "coal", "coal_cqe", "coal_eqe"),
            "interval_ps": d.time(0, 8), "frames": d.pick(2, 3, INFINITE_PS), "stage": "moderated"},
        "r": {**_route(d, "n", "v", _accesses(d, 2, "l", locked, {}, {"ack": "m"})), "origin": "device", "core": d.pick("c", "h"),
            **d.costs("hardirq_ps", "wakeup_ps", "ipi_ps", high=1)},
        "l": {"is": "lock", "handover_ps": d.time(0, 3)},
        "c": _core(d), "h": _core(d),
        "v": {**_guest(d, "c"), "soft_budget": d.pick(1, 2), "soft_restarts": 1, "soft_time_ps": d.time(2, 20)},
        "kd": {"is": "thread", "by": "v", "kind": "ksoftirqd"},
        "ta": {"is": "thread", "by": "v", "weight": d.pick(512, 1024)}, "tb": {"is": "thread", "by": "v"},
        "tm": {"is": "thread", "by": "h", "lock": "l", "label": "qemu"}, "th": {"is": "thread", "by": d.pick("h", "c")},
        "e": {"is": "worker", "kind": "hw", "from": ["f"], "into": [{"of": "rx", "full": "block"}], "packet_ps": d.time(0, 2)},
        "n": {"is": "worker", "kind": "soft", "by": "v", "from": ["rx"], "into": ["out"], "refill_ring": "rx", "unmask": unmask,
            "packet_ps": d.time(0, 2), "budget_packets": d.pick(1, 64)},
        "wa": {"is": "worker", "kind": "task", "by": "ta", "from": ["qa"], "into": [{"of": "z", "full": "drop"}], "packet_ps": d.time(1, 3)},
        "wb": {"is": "worker", "kind": "task", "by": d.pick("tb", "ta", "ta"), "from": ["qb"], "into": [{"of": "z", "full": "drop"}],
            "packet_ps": d.time(0, 2)},
        "o": {"is": "worker", "kind": "task", "by": "tm", "from": ["g"], "into": ["out"], "packet_ps": d.time(0, 5), "label": "qemu"},
        "b": {"is": "worker", "kind": "task", "by": "th", "from": ["z"], "into": ["out"], "packet_ps": d.time(0, 2)},
    }  # fmt: skip
    return short, d.time(200, 350)
