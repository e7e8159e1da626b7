"""Made-up results that charts must stand: 1, 6 and 24 series, names of every length and script, nothing delivered, all lost.

*Scope*: documents as `simulator.charts.read` returns them, deterministic. *Validation*: the tests beside this file.
"""

from __future__ import annotations

from typing import Any

from simulator.parts.stages import STAGES

PATHS = (
    ("native", ""), ("sriov-vf", "posted"), ("sriov-vf", "legacy"), ("vhost-net", ""), ("virtio-qemu", ""),
    ("sriov-vf", "poll"), ("emulated-e1000", ""), ("sriov-vf", "apicv"),
)  # fmt: skip
SHORT = "VF {n}"
LONG = (
    "a guest with two virtual functions of an X710, four queues each, interrupts moderated to 20 us, beside "
    "vhost-net on the same socket, variant no. {n}"
)
CHINESE = "第{n}组：虚拟机通过虚拟功能直通网卡，中断合并二十微秒，宿主机启用轮询"
MIXED = "$\\alpha$_{n}^2 <b>&amp; 100 % #{n} \N{GRINNING FACE}"
LATENCIES = ("mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")
EVENTS = [{"at_s": 0.04, "what": "unplug vm0"}, {"at_s": 0.055, "what": "plug vm0"}]
STATES = ("delivered", "nothing", "lost", "constant", "mixed")


def states(series: int, names: str = SHORT, title: str = "", sweep: str = "") -> dict[str, dict[str, Any]]:
    """State -> document with so many series; `sweep`: "rate" or "size" for five values of it."""
    return {state: document(state, series, names, title, sweep) for state in STATES}


def document(state: str, series: int, names: str = SHORT, title: str = "", sweep: str = "") -> dict[str, Any]:
    """One document: ``delivered``, ``nothing`` (delivered, nor lost), ``lost`` (everything), ``constant`` (one latency for
    all), ``mixed`` (every third point without a value, every fourth unsteady)."""
    values = {
        "rate": ("10 kpps", "50 kpps", "100 kpps", "200 kpps", "400 kpps"),
        "size": ("64 B", "128 B", "512 B", "1024 B", "1518 B"),
    }
    places = values.get(sweep, ("",))
    points = []
    for number in range(series):
        for step, value in enumerate(places):
            point = _point(state, number, step, len(places))
            parameters = {f"traffic.*.{sweep}": value} if value else {}
            points.append(point | {"series": names.replace("{n}", str(number + 1)), "parameters": parameters})
    return {"schema": 1, "scenario": "stress", "title": title or f"{series} series, {state}", "points": points}


def _point(state: str, number: int, step: int, steps: int) -> dict[str, Any]:
    path, mode = PATHS[number % len(PATHS)]
    load = (10e3, 50e3, 100e3, 200e3, 400e3)[step] if steps > 1 else 100e3
    dead = state in ("nothing", "lost") or (state == "mixed" and (number + step) % 3 == 2)
    lost = 1.0 if state == "lost" or (state == "mixed" and dead) else max(0.0, load / 4e5 - 0.9 + 0.02 * number)
    lost = 0.0 if state in ("nothing", "constant") else min(lost, 1.0)
    mean = 10.0 if state == "constant" else (3 + 2.5 * number) * (1 + load / (5e5 - load))
    shape = dict(zip(LATENCIES, (1, 0.9, 1.3, 1.9, 2.6, None, 3.0), strict=True))
    latency = {
        name: None if dead or part is None else mean if state == "constant" else mean * part
        for name, part in shape.items()
    }
    stages = list(STAGES)[number % 4 :: 2]
    weights = [1 + (index * 7 + number) % 9 for index in range(len(stages))]
    parts = [
        {"name": name, "wait_us": mean * w / sum(weights) * 0.6, "service_us": mean * w / sum(weights) * 0.4}
        for name, w in zip(stages, weights, strict=True)
    ]
    offered, exits = int(load / 10), {"HLT": 700 + number, "EPT_MISCONFIG": 215, "MSR_WRITE": 40 * (number % 3)}
    count = 0 if dead else int(offered * (1 - lost))
    rows = (
        [] if dead else [(int(mean * 1e6 * k), int(mean * 1e6 * k * 1.008), count // 4) for k in (0.8, 0.95, 1.2, 1.8)]
    )
    if state == "constant":
        rows = [(int(mean * 1e6 * 0.996), int(mean * 1e6 * 1.004), count)]
    split = {
        "host_work": {"hyp": 0.1 + 0.02 * number, "vhost": 0.3},
        "guest_work": {"guest_soft": 0.2, "guest_task": 0.1},
    }
    guests = {f"vm#{k}": _directions(load, count * 10.0, latency, 1 + 0.3 * k * number) for k in range(1 + number % 3)}
    course = _course(load, 0 if dead else count * 10.0, mean, lost)
    return {
        "over_time": {"interval_s": 0.005, "events": EVENTS, "all": course, "guests": dict.fromkeys(guests, course)},
        "guests": {"vm": _directions(load, count * 10.0, latency, 1.0), **guests},
        "datapath": path, "interrupts": mode, "offered_pps": load, "delivered_pps": count * 10.0, "throughput_bps": count * 5120.0,
        "latency_us": latency, "loss_ratio": lost, "stages": [] if dead else parts, "exits": exits,
        "exits_per_packet": sum(exits.values()) / count if count else None,
        "drops": {f"vm{number}.q0.rx": int(offered * lost)} if lost else {}, "host_cores_busy": 0.5, "guest_cores_busy": 0.3,
        "host_work_cores": sum(split["host_work"].values()), "guest_work_cores": 0.3, "polling_cores": 0.2 * (number % 3),
        "work_split": split | {"polling": {"halt_poll": 0.2 * (number % 3)} if number % 3 else {}},
        "latency_exact": {"count": count, "minimum_ps": None if dead else int(mean * 1e6 * (1 if state == "constant" else 0.8))},
        "conservation": {"offered": offered}, "histogram": rows, "window_s": 0.1, "line_rate_bps": 10**10, "replications": 1,
        "ranges": {}, "cost_status": {"cited": 3, "assumed": 2}, "steady": 0 if state == "mixed" and number % 4 == 1 else 1,
        "bottleneck": "nothing: core cpu0 is 40.0 % busy at most",
    }  # fmt: skip


def _course(load: float, delivered_pps: float, mean_us: float, lost: float) -> list[dict[str, Any]]:
    """Twenty intervals with an outage in the middle."""
    rows = []
    for step in range(20):
        here = 0.0 if 8 <= step < 11 else delivered_pps * (1 + 0.1 * (step % 3))
        latency = mean_us * (1 + 0.05 * (step % 4)) if here else None
        rates = {"offered_pps": load, "delivered_pps": here, "throughput_bps": here * 512}
        dropped = int(load * 0.005 * lost) if here else 40
        rows.append({"start_s": step * 0.005, **rates, "latency_mean_us": latency, "dropped": dropped if lost else 0})
    return rows


def _directions(load: float, delivered_pps: float, latency: dict[str, float | None], factor: float) -> dict[str, Any]:
    """Of one guest: what it received, and half as much that it sent."""
    scaled = {name: None if value is None else value * factor for name, value in latency.items()}
    rates = {"offered_pps": load, "delivered_pps": delivered_pps, "throughput_bps": delivered_pps * 512}
    received = rates | {"latency_us": scaled}
    return {
        "all": received,
        "rx": received,
        "tx": {name: rate / 2 for name, rate in rates.items()} | {"latency_us": scaled},
    }
