"""What is shown and kept of a proof; predictions come first, and nothing predicted is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import prove
from simulator.measure import Measurement
from simulator.measure.slices import Record, Values
from simulator.prove import Proof, Row, report
from simulator.prove.experiments import EXPERIMENTS
from simulator.prove.plans import Prediction

FOUND = Measurement({"cpu": "CPU", "kernel": "6.18", "virtual": False}, "today", None, (), {}, {}, {}, [], {}, 1.0, 0.0)


def row(name: str, predicted: float, measured: float, lost: float | None = None) -> Row:
    return Row(name, "what", "packet", predicted, measured, measured * 1.1, 0.2, lost, 2.0, (measured,))


PROOF = Proof(
    (row("a", 900, 1000), row("b", 3300, 3000, lost=0.25), row("c", 700, 1000)),
    {"d": "no tap"},
    0.9,
    (1.0, 2.0),
    (5.0,),
    60.0,
)


def test_errors_are_of_the_prediction() -> None:
    assert [round(r.error, 3) for r in PROOF.rows] == [-0.1, 0.1, -0.3]
    assert PROOF.median_error == pytest.approx(0.1)
    assert PROOF.worst_error == pytest.approx(0.3)


def test_the_table_names_every_row_and_what_was_left_out() -> None:
    lines = report.table(FOUND, PROOF).splitlines()
    assert [line.split()[0] for line in lines[4:7]] == ["a", "b", "c"]
    assert "+10.0%" in lines[5]
    assert "20% / 25%" in lines[5]
    assert "left out: d: no tap" in lines
    assert lines[-1].startswith("3 experiments: median error 10.0% (expected at most 15%), worst 30.0%, c")


def test_the_data_hold_slices_and_predictions() -> None:
    data = report.as_json(FOUND, PROOF, {"a": {"predicted_ns": 900}}, "2026-01-01T00:00:00Z")
    assert data["predictions"] == {"a": {"predicted_ns": 900}}
    assert data["experiments"]["c"]["slices"] == (1000,)
    assert data["left_out"] == {"d": "no tap"}


def test_what_was_predicted_and_never_succeeded_is_named() -> None:
    chosen = list(EXPERIMENTS[:2])
    names = [experiment.name for experiment in chosen]
    rounds = [{f"{names[0]}/ns": 10.0 + turn, f"{names[0]}/switches": 2.0} for turn in range(4)]
    found = Record(
        rounds=rounds, canaries=[1.0], wholes={f"{names[0]}/{key}": f"{names[0]}/ns" for key in ("ns", "switches")}
    )
    rows, never = prove._rows(chosen, {name: Prediction(9.0) for name in names}, found)
    assert [(r.name, r.measured_ns, r.slices) for r in rows] == [(names[0], 11.0, (10.0, 11.0, 12.0, 13.0))]
    assert list(never) == [names[1]]


def test_without_a_primitive_an_experiment_is_left_out_by_name() -> None:
    known = prove.prices(FOUND, "modern", 256)
    forecast = prove._forecast(known, {"routed": "no forwarding"})
    assert forecast.left_out["ask-routed"] == "routed: no forwarding"
    assert "was not measured" in forecast.left_out["ask-pair"]
    assert not forecast.predictions


def test_a_probe_names_its_values() -> None:
    answers: list[Values | None] = [None, {"ns": 1.0}, None]
    attempt: Callable[[], Values | None] = lambda: answers.pop(0) if answers else None  # noqa: E731
    probe = prove._probe(EXPERIMENTS[0], attempt)
    assert probe.attempt() == {f"{EXPERIMENTS[0].name}/ns": 1.0}
    assert probe.attempt() is None
    assert probe.whole == f"{EXPERIMENTS[0].name}/ns"
