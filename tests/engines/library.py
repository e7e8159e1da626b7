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
    {"kind": "request-response", "outstanding": 2},
    {"kind": "request-response", "direction": "tx", "think": "5 us"},
    {"kind": "bulk", "window": 8, "flows": 2},
    {"kind": "bulk", "direction": "tx", "window": 8, "super_packet": "16 KiB"},
)
VARIANTS: tuple[dict[str, Any], ...] = (
    {"host": {"model": "textbook"}, "nic": "textbook-nic"},
    {"host": {"model": "modern", "variability": "on", "tick": "on", "idle_states": "on"}, "nic": "e810"},
)
MODES = {"sriov-vf": ("legacy", "apicv", "posted", "poll")}


@functools.cache
def library() -> tuple[Plan, ...]:
    """All of them, built once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        return tuple(_plan(file, *choice) for choice in _choices())


def _choices() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    return [
        (datapath, mode, traffic, variant)
        for datapath in DATAPATHS
        for mode in MODES.get(datapath, ("automatic",))
        for number, traffic in enumerate(TRAFFIC)
        for variant in VARIANTS[number % 2 : number % 2 + 1]
    ]


def _plan(file: Path, datapath: str, mode: str, traffic: dict[str, Any], variant: dict[str, Any]) -> Plan:
    guests = [{"name": "vm", "count": 2, "datapath": datapath, "interrupts": mode, "rx_ring": 64, "socket_buffer": 8}]
    document = {"schema": 1, "guests": guests, "traffic": [{"name": "load", **traffic}]} | variant
    file.write_text(json.dumps(document))
    return build(load(file))
