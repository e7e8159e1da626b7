"""``python -m tests.search [--rates] [--near]``: searches beside scans: 20 guest counts, and NDR on every path with the packets of both.

``--rates`` leaves out the guest counts. ``--near`` begins the scan at 0.7 of the answer and counts the packets of the rates below as the sum
of their row, rate times window over resolution.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from simulator.search.numbers import most, setting
from simulator.search.slo import parse
from simulator.search.throughput import LEAST_PPS, counts, highest_pps, ndr_and_pdr, runs_of, trials_of
from simulator.search.trials import Trials, judged, series_of
from tests.search.cases import LARGEST, guest_counts, rate_searches

RESOLUTION = 0.02
WINDOW_S = 0.005
"""Of the scenarios of `rate_searches`, which have one replication."""


def scan(trials: Trials, thresholds: tuple, largest: int) -> int:
    """The largest number up to which every number passes."""
    passed = 0
    while passed < largest and judged(trials.run(passed + 1), thresholds).kept:
        passed += 1
    return passed


def scan_of_rates(file: str, resolution: float = RESOLUTION, first: float = LEAST_PPS) -> tuple[int, int, int]:
    """(last rate without loss, first with it, packets): every rate of a geometric row, as a person would."""
    trials = trials_of(file, (), series_of(file, ())[0])
    rate, last, highest, runs = first, 0, highest_pps(trials), runs_of(trials)
    while rate <= highest:
        if counts(trials.run(round(rate), runs))[1]:
            return last, round(rate), trials.packets
        last, rate = round(rate), rate * (1 + resolution)
    return last, highest, trials.packets


def main() -> None:
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.yaml"
        for text, level in guest_counts() if "--rates" not in sys.argv[1:] else ():
            file.write_text(text, encoding="utf-8")
            series, thresholds = series_of(str(file), ())[0], parse(level)
            searched = most(Trials(str(file), (), series, setting("guests")), thresholds, "guests", LARGEST)
            right = scan(Trials(str(file), (), series, setting("guests")), thresholds, LARGEST)
            wrong += (searched.value or 0) != right
            path = text.partition("datapath: ")[2].partition(",")[0]
            print(f"{path}, {level}: {searched.value or 0}, scan {right}, {searched.trials} trials", flush=True)
        for path, text in rate_searches().items():
            file.write_text(text, encoding="utf-8")
            ndr = ndr_and_pdr(trials_of(str(file), (), series_of(str(file), ())[0]), RESOLUTION)[0]
            value = ndr.value or 0
            first = max(LEAST_PPS, value * 0.7) if "--near" in sys.argv[1:] else LEAST_PPS
            low, high, packets = scan_of_rates(str(file), RESOLUTION, first)
            packets += round((first - LEAST_PPS) / RESOLUTION * WINDOW_S)
            agree = low * (1 - RESOLUTION) <= value <= high * (1 + RESOLUTION)
            wrong += not agree
            print(
                f"NDR {path}: {value}, scan {low} to {high}, packets {ndr.packets / packets:.1%} of the scan's, agrees: {agree}",
                flush=True,
            )
    print(f"{wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
