"""Paths side by side: every described path has every statement with a source; the numbers are those of a run; faults stay visible."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator import decide
from simulator.cli import cli
from simulator.decide.facts import FACTS, ROWS, UNKNOWN, facts_of
from simulator.scenario import names
from simulator.sriov.prices import load_prices

SCENARIO = """
schema: 1
host: modern
nic: {model: x710}
guests: [{name: vm, count: 2}]
traffic: [{name: load, kind: poisson, rate: 20 kpps, size: 64 B}]
measurement: {warmup: 1 ms, duration: 5 ms}
replications: 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "question.yaml"
    path.write_text(SCENARIO)
    return path


def test_every_described_path_has_every_row_with_a_source() -> None:
    assert set(FACTS) <= set(names.datapaths())
    for path in FACTS:
        assert FACTS[path].keys() == set(ROWS)
        assert all(fact.text and fact.source for fact in FACTS[path].values())
    assert set(facts_of("something new").values()) == {UNKNOWN}


def test_a_scenario_without_series_gets_every_path(file: Path) -> None:
    found = decide.decide(str(file), (), load_prices())
    assert [choice.name for choice in found] == list(FACTS)
    text = decide.table(found, load_prices())
    assert "128 VFs of this adapter" in text
    assert "config-sriov" in text
    data = decide.to_json(found)
    assert data[0]["money"]["low"] < data[0]["money"]["sum"] < data[0]["money"]["high"]
    assert data[0]["facts"]["overlay network"]["text"].startswith("no")


def test_the_series_of_a_scenario_are_the_choices(file: Path) -> None:
    file.write_text(SCENARIO + "compare: {A: {datapath: sriov-vf}, B: {datapath: vhost-net}}\n")
    result = CliRunner().invoke(cli, ["decide", str(file), "--json"])
    assert result.exit_code == 0
    choices = json.loads(result.stdout)["choices"]
    assert [(one["choice"], one["datapath"]) for one in choices] == [("A", "sriov-vf"), ("B", "vhost-net")]
    assert choices[0]["money"]["sum"] > 0
    assert all(one["entry"]["latency_us"]["p50"] > 0 for one in choices)


def test_a_choice_that_cannot_be_built_stays_with_its_reason(file: Path) -> None:
    file.write_text(SCENARIO + "compare: {A: {datapath: sriov-vf}, B: {datapath: sriov-vf, queues: 64, vcpus: 64}}\n")
    result = CliRunner().invoke(cli, ["decide", str(file)])
    assert result.exit_code == 1
    assert "B: " in result.stdout.partition("what limits")[2]
    assert "cannot be built" in result.stdout
    assert result.stdout.count("\nB: ") == 1
    assert "not described" not in result.stdout
