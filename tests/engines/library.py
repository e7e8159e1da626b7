"""Plans of the datapath library, short enough to be run by both engines many times: every datapath, mode and kind of traffic.

*Scope*: what `scenario.build` makes; a few hundred handler runs each. *Validation*: every one passes `check()`.
"""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from simulator.plan.model import Plan
from simulator.scenario import load
from simulator.scenario.build import build
from simulator.scenario.names import DATAPATHS

UNTIL_PS = 150_000_000
TRAFFIC: tuple[dict[str, Any], ...] = (
    {"kind": "poisson", "rate": "200 kpps", "size": {"imix": "nfvbench"}},
    {"kind": "bursts", "rate": "300 kpps", "burst": 12, "gap": "200 ns"},
    {"kind": "constant", "rate": "200 kpps", "direction": "tx"},
    {"kind": "bursts", "rate": "300 kpps", "burst": 40, "gap": "50 ns", "direction": "tx"},
    {"kind": "request-response", "outstanding": 2},
    {"kind": "request-response", "direction": "tx", "think": "5 us"},
    {"kind": "bulk", "window": 8, "flows": 2},
    {"kind": "bulk", "direction": "tx", "window": 8, "super_packet": "16 KiB"},
    {"kind": "bursts", "rate": "300 kpps", "burst": 40, "gap": "50 ns", "direction": "tx", "flows": 3},
)
VARIANTS: tuple[dict[str, Any], ...] = (
    {"host": {"model": "textbook"}, "nic": "textbook-nic"},
    {"host": {"model": "modern", "variability": "on", "tick": "on", "idle_states": "on"}, "nic": "e810"},
)
PLACEMENTS: tuple[dict[str, Any], ...] = ({}, {"placement": {"share": 1}})
"""A core for each guest, then one for both."""
SMALL_TX_RING = {"native": 8, "sriov-vf": 8, "direct-assignment": 8}
"""Descriptors; so few that senders have to wait. Paravirtual drivers keep some free and need `OTHER_TX_RING`."""
OTHER_TX_RING = 20
MODES = {
    "sriov-vf": ("legacy", "apicv", "posted", "poll"),
    "direct-assignment": ("posted", "poll"),
    "vhost-user": ("automatic", "poll"),
}


@functools.cache
def library() -> tuple[Plan, ...]:
    """All of them, built once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        return tuple(_plan(file, *choice) for choice in _choices())


def _choices() -> list[tuple[str, str, int]]:
    return [
        (datapath, mode, number)
        for datapath in DATAPATHS
        for mode in MODES.get(datapath, ("automatic",))
        for number in range(len(TRAFFIC))
    ]


def _plan(file: Path, datapath: str, mode: str, number: int) -> Plan:
    rings = {"rx_ring": 64, "tx_ring": SMALL_TX_RING.get(datapath, OTHER_TX_RING), "socket_buffer": 8}
    placed = PLACEMENTS[number // 2 % 2]
    count = 1 if datapath == "direct-assignment" else 2
    guests = [{"name": "vm", "count": count, "datapath": datapath, "interrupts": mode, **rings, **placed}]
    document = {"schema": 1, "guests": guests, "traffic": [{"name": "load", **TRAFFIC[number]}]} | VARIANTS[number % 2]
    file.write_text(json.dumps(document))
    return build(load(file))
