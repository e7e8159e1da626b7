"""Costs drawn from their ranges: the distributions, the machine that comes of a draw, intervals and what to measure first.

Draws and random numbers are fixed: nothing here fails by chance.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simulator import costs
from simulator.cli import cli
from simulator.costs.ranges import IDLE, LEAST, Unknown, host_drawn, nic_drawn, unknowns
from simulator.plan.fingerprint import fingerprint
from simulator.scenario import Point, load, points
from simulator.scenario.build import build, drawn
from simulator.scenario.settings_of_machines import nic_settings
from simulator.study.elsewhere import stored
from simulator.study.uncertainty import design, interval, intervals, measure_first

MODERN, E810 = costs.host("modern"), costs.nic("e810")
SCENARIO = """schema: 1
host: {model: modern, idle: poll, tick: off, variability: off, costs: {h_app_rx_pk: 300 ns}}
guests: [{name: vm, datapath: native}]
traffic: [{name: in, kind: constant, rate: 10 kpps}]
measurement: {warmup: 0 us, duration: 2 ms}
replications: 1
"""


@pytest.fixture
def point(tmp_path: Path) -> Point:
    (tmp_path / "a.yaml").write_text(SCENARIO, encoding="utf-8")
    return points(load(tmp_path / "a.yaml"))[0]


@pytest.mark.parametrize(("low", "high"), [(0.5, 2.0), (0.9, 4.0), (0.2, 1.1)])
def test_the_density_is_a_triangle_over_the_logarithm(low: float, high: float) -> None:
    cost = Unknown("x", "assumed", low, high)
    assert cost.factor(0) == pytest.approx(low)
    assert cost.factor(1) == pytest.approx(high)
    assert cost.factor(-math.log(low) / (math.log(high) - math.log(low))) == pytest.approx(1)
    logs = np.log([cost.factor((n + 0.5) / 100_000) for n in range(100_000)])
    # mean and variance of a triangular distribution with ends a, b and mode 0
    a, b = math.log(low), math.log(high)
    assert logs.mean() == pytest.approx((a + b) / 3, abs=1e-4)
    assert logs.var() == pytest.approx((a * a + b * b - a * b) / 18, rel=1e-3)


def test_what_was_read_nowhere_is_half_to_double_at_least() -> None:
    found = {cost.name: cost for cost in unknowns(MODERN, E810)}
    for name, cost in found.items():
        assert cost.low <= 1 / LEAST[cost.status], name
        assert cost.high >= LEAST[cost.status], name
    wide = MODERN.costs["k_ioeventfd"]
    assert wide.low / wide.value < 1 / LEAST[wide.status], "a source's own range is kept where it is wider"
    assert found["k_ioeventfd"].low == pytest.approx(wide.low / wide.value)


def test_twins_move_together_and_settings_do_not_move() -> None:
    names = {cost.name for cost in unknowns(MODERN, E810)}
    assert "g_stack_rx_pk" in names
    assert "h_stack_rx_pk" not in names
    moved = host_drawn(MODERN, {"g_stack_rx_pk": 2.0})
    assert moved.ps("h_stack_rx_pk") == moved.ps("g_stack_rx_pk") == 2 * MODERN.ps("g_stack_rx_pk")
    assert not [name for name in names if "halt_poll" in name or "itr" in name or "ring" in name]


def test_a_draw_keeps_the_spread_and_everything_else() -> None:
    moved, before = host_drawn(MODERN, {"k_exit": 1.5, IDLE: 0.5}), MODERN.costs["k_exit"]
    after = moved.costs["k_exit"]
    assert (after.low / after.value, after.high / after.value) == pytest.approx(
        (before.low / before.value, before.high / before.value), rel=1e-5
    )
    assert [state.leave.value for state in moved.idle_states] == [
        round(state.leave.value / 2) for state in MODERN.idle_states
    ]
    changed = {name for name in MODERN.costs if moved.costs[name] != MODERN.costs[name]}
    assert changed == {"k_exit"}
    assert nic_drawn(E810, {"nic.rx_latency": 2.0}).value("rx_latency") == 2 * E810.value("rx_latency")
    assert host_drawn(MODERN, {}) is MODERN


def test_a_scenario_on_a_drawn_machine(point: Point) -> None:
    moved = drawn(point.scenario, {"g_app_rx_pk": 2.0, "nic.rx_latency": 3.0, "g_irq": 2.0})
    assert fingerprint(build(moved)) != fingerprint(build(point.scenario))
    assert fingerprint(build(drawn(point.scenario, {}))) == fingerprint(build(point.scenario))
    # what the scenario sets itself stays
    assert fingerprint(build(drawn(point.scenario, {"g_app_rx_pk": 2.0}))) == fingerprint(build(point.scenario))
    assert nic_settings(moved.nic).model.value("rx_latency") == 3 * nic_settings(point.scenario.nic).model.value(
        "rx_latency"
    )


def test_the_design_is_fixed_and_fills_every_dimension() -> None:
    unknown = unknowns(MODERN, E810)
    draws = design(unknown, 16)
    assert draws == design(unknown, 16)
    assert len(draws) == 16
    for cost in unknown:
        values = [draw[cost.name] for draw in draws]
        assert all(cost.low <= value <= cost.high for value in values)
        # a Sobol design has one point in each sixteenth of every dimension
        edges = [cost.factor(n / 16) for n in range(17)]
        assert sorted(np.searchsorted(edges, values)) == list(range(1, 17)), cost.name


def test_the_interval_of_few_draws_is_their_ends() -> None:
    assert interval([float(n) for n in range(16)]) == (0, 15)
    low, high = interval([float(n) for n in range(1, 100)])
    assert (low, high) == pytest.approx((5, 95))


def test_intervals_of_a_sum_of_costs(point: Point) -> None:
    (found,) = intervals([point], draws=8, workers=2)
    alone = [intervals([point], draws=8, workers=1)[0]["latency.mean"]]
    assert alone == [found["latency.mean"]], "the number of workers changes nothing"
    low, high = found["latency.mean"]["low"], found["latency.mean"]["high"]
    assert low is not None
    assert high is not None
    assert low < high
    assert found["delivered_pps"] == {"low": 10_000.0, "high": 10_000.0}


def test_the_dearest_unknown_cost_is_named_first(point: Point) -> None:
    found = measure_first(point, "latency.mean", workers=2)
    assert found
    assert all(share.at_high > share.at_low for share in found), "every one of these costs is part of the sum"
    span = {share.cost: share.at_high - share.at_low for share in found}
    assert found[0].cost == max(span, key=lambda name: span[name])
    assert [share.total for share in found] == sorted((share.total for share in found), reverse=True)


def test_the_commands_say_intervals(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    out = ["--no-plot", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(
        cli, ["run", str(file), "--uncertainty", "--draws", "8", "--measure-first", "latency.mean", *out]
    )
    assert result.exit_code == 0, result.stderr
    assert "90 % intervals over 8 draws" in result.stdout
    assert "as wrong as elsewhere" in result.stdout
    assert "for latency.mean, measure these first: " in result.stdout
    header = next((tmp_path / "out").glob("*/summary.csv")).read_text(encoding="utf-8").splitlines()[0].split(",")
    columns = {f"latency_mean_us_{what}_{end}" for what in ("costs", "elsewhere") for end in ("low", "high")}
    assert columns <= set(header)
    found = json.loads(
        CliRunner().invoke(cli, ["run", str(file), "--uncertainty", "--draws", "8", "--json", *out]).stdout
    )
    point = found["points"][0]
    assert point["uncertainty"]["draws"] == 8
    # as wrong as elsewhere is wider than the costs, and nothing arrives that was not offered
    costs, wide = (point["uncertainty"][key]["latency.mean"] for key in ("metrics", "elsewhere"))
    assert wide["low"] <= costs["low"] < costs["high"] <= wide["high"]
    known = stored()[1]["rate"]
    assert point["uncertainty"]["elsewhere"]["delivered_pps"] == {
        "low": pytest.approx(known.low * point["delivered_pps"]),
        "high": max(point["offered_pps"], point["delivered_pps"]),
    }
    assert "loss_ratio" not in point["uncertainty"]["elsewhere"]
    plain = json.loads(CliRunner().invoke(cli, ["run", str(file), "--json", *out]).stdout)
    assert "uncertainty" not in plain["points"][0]


def test_an_unknown_metric_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    result = CliRunner().invoke(cli, ["run", str(file), "--measure-first", "latency.p98"])
    assert result.exit_code == 2
    assert "did you mean 'latency.p9" in result.stderr
