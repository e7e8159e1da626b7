"""The page shows the committed results of both occasions, all of them."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

from simulator.prove.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[2]
OCCASIONS = [
    json.loads((ROOT / "results" / "prove" / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("first", "second")
]


def row(name: str) -> str:
    """A line of the page's table."""
    cells = []
    for occasion in OCCASIONS:
        found = occasion["experiments"][name]
        digits = 2 if found["predicted_ns"] >= 1000 else 3
        times = (f"{found[key] / 1000:.{digits}f}" for key in ("predicted_ns", "measured_ns"))
        cells += [" / ".join(times), f"{found['error']:+.0%}"]
    return f"| `{name}` | " + " | ".join(cells) + " |"


def test_every_experiment_was_predicted_and_run_on_both_occasions() -> None:
    names = [experiment.name for experiment in EXPERIMENTS]
    for occasion in OCCASIONS:
        assert list(occasion["predictions"]) == list(occasion["experiments"]) == names
        assert occasion["left_out"] == {}
        for name, found in occasion["experiments"].items():
            assert found["predicted_ns"] == occasion["predictions"][name]["predicted_ns"]
            assert found["error"] == found["predicted_ns"] / found["measured_ns"] - 1
            assert sorted(found["slices"])[1] == found["measured_ns"]
        errors = [abs(found["error"]) for found in occasion["experiments"].values()]
        assert (occasion["median_abs_error"], occasion["worst_abs_error"]) == (median(errors), max(errors))


def test_the_page_shows_them() -> None:
    page = (ROOT / "docs" / "how-to" / "prove.md").read_text(encoding="utf-8")
    for experiment in EXPERIMENTS:
        assert row(experiment.name) in page, row(experiment.name)
    errors = " | ".join(
        f"{occasion['median_abs_error']:.1%} | {occasion['worst_abs_error']:.1%}" for occasion in OCCASIONS
    )
    assert f"| median, worst | {errors} |" in page, errors
