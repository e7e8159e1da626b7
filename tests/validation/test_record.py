"""The stored record is what the program says today, on a sample of every test-bed that is cheap enough to simulate again.

Seeds are fixed: predictions are equal on every machine, not close. `python -m tests.validation --record` makes the record anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator import validation
from simulator.validation import Prediction, elsewhere, record
from simulator.validation.runs import Store

SOURCES = validation.read()
SAMPLE = (
    "ara20-remote-sriov-64B", "ara20-remote-sriov-64B-4pairs", "emm15-dpdk-unidir-x520", "felter-kvm-rx-cpb", "felter-kvm-added-us",
    "ixy-lat-intr-0.8mpps-p50", "ixy-lat-itr200-0.8mpps-p99", "ixy-ring64-29mpps", "netvm-sriov-rtt-3gbps", "dpdk-ice-256",
    "noms20-snort-fwd-vm-max-kpps", "csit-testpmd-x520-eth-l2xcbase-64b-2t2c", "middlenet-vf-share", "eli12-baremetal-lo",
    "vmux-gr-vfio-vfio-vhostoff-xdp-60b-2000kpps-p50", "vmux-gr-virtio2-bridge-vhoston-xdp-60b-600kpps-loss",
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> list[Prediction]:
    points = [point for source in SOURCES for point in source.points if point.id in SAMPLE]
    assert len(points) == len(SAMPLE)
    return validation.predict(SOURCES, points, Store(), jobs=2)


def test_a_sample_is_what_the_record_says(found: list[Prediction]) -> None:
    known = record.load().points
    assert {each.point.id: each.value for each in found} == {name: known[name]["value"] for name in SAMPLE}


def test_the_record_holds_every_point_and_no_other() -> None:
    assert set(record.load().points) == {point.id for source in SOURCES for point in source.points if point.rule}


def test_the_stored_score_keeps_its_bars() -> None:
    score = validation.score(SOURCES, elsewhere.widened(record.predictions(record.load(), SOURCES)))
    assert [bar["name"] for bar in record.bars(score) if bar["kept"] is False] == []


def test_the_ten_worst_have_a_reason() -> None:
    by_group = {source.group: source for source in SOURCES}
    worst = validation.score(SOURCES, record.predictions(record.load(), SOURCES))["worst"]
    points = {point.id: point for source in SOURCES for point in source.points}
    assert [entry["id"] for entry in worst if not by_group[entry["group"]].finding(points[entry["id"]])] == []


def test_intervals_stay_when_a_run_has_none(tmp_path: Path, found: list[Prediction]) -> None:
    file = tmp_path / "record.json"
    wide = [Prediction(each.point, each.value, low=1.0, high=2.0) for each in found]
    record.save(wide, "one", file, {"draws": 8})
    record.save(found, "two", file)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert (content["run"]["program"], content["intervals"]["program"]) == ("two", "one")
    assert all((point["low"], point["high"]) == (1.0, 2.0) for point in content["points"].values())


def test_a_missed_bar_is_seen(tmp_path: Path) -> None:
    (tmp_path / "bars.yaml").write_text(
        "factor: {at_most: 1.5}\nwithin_2: {at_least: 0.9, aim: 1}\nbias: {aim: 1}\n", encoding="utf-8"
    )
    found = record.bars({"factor": 1.6, "within_2": 0.9, "bias": None}, tmp_path / "bars.yaml")
    assert [bar["kept"] for bar in found] == [False, True, None]
