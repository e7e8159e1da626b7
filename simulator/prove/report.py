"""A proof as a table for the terminal and as data.

*Scope*: text and plain values. *Validation*: ``tests/prove/test_report.py``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from simulator import __version__
from simulator.measure import Measurement
from simulator.measure import report as measured
from simulator.prove import Forecast, Proof, Row
from simulator.prove.experiments import EXPERIMENTS

MEDIAN_BAR, WORST_BAR = 0.15, 0.40
"""What is expected of the predictions; missing it is said, not hidden."""


def forecast(expected: Forecast) -> dict[str, Any]:
    """What was predicted before anything was run."""
    what = {experiment.name: experiment for experiment in EXPERIMENTS}
    return {
        name: {
            "what": what[name].what,
            "operation": what[name].operation,
            "predicted_ns": prediction.ns,
            "predicted_lost": prediction.lost,
        }
        for name, prediction in expected.predictions.items()
    }


def as_json(found: Measurement, proof: Proof, predicted: dict[str, Any], predicted_at: str) -> dict[str, Any]:
    """Everything: predictions with the time at which they were made, results slice by slice, the primitives."""
    return {
        "program": __version__,
        "predicted_at": predicted_at,
        "predictions": predicted,
        "experiments": {row.name: asdict(row) | {"error": row.error} for row in proof.rows},
        "left_out": proof.left_out,
        "median_abs_error": proof.median_error,
        "worst_abs_error": proof.worst_error,
        "median_bar": MEDIAN_BAR,
        "worst_bar": WORST_BAR,
        "clean_share": proof.clean_share,
        "load": list(proof.load),
        "canaries_ns": list(proof.canaries),
        "seconds": proof.seconds,
        "primitives": measured.as_json(found),
    }


def table(found: Measurement, proof: Proof) -> str:
    """Predicted beside measured, and the verdict."""
    head = ("experiment", "predicted", "measured", "error", "as found", "lost", "switches", "one operation")
    rows = [head, *map(_row, proof.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    load = " to ".join(f"{value:g}" for value in proof.load)
    return "\n".join(
        [
            measured.hardware(found),
            f"{found.conditions}; while experiments ran: load {load}, {proof.clean_share:.0%} of the slices on a core at its best",
            "",
            *lines,
            "",
            *(f"left out: {name}: {why}" for name, why in proof.left_out.items()),
            verdict(proof),
        ]
    )


def verdict(proof: Proof) -> str:
    """The median error and the worst, beside what is expected."""
    worst = max(proof.rows, key=lambda row: abs(row.error))
    return (
        f"{len(proof.rows)} experiments: median error {proof.median_error:.1%} (expected at most {MEDIAN_BAR:.0%}), "
        f"worst {abs(worst.error):.1%}, {worst.name} (expected at most {WORST_BAR:.0%})"
    )


def _row(row: Row) -> tuple[str, ...]:
    lost = "" if row.measured_lost is None else f"{row.predicted_lost:.0%} / {row.measured_lost:.0%}"
    return (
        row.name,
        _time(row.predicted_ns),
        _time(row.measured_ns),
        f"{row.error:+.1%}",
        _time(row.as_found_ns),
        lost,
        f"{row.switches:.2f}",
        row.operation,
    )


def _time(ns: float) -> str:
    return f"{ns / 1000:.2f} us" if ns >= 1000 else f"{ns:.0f} ns"
