"""`python -m tests.validation`: print the sanity table; `--write` puts it into the page and the README, `--record` predicts every
measured point and stores what `sriovsim validate`, the documentation and, of the errors, `--uncertainty` print (`--record --uncertainty`: with
intervals over the costs). `--calibrated [TEST-BED ...]` stores how far five given measurements of a test-bed help with its others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulator import validation
from simulator.calibrate import published
from simulator.validation import elsewhere, record
from simulator.validation.runs import Store, acting_hash
from simulator.validation.uncertain import with_draws
from tests.validation import table

RECORDED_DRAWS = 8
KEPT = Path(__file__).parents[2] / "results" / "validation"


def main() -> None:
    if "--calibrated" in sys.argv[1:]:
        KEPT.mkdir(parents=True, exist_ok=True)
        only = sys.argv[sys.argv.index("--calibrated") + 1 :]
        published.save(published.run(Store(KEPT), only, lambda outcome: print(outcome.group, file=sys.stderr)))
        return
    if "--record" in sys.argv[1:]:
        store_record()
        return
    print(table.page())
    if "--write" in sys.argv[1:]:
        table.PAGE.write_text(table.page(), encoding="utf-8")
        readme = table.README.read_text(encoding="utf-8")
        table.README.write_text(table.in_readme(readme, table.short()), encoding="utf-8")


def store_record() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    sources = validation.read()
    points = [point for source in sources for point in source.points]
    workers, intervals = os.cpu_count() or 1, None
    found = validation.predict(sources, points, Store(KEPT), workers)
    if "--uncertainty" in sys.argv[1:]:
        scored = [each for each in found if each.point.is_scored]
        wide = with_draws(sources, scored, RECORDED_DRAWS, Store(KEPT), workers, progress)
        found = wide + [each for each in found if not each.point.is_scored]
        intervals = {"draws": RECORDED_DRAWS}
    record.save(found, acting_hash(), intervals=intervals)
    elsewhere.save(found)


def progress(done: int, total: int) -> None:
    print(f"\r{done} of {total}", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
