"""`python -m tests.validation`: print the sanity table; `--write` puts it into the page and the README, `--record` predicts every
measured point and stores what `sriovsim validate` and the documentation print (`--uncertainty`: with intervals)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulator import validation
from simulator.validation import record
from simulator.validation.runs import Store, acting_hash
from tests.validation import table
from tests.validation.figures import predictions

KEPT = Path(__file__).parents[2] / "results" / "validation"


def main() -> None:
    if "--record" in sys.argv[1:]:
        store_record()
        return
    found = list(predictions())
    print(table.page(found))
    if "--write" in sys.argv[1:]:
        table.PAGE.write_text(table.page(found), encoding="utf-8")
        readme = table.README.read_text(encoding="utf-8")
        table.README.write_text(table.in_readme(readme, table.short(found)), encoding="utf-8")


def store_record() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    sources = validation.read()
    points = [point for source in sources for point in source.points]
    record.save(validation.predict(sources, points, Store(KEPT), os.cpu_count() or 1), acting_hash())


if __name__ == "__main__":
    main()
