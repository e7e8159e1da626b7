"""Twenty scenarios with a service level, and scenarios of every path for searches of rates."""

from __future__ import annotations

from itertools import product

from simulator.datapaths import DATAPATHS
from simulator.scenario.names import EMULATED

PATHS = ("sriov-vf", "vhost-net", "virtio-qemu", "emulated-e1000")
RATES = {"sriov-vf": 100, "vhost-net": 100, "virtio-qemu": 40, "emulated-e1000": 15}
LEVELS = (
    "p99 < 100 us and loss < 1e-4 and steady",
    "p99 < 40 us and loss < 1e-4 and steady",
    "mean < 60 us and steady",
    "loss < 1 % and steady",
    "delivered_pps > 10 kpps and p50 < 200 us and steady",
)
LARGEST = 24
SLOW = (*EMULATED, "virtio-qemu", "virtio-vmm")
"""Paths that carry few packets: their windows are longer, so that a trial has thousands of them. Loss in fewer is a matter of chance."""
TEXT = """
schema: 1
host: {{model: {host}}}
nic: {{model: textbook-nic, moderation: {{kind: none}}}}
guests: [{{name: vm, datapath: {path}, placement: {{share: 2}}}}]
traffic: [{{name: load, kind: poisson, rate: {rate} kpps, size: 64 B}}]
measurement: {{warmup: 1 ms, duration: {duration} ms}}
replications: {replications}
"""


def guest_counts() -> list[tuple[str, str]]:
    """(scenario, service level): four paths with five levels each."""
    return [
        (TEXT.format(host="textbook", path=path, rate=RATES[path], duration=10, replications=2), level)
        for path, level in product(PATHS, LEVELS)
    ]


def rate_searches() -> dict[str, str]:
    """Path -> scenario, for every path, and for those that can be polled in that mode, too."""
    text = TEXT.replace(", placement: {{share: 2}}", "")
    found = {}
    for path in DATAPATHS.values():
        for mode in ("", *(("poll",) if "poll" in path.modes else ())):
            named = f"{path.name}, interrupts: {mode}" if mode else path.name
            words = {
                "host": "textbook",
                "path": named,
                "rate": 10,
                "duration": 200 if path.name in SLOW else 20,
                "replications": 1,
            }
            found[f"{path.name}, {mode}" if mode else path.name] = text.format(**words)
    return found
