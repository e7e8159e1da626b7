"""``python -m tests.bounds N``: N random scenarios beside their bounds; those that deliver more are printed."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from simulator.bounds import bound
from simulator.errors import SimulatorError
from simulator.scenario import load, points
from simulator.scenario.build import build
from simulator.study import run_point
from tests.bounds.random_scenarios import scenario_text


def main() -> None:
    ran = refused = above = 0
    nearest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random.yaml"
        for seed in range(int(sys.argv[1])):
            file.write_text(scenario_text(random.Random(seed)), encoding="utf-8")
            try:
                (point,) = points(load(file))
                found, entry = bound(build(point.scenario)), run_point(point, replications=1).entry
            except SimulatorError as error:
                refused += 1
                if refused < 4:
                    print(f"seed {seed}: refused: {error}")
                continue
            ran += 1
            delivered = entry["delivered_pps"] * entry["window_s"]
            most = found.capacity_pps * entry["window_s"] + entry["conservation"]["in_flight_start"] + 1
            nearest = max(nearest, entry["delivered_pps"] / found.capacity_pps)
            if delivered > most:
                above += 1
                print(f"seed {seed}: delivered {delivered:.0f}, bound {most:.0f}")
    print(f"{ran} scenarios ran, {refused} were refused, {above} above their bound, the nearest at {nearest:.4f} of it")
    sys.exit(above > 0)


if __name__ == "__main__":
    main()
