"""The table of rules leaves out nothing: no section of the plan's page, class, kernel function, vector or planted bug."""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from pkgutil import walk_packages

import pytest

from simulator.engines import reference
from simulator.engines.compiled import kernel
from simulator.engines.compiled.kernel import assembly
from tests.conformance.vectors import vectors
from tests.docs.markdown import ROOT
from tests.engines.bug import Bug
from tests.engines.planted import BUGS

sys.path.append(str(ROOT / "docs"))
from generate import rules

RULES = rules.rules()
WIRING = ("later", "world", "engine")
"""Protocols, the table, and what creates the entities; only the first room's table holds rules."""


def named(column: str) -> list[str]:
    return [f"{module}.{name}" for rule in RULES for module, names in rule[column].items() for name in names]


def classes() -> set[str]:
    prefix = f"{reference.__name__}."
    found = set()
    for info in walk_packages(reference.__path__, prefix):
        if info.ispkg or (info.name.rpartition(".")[2] in WIRING and info.name != f"{prefix}clock.world"):
            continue
        for name, value in vars(import_module(info.name)).items():
            if inspect.isclass(value) and value.__module__ == info.name and not name.startswith("_"):
                found.add(f"{info.name.removeprefix(prefix)}.{name}")
    return found


def functions() -> dict[str, bool]:
    """The kernel's functions, and whether each is inlined into others."""
    modules = {name: sys.modules[f"{kernel.__name__}.{name}"] for name in kernel.MODULES}
    return {
        f"{place}.{name}": function.role == "inlined"
        for place, module in modules.items()
        for name, function in assembly.functions(module).items()
    }


def test_every_class_has_its_rule() -> None:
    assert classes() - set(named("reference")) == set()


def test_every_function_has_its_rule() -> None:
    there = functions()
    assert {name for name, inlined in there.items() if not inlined} - set(named("kernel")) == set()
    assert set(named("kernel")) - there.keys() == set()


@pytest.mark.parametrize("place", sorted(set(named("reference"))))
def test_what_the_reference_column_names_is_there(place: str) -> None:
    module, _, name = place.rpartition(".")
    found = getattr(import_module(f"{reference.__name__}.{module}"), name)
    assert found.__module__ == f"{reference.__name__}.{module}"


def test_every_section_has_a_row_and_rows_are_in_their_order() -> None:
    text = (ROOT / "docs" / "reference" / "plan.md").read_text(encoding="utf-8")
    sections = re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", text, re.MULTILINE)
    assert list(dict.fromkeys(rule["section"] for rule in RULES)) == sections


def test_every_rule_is_held_by_a_vector_and_every_vector_holds_one() -> None:
    known = {vector.name for vector in vectors()}
    assert [rule["rule"] for rule in RULES if not rule["vectors"]] == []
    assert {name for rule in RULES for name in rule["vectors"]} == known


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_stands_where_it_is_planted(bug: Bug) -> None:
    rows = [rule for rule in RULES if bug.name in rule.get("bugs", ())]
    assert rows
    named_there = {name for rule in rows for names in rule["kernel"].values() for name in names}
    for old, _ in bug.kernel:
        assert _homes(old) & named_there, old


def _homes(piece: str) -> set[str]:
    """The functions in which a piece of the kernel's text stands."""
    sources = {name.rpartition(".")[2]: _source(name) for name in functions()}
    return {name for name, text in sources.items() if piece in text}


def _source(place: str) -> str:
    module, _, name = place.rpartition(".")
    found = getattr(sys.modules[f"{kernel.__name__}.{module}"], name)
    return inspect.getsource(getattr(found, "function", found))


def test_no_bug_is_made_up() -> None:
    assert {name for rule in RULES for name in rule.get("bugs", ())} == {bug.name for bug in BUGS}


def test_the_page_has_a_line_for_every_rule() -> None:
    lines = rules.pages()["rules.md"].splitlines()
    for rule in RULES:
        assert sum(line.startswith(f"| {rule['section']} | {rule['rule']} |") for line in lines) == 1
