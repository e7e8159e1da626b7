"""The pictures of the site, drawn while it is built from the committed results and from one packet.

*Scope*: one picture for each kind of chart that those results can be drawn as, and timelines. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import simulator
from simulator import charts, explain

RESULTS = Path(simulator.__file__).resolve().parent.parent / "results" / "reference"
DRAWN = {
    "paths": ("overview", "cdf", "budget", "cores", "exits"),
    "knees": ("load", "drops"),
}
"""Folder -> kinds of chart."""
TIMELINES = {"vf": ("sriov-vf", "posted"), "vhost": ("vhost-net", "apicv")}


def pictures() -> Iterator[tuple[str, bytes]]:
    """(file name, PNG) of each picture."""
    for folder, kinds in DRAWN.items():
        document = charts.read(RESULTS / folder)
        for kind in kinds:
            yield f"{folder}-{kind}.png", charts.png(charts.chart(document, kind))
    for name, (path, mode) in TIMELINES.items():
        yield f"timeline-{name}.png", charts.png(explain.chart(path, "textbook", mode))
