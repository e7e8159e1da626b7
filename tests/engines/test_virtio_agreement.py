"""Both engines on guests behind a bridge: shared rings, event indices, back-pressure, threads that serve two directions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.scenario import load, points
from simulator.study.agreement import IDENTICAL, compare_engines

EVENTS = 3_000
TRAFFIC: list[dict[str, Any]] = [
    {"kind": "poisson", "rate": "2 Mpps", "overload": True, "flows": 16},
    {"kind": "poisson", "rate": "2 Mpps", "overload": True, "direction": "tx", "size": "64 B", "flows": 16},
    {"kind": "request-response", "outstanding": 3},
    {"kind": "bulk", "direction": "tx", "super_packet": "64 KiB", "flows": 2},
]


@pytest.mark.parametrize("datapath", ["vhost-net", "virtio-qemu"])
@pytest.mark.parametrize("traffic", TRAFFIC, ids=["rx", "tx", "request-response", "bulk"])
@pytest.mark.parametrize("queues", [1, 2])
def test_engines_agree(tmp_path: Path, datapath: str, traffic: dict[str, Any], queues: int) -> None:
    guests = [
        # Two guests that share cores, with the tick on, and a virtual function beside them.
        {
            "name": "vm",
            "count": 2,
            "datapath": datapath,
            "vcpus": queues,
            "queues": queues,
            "placement": {"share": 1},
            "tick": True,
        },
        {"name": "vf", "datapath": "sriov-vf", "interrupts": "legacy"},
    ]
    file = tmp_path / "s.yaml"
    content = {"schema": 1, "host": "modern", "nic": "e810", "guests": guests, "traffic": [{"name": "t", **traffic}]}
    file.write_text(json.dumps(content))
    assert [compare_engines(point, EVENTS) for point in points(load(file))] == [IDENTICAL]


def test_engines_agree_on_more_guests_than_a_word_has_bits(tmp_path: Path) -> None:
    # Each host queue and each backend can reach all 130 tap queues.
    guests = [{"name": "vm", "count": 130, "datapath": "vhost-net"}]
    traffic = [{"kind": "request-response", "name": "t"}]
    content = {"schema": 1, "host": {"model": "modern", "cores": 512}, "nic": "e810", "guests": guests}
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(content | {"traffic": traffic}))
    assert [compare_engines(point, 3 * EVENTS) for point in points(load(file))] == [IDENTICAL]
