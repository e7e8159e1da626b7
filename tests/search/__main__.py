"""``python -m tests.search [--rates] [--near] [--write]``: searches beside scans: 20 guest counts, and NDR and PDR on every path with the packets of both.

``--rates`` leaves out the guest counts. ``--near`` begins the scan at 0.7 of the answer and counts the packets of the rates below as the sum
of their row, rate times window over resolution. ``--write`` keeps the rows in results/answers/search.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.search.answer import Answer
from simulator.search.numbers import most, setting
from simulator.search.slo import parse
from simulator.search.throughput import GOALS, LEAST_PPS, counts, highest_pps, ndr_and_pdr, runs_of, trials_of
from simulator.search.trials import Trials, judged, series_of
from tests.campaign import record
from tests.search.cases import LARGEST, guest_counts, rate_searches

RESOLUTION, SURE = 0.02, 4


def scan(trials: Trials, thresholds: tuple, largest: int) -> int:
    """The largest number up to which every number passes."""
    passed = 0
    while passed < largest and judged(trials.run(passed + 1), thresholds).kept:
        passed += 1
    return passed


Row = list[tuple[int, float]]


def scan_of_rates(file: str, resolution: float = RESOLUTION, first: float = LEAST_PPS) -> tuple[Row, int]:
    """(rate, share lost) of a geometric row of rates, as a person would who looks for NDR and PDR, and the packets that it takes; over when
    the last `SURE` rates all lost more than the larger share."""
    trials = trials_of(file, (), series_of(file, ())[0])
    rate, row, highest, runs = first, Row(), highest_pps(trials), runs_of(trials)
    while rate <= highest and not (len(row) >= SURE and min(lost for _, lost in row[-SURE:]) > max(GOALS.values())):
        offered, lost = counts(trials.run(round(rate), runs))
        row.append((round(rate), lost / offered))
        rate *= 1 + resolution
    return row, trials.packets


def edge(row: Row, share: float) -> tuple[int, int]:
    """Between which rates of a row losses begin to be more than a share: the last before the first such loss, and the one after the last rate
    that loses less. One step apart where loss grows with the rate, more where it does not."""
    bad = [place for place, (_, lost) in enumerate(row) if lost > share]
    good = [place for place, (_, lost) in enumerate(row) if lost <= share]
    low = row[bad[0] - 1][0] if bad and bad[0] else row[-1][0] if not bad else 0
    return low, row[min(len(row) - 1, good[-1] + 1)][0] if good else row[0][0]


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
        ndr, pdr = ndr_and_pdr(trials, RESOLUTION)
        first = max(LEAST_PPS, (ndr.value or 0) * 0.7) if near else LEAST_PPS
        row, packets = scan_of_rates(str(file), RESOLUTION, first)
        window_s = trials.point(LEAST_PPS).scenario.measurement.duration_ps / 10**12
        packets += round((first - LEAST_PPS) / RESOLUTION * window_s)
        yield {
            "path": path,
            "wire_pps": highest_pps(trials),
            "packets": pdr.packets,
            "scan_packets": packets,
            **{answer.question.lower(): _beside(row, answer) for answer in (ndr, pdr)},
        }


def _beside(row: Row, answer: Answer) -> dict[str, Any]:
    low, high = edge(row, GOALS[answer.question])
    value = answer.value or 0
    return {"pps": value, "scan_pps": [low, high], "agrees": low * (1 - RESOLUTION) <= value <= high * (1 + RESOLUTION)}


def main() -> None:
    options, rows = sys.argv[1:], dict[str, list[dict[str, Any]]]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.yaml"
        kinds = {"guests": guest_rows(file)} if "--rates" not in options else {}
        for kind, found in (kinds | {"rates": rate_rows(file, near="--near" in options)}).items():
            for row in found:
                rows.setdefault(kind, []).append(row)
                print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    wrong = [row for row in rows.get("guests", []) if not row["agrees"]]
    wrong += [row for row in rows["rates"] if not (row["ndr"]["agrees"] and row["pdr"]["agrees"])]
    dear = [row["path"] for row in rows["rates"] if row["packets"] > row["scan_packets"] / 3]
    print(f"{len(wrong)} wrong, {len(dear)} dear: {', '.join(dear)}")
    if "--write" in options:
        record.keep("search", {"resolution": RESOLUTION, **rows})
    sys.exit(bool(wrong or dear))


if __name__ == "__main__":
    main()
