"""The page that says where each rule of ``plan.md`` stands: class, kernel function, vectors, planted bugs.

*Scope*: prints ``reference/rules.yaml``. *Validation*: tests/docs/test_rules.py holds the file against both engines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from generate.markdown import code, page, table

FILE = Path(__file__).parent.parent / "reference" / "rules.yaml"
INTRODUCTION = """# Where each rule stands

A rule of [What a plan means](../plan.md), the classes that follow it in `simulator/engines/reference`, the functions that follow it in
`simulator/engines/compiled/kernel`, the vectors of `tests/conformance` whose outcome was worked out by hand, and the bugs that
`tests/engines/planted.py` plants in the kernel to learn whether anybody notices. Both engines have the same rooms, and a module has the name of
its twin: `queues.fifo` is `queues/fifo.py` in both. Functions of the kernel that a row does not name are inlined into one that it names."""
HEAD = ("section", "rule", "reference", "kernel", "vectors", "planted bugs")


def rules() -> list[dict[str, Any]]:
    """The rows of the file."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def pages() -> dict[str, str]:
    """The one page."""
    return {"rules.md": page(INTRODUCTION, table(HEAD, [_row(rule) for rule in rules()]))}


def _row(rule: dict[str, Any]) -> tuple[str, ...]:
    vectors, bugs = (", ".join(rule.get(key, [])) for key in ("vectors", "bugs"))
    return rule["section"], rule["rule"], _places(rule["reference"]), _places(rule["kernel"]), vectors, bugs


def _places(modules: dict[str, list[str]]) -> str:
    return "; ".join(f"{module}: {', '.join(map(code, names))}" for module, names in modules.items())
