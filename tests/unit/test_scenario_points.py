"""Comparison and sweep: which points there are, in which order, with which values."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import InputError, ScenarioErrors
from simulator.formats import yaml12
from simulator.scenario import Point, load, points
from simulator.scenario.steps import steps

GOOD = "schema: 1\nguests:\n  - {name: vm}\n  - {name: db}\ntraffic:\n  - {name: load, kind: poisson, rate: 1 Mpps}\n"


def expand(tmp_path: Path, text: str) -> tuple[Point, ...]:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + text, encoding="utf-8")
    return points(load(path))


def test_without_anything_there_is_one_point(tmp_path: Path) -> None:
    (point,) = expand(tmp_path, "")
    assert (point.series, point.parameters) == ("a", {})


def test_series_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "compare:\n  bare metal: {datapath: native}\n"
    text += "  one: {guests.db.interrupts: legacy, host: textbook}\n  as it is: {}\n"
    found = expand(tmp_path, text)
    assert [point.series for point in found] == ["bare metal", "one", "as it is"]
    assert [[g.datapath for g in p.scenario.guests] for p in found] == [
        ["native"] * 2,
        ["sriov-vf"] * 2,
        ["sriov-vf"] * 2,
    ]
    assert [g.interrupts for g in found[1].scenario.guests] == ["automatic", "legacy"]
    assert found[1].scenario.host.model == "textbook"
    assert all(not p.scenario.compare and not p.scenario.sweep.matrix for p in found)


def test_matrix_first_key_slowest_then_zip_then_include(tmp_path: Path) -> None:
    text = """
sweep:
  matrix: {seed: [1, 2], host.cores: [4, 8]}
  zip: {guests.vm.vcpus: [1, 2], guests.vm.queues: [1, 2]}
  exclude: [{seed: 2, host.cores: 4}]
  include: [{seed: 9}]
"""
    found = [tuple(point.parameters.values()) for point in expand(tmp_path, text)]
    assert found == [
        ("1", "4", "1", "1"),
        ("1", "4", "2", "2"),
        ("1", "8", "1", "1"),
        ("1", "8", "2", "2"),
        ("2", "8", "1", "1"),
        ("2", "8", "2", "2"),
        ("9",),
    ]


def test_every_point_is_validated(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        expand(tmp_path, "sweep:\n  matrix:\n    guests.vm.queues: [1, 2]\n    traffic.load.rate: [1 kpps, 1 kbps]\n")
    assert len(caught.value.lines) == 2
    assert "a.yaml:10: traffic[0].rate: '1 kbps' is bits per second, which is the key 'throughput'" in str(caught.value)
    assert "has more queues than vCPUs (2 and 1)" in str(caught.value)


def test_a_series_can_change_the_kind_of_a_map(tmp_path: Path) -> None:
    text = (
        "nic: {moderation: {kind: gap, interval: 50 us}}\ncompare:\n  off: {nic.moderation: {kind: none}}\n  on: {}\n"
    )
    kinds = [point.scenario.nic.moderation for point in expand(tmp_path, text)]
    assert [m.kind for m in kinds if m] == ["none", "gap"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[1, x, 2]", [1, "x", 2]),
        ("{from: 1, to: 5, steps: 3}", [1, 3, 5]),
        ("{from: 5, to: 1, steps: 3}", [5, 3, 1]),
        ("{from: 1, to: 64, steps: 7, scale: log}", [1, 2, 4, 8, 16, 32, 64]),
        ("{from: 1, to: 2, steps: 5}", [1, 2]),
        ("{from: 100 kpps, to: 500 kpps, steps: 5}", ["100 kpps", "200 kpps", "300 kpps", "400 kpps", "500 kpps"]),
        ("{from: 10 kpps, to: 1 Mpps, steps: 3, scale: log}", ["10 kpps", "100 kpps", "1 Mpps"]),
        ("{from: 1 us, to: 2 us, steps: 4}", ["1 us", "1.333 us", "1.667 us", "2 us"]),
        ("{from: 10 %, to: 90 %, steps: 3}", ["10 %", "50 %", "90 %"]),
    ],
)
def test_steps(text: str, values: list[object]) -> None:
    assert [node.plain() for node in steps(yaml12.parse(text, "f"))] == values


def test_large_sweeps_are_counted_before_they_are_made(tmp_path: Path) -> None:
    ranges = ", ".join(f"{key}: {{from: 1, to: 10000, steps: 10000}}" for key in ("seed", "host.cores", "nic.rx_ring"))
    with pytest.raises(InputError, match="1,000,000,000,000 points"):
        expand(tmp_path, f"sweep: {{matrix: {{{ranges}}}}}\n")


@pytest.mark.parametrize("kind", ["matrix", "zip"])
def test_a_sweep_has_up_to_16_keys(kind: str, tmp_path: Path) -> None:
    """Seventeen keys are one too many, whatever they are; sixteen are complained of only for what they are."""

    def said(count: int) -> str:
        keys = ", ".join(f"nothing.n{n}: [1, 2]" for n in range(count))
        with pytest.raises(ScenarioErrors) as caught:
            expand(tmp_path, f"sweep: {{{kind}: {{{keys}}}}}\n")
        return " ".join(caught.value.lines)

    assert f"sweep.{kind}" in said(17)
    assert "has more than 16 items" in said(17)
    assert "has more than" not in said(16)
