"""The page of what results are made of: stages of a packet's way, columns of the summary.

*Scope*: names and meanings; the rules behind the metrics are on the page of the metrics.
*Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from generate.markdown import code, page, table
from simulator.metrics import METRICS
from simulator.parts.stages import STAGES
from simulator.study.tables import RANGED, column_of

INTRODUCTION = """# Stages and columns

What `stages.csv` and `summary.csv` hold. [Metrics](../metrics.md) says how each number is defined."""
ON_STAGES = """The time of a packet is divided among the stages of its way, without remainder. A packet meets only some of
them: those of its datapath and direction."""
ON_COLUMNS = """One column for each metric that is a number. Those marked *ranged* are followed by four more, with `_low` and
`_high` (95 % interval of the mean over replications), `_min` and `_max`. Before them stand the number of the point, its
series, datapath, interrupt mode and swept values; after them counts of drops and exits, the bottleneck, the cost values by
status, and what identifies the run."""


def pages() -> dict[str, str]:
    """The one page."""
    stages = page("## Stages", ON_STAGES, table(("stage", "what it holds"), [(code(n), m) for n, m in STAGES.items()]))
    columns = page("## Columns", ON_COLUMNS, table(("column", "unit", "ranged", "meaning"), _columns()))
    return {"results.md": page(INTRODUCTION, stages, columns)}


def _columns() -> Iterator[tuple[str, ...]]:
    for name, metric in METRICS.items():
        if metric.scalar:
            yield code(column_of(name)), metric.unit, "yes" if name in RANGED else "", metric.sentence
