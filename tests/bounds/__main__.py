"""``python -m tests.bounds N [--from SEED] [--write]``: N random scenarios beside their bounds, and every poll mode at saturation.

Those that deliver more than their bound are printed. ``--write`` keeps the counts in results/answers/bounds.json.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from simulator.bounds import Bound, bound
from simulator.errors import SimulatorError
from simulator.scenario import load, points
from simulator.scenario.build import build
from simulator.study import run_point
from tests.bounds.random_scenarios import POLLED, saturated, scenario_text
from tests.campaign import record


def of(file: Path, text: str) -> tuple[Bound, dict[str, Any]]:
    """Bound and result of a scenario."""
    file.write_text(text, encoding="utf-8")
    (point,) = points(load(file))
    plan = build(point.scenario)
    return bound(plan), run_point(point, replications=1, built=plan).entry


BURST = 32
"""Packets that a worker delivers at once; the window may begin before the first and end behind the last of them."""
TIGHT = 0.98


def most(found: Bound, entry: dict[str, Any]) -> float:
    """Packets that may be delivered in the window."""
    return found.capacity_pps * entry["window_s"] + entry["conservation"]["in_flight_start"] + 1


def kept(row: Mapping[str, Any]) -> bool:
    """Whether a poll mode at saturation lies at the bound, but not above it."""
    return bool(row["share"] >= TIGHT and row["delivered"] <= row["bound"] + BURST)


def random_ones(file: Path, seeds: range) -> dict[str, Any]:
    """How many random scenarios keep their bound; those that do not are printed."""
    ran, refused, above, nearest = Counter[str](), Counter[str](), [], 0.0
    for seed in seeds:
        text = scenario_text(random.Random(seed))
        path = text.partition("datapath: ")[2].partition(",")[0]
        try:
            found, entry = of(file, text)
        except SimulatorError as error:
            refused[path] += 1
            if refused.total() < 6:
                print(f"seed {seed}: refused: {error}")
            continue
        ran[path] += 1
        nearest = max(nearest, entry["delivered_pps"] / found.capacity_pps)
        delivered = entry["delivered_pps"] * entry["window_s"]
        if delivered > most(found, entry):
            above.append(seed)
            print(f"seed {seed}, {path}: delivered {delivered:.0f}, bound {most(found, entry):.0f}", flush=True)
    print(
        f"{ran.total()} scenarios ran, {refused.total()} were refused, {len(above)} above their bound, the nearest at {nearest:.4f} of it"
    )
    return {
        "ran": dict(sorted(ran.items())),
        "refused": dict(sorted(refused.items())),
        "above": above,
        "nearest": round(nearest, 4),
    }


def saturated_ones(file: Path) -> list[dict[str, Any]]:
    """Delivered over bound of every poll mode with more to do than it can."""
    rows = []
    for path, host, size in product(POLLED, ("modern", "haswell-2015"), (64, 128)):
        found, entry = of(file, saturated(path, host, size))
        delivered, limit = (entry["delivered_pps"] * entry["window_s"], found.throughput_pps * entry["window_s"])
        row = {"path": path, "host": host, "size_bytes": size, "bottleneck": found.bottleneck}
        rows.append(
            row | {"delivered": round(delivered), "bound": round(limit, 1), "share": round(delivered / limit, 5)}
        )
        print(
            ", ".join(f"{key} {value}" for key, value in rows[-1].items()),
            "" if kept(rows[-1]) else "NOT KEPT",
            flush=True,
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bounds", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", type=int)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random.yaml"
        drawn = random_ones(file, range(given.first, given.first + given.scenarios))
        full = saturated_ones(file)
    if given.write:
        record.keep("bounds", {"random": drawn, "saturated": full})
    sys.exit(bool(drawn["above"]) or not all(kept(row) for row in full))


if __name__ == "__main__":
    main()
