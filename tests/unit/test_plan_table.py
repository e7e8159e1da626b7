"""The table names what indices point at, formats numbers and hides what nobody has changed."""

from __future__ import annotations

from typing import Any

from simulator.plan.references import ENTITIES
from simulator.plan.table import as_table
from tests.conformance.build import build
from tests.conformance.vectors import vectors
from tests.engines.random_plans import random_plan

PLAN: dict[str, dict[str, Any]] = {
    "s": {"is": "source", "to": "wire", "gap": 2_000_000, "size": 1500, "stop_ps": 5_000_000_000},
    "out": {"is": "sink"},
    "pipe": {"is": "link"},
    "wire": {"is": "link", "rate_bps": 10_000_000_000, "to": "q"},
    "q": {"is": "fifo", "gate": {"mode": "event", "wake": "w"}},
    "sw": {"is": "switch", "macs": 2, "table": [0, -1], "ports": [[0, 1]]},
    "c": {"is": "core"},
    "t": {"is": "thread", "by": "c"},
    "w": {
        "is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": [{"of": "out", "publish_every": 4}],
        "packet_ps": 120_000, "byte_fs": 450, "select": "switch", "switch": "sw",
    },
}  # fmt: skip
EXPECTED = """\
plan a plan

stages: wire, w

streams (4)
name    draws
------  ----------------
s.size  constant 1500
s.flow  constant 0
s.dst   constant 0
s.gap   constant 2000000

sources (1)
name  kind  target  size    flow    dst    gap    stop_ps
----  ----  ------  ------  ------  -----  -----  -------
s     open  wire    s.size  s.flow  s.dst  s.gap  5.00 ms

sinks (1)
name
----
out

links (2)
name  rate_bps     stage  target
----  -----------  -----  ------
pipe  unlimited    -      -
wire  10.0 Gbit/s  wire   q

fifos (1)
name  capacity  gate
----  --------  ---------------
q     100       event -> wake w

switches (1)
name  macs  table  ports
----  ----  -----  -----
sw    2     0 -1   0+1

executors (1)
name  kind
----  ----
c     core

threads (1)
name  executor  kind
----  --------  -------
t     c         workers

workers (1)
name  kind  on  inputs  outputs                     packet_ps  byte_fs   select  switch  stage
----  ----  --  ------  --------------------------  ---------  --------  ------  ------  -----
w     task  t   fifo q  sink out (publish_every 4)  120 ns     450 fs/B  switch  sw      w
"""


def section(text: str, title: str) -> list[str]:
    return next(part for part in text.split("\n\n") if part.startswith(title)).splitlines()


def test_golden_table() -> None:
    assert as_table(build("a plan", PLAN)) == EXPECTED


def test_every_entity_has_its_row() -> None:
    for plan in [vector.plan for vector in vectors()] + [random_plan(seed)[0] for seed in range(20)]:
        text = as_table(plan)
        for name in ENTITIES:
            found = getattr(plan, name)
            if found:
                assert [row.split()[0] for row in section(text, f"{name} (")[3:]] == [entity.name for entity in found]


def test_columns_that_nobody_changes_are_hidden() -> None:
    header = section(as_table(build("a plan", PLAN)), "workers")[1].split()
    assert "packet_ps" in header
    assert "segment_ps" not in header
    assert "target_kind" not in section(as_table(build("a plan", PLAN)), "links")[1]


def test_lines_have_no_trailing_blanks() -> None:
    text = as_table(random_plan(3)[0])
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")
