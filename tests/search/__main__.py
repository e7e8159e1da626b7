"""``python -m tests.search [--rates] [--near] [--write]``: searches beside scans: 20 guest counts, and NDR on every path with the packets of both.

``--rates`` leaves out the guest counts. ``--near`` begins the scan at 0.7 of the answer and counts the packets of the rates below as the sum
of their row, rate times window over resolution. ``--write`` keeps the rows in results/answers/search.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.search.numbers import most, setting
from simulator.search.slo import parse
from simulator.search.throughput import LEAST_PPS, counts, highest_pps, ndr_and_pdr, runs_of, trials_of
from simulator.search.trials import Trials, judged, series_of
from tests.campaign import record
from tests.search.cases import LARGEST, guest_counts, rate_searches

RESOLUTION = 0.02


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


def guest_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Searched and scanned number of guests of each question."""
    for text, level in guest_counts():
        file.write_text(text, encoding="utf-8")
        series, thresholds = series_of(str(file), ())[0], parse(level)
        searched = most(Trials(str(file), (), series, setting("guests")), thresholds, "guests", LARGEST)
        right = scan(Trials(str(file), (), series, setting("guests")), thresholds, LARGEST)
        path, value = text.partition("datapath: ")[2].partition(",")[0], searched.value or 0
        yield {
            "path": path,
            "level": level,
            "searched": value,
            "scanned": right,
            "trials": searched.trials,
            "agrees": value == right,
        }


def rate_rows(file: Path, *, near: bool) -> Iterator[dict[str, Any]]:
    """NDR of each path, searched and scanned, and the packets of both."""
    for path, text in rate_searches().items():
        file.write_text(text, encoding="utf-8")
        trials = trials_of(str(file), (), series_of(str(file), ())[0])
        ndr = ndr_and_pdr(trials, RESOLUTION)[0]
        value = ndr.value or 0
        first = max(LEAST_PPS, value * 0.7) if near else LEAST_PPS
        low, high, packets = scan_of_rates(str(file), RESOLUTION, first)
        window_s = trials.point(LEAST_PPS).scenario.measurement.duration_ps / 10**12
        packets += round((first - LEAST_PPS) / RESOLUTION * window_s)
        yield {
            "path": path,
            "ndr_pps": value,
            "scan_pps": [low, high],
            "wire_pps": highest_pps(trials),
            "packets": ndr.packets,
            "scan_packets": packets,
            "agrees": low * (1 - RESOLUTION) <= value <= high * (1 + RESOLUTION),
        }


def main() -> None:
    options, rows = sys.argv[1:], dict[str, list[dict[str, Any]]]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.yaml"
        kinds = {"guests": guest_rows(file)} if "--rates" not in options else {}
        for kind, found in (kinds | {"rates": rate_rows(file, near="--near" in options)}).items():
            for row in found:
                rows.setdefault(kind, []).append(row)
                print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    wrong = [row for found in rows.values() for row in found if not row["agrees"]]
    dear = [row["path"] for row in rows["rates"] if row["packets"] > row["scan_packets"] / 3]
    print(f"{len(wrong)} wrong, {len(dear)} dear: {', '.join(dear)}")
    if "--write" in options:
        record.keep("search", {"resolution": RESOLUTION, **rows})
    sys.exit(bool(wrong or dear))


if __name__ == "__main__":
    main()
