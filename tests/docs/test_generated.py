"""Pages printed from the code hold everything that the registries hold."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click
import pytest
from matplotlib.collections import PathCollection

from simulator import costs, datapaths, units, validation
from simulator.citation import STATUSES
from simulator.cli import COMMANDS, cli
from simulator.datapaths import DATAPATHS
from simulator.metrics import METRICS
from simulator.parts.stages import STAGES
from simulator.parts.steps import Step
from simulator.scenario import json_schema, names, shipped
from simulator.study.tables import column_of
from simulator.validation import picture, record
from tests.docs.markdown import ROOT

sys.path.append(str(ROOT / "docs"))
import generate
from generate.datapaths import module_of

PAGES = generate.pages()


def rows(page: str) -> list[list[str]]:
    found = [line for line in PAGES[page].splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found]


@pytest.mark.parametrize("path", DATAPATHS.values(), ids=lambda path: path.name)
def test_a_datapath_has_its_steps_and_its_scope(path: datapaths.Datapath) -> None:
    page, cells = PAGES[f"datapaths/{path.name}.md"], rows(f"datapaths/{path.name}.md")
    assert "*Scope*: " in page
    assert "*Validation*: " in page
    sections = re.findall(r"^## Interrupts: (.*)$", page, re.MULTILINE)
    assert sections == list(path.modes)
    expected = [(step.name, step.where) for mode in path.modes for step in path.steps(mode)]
    assert [(row[0], row[1]) for row in cells if row[0] != "step"] == expected


def test_a_new_datapath_gets_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    native = DATAPATHS["native"]
    step = Step("say hello", "core, application", "route.hardirq_ps", ("h_hardirq_native",))
    new = datapaths.Datapath("hello", "a new way", native.modes, lambda _: (step,), native.build)
    monkeypatch.setattr(module_of(native), "ANOTHER", new, raising=False)
    monkeypatch.setitem(DATAPATHS, "hello", new)
    assert "| say hello |" in generate.datapaths.pages()["datapaths/hello.md"]


@pytest.mark.parametrize("name", costs.hosts())
def test_a_host_has_every_cost(name: str) -> None:
    check_entries(f"hosts/{name}.md", costs.every_entry(costs.host(name)))


@pytest.mark.parametrize("name", costs.nics())
def test_a_nic_has_every_fact(name: str) -> None:
    check_entries(f"nics/{name}.md", costs.every_entry(costs.nic(name)))


def check_entries(page: str, entries: dict[str, costs.model.Cited]) -> None:
    table = {row[0].strip("`"): row for row in rows(page) if len(row) == 8 and row[0] != "name"}
    assert list(table) == list(entries)
    for name, entry in entries.items():
        _, meaning, value, _, unit, status, sources, _ = table[name]
        assert (value, unit, status) == (f"{entry.value:,}", entry.unit, entry.status)
        assert meaning
        assert status in STATUSES
        assert sources.count("](#sources)") == len(entry.sources)
    cited = {source.title for entry in entries.values() for source in entry.sources}
    assert {row[1] for row in rows(page) if len(row) == 6} - {"source"} == cited


def test_every_key_of_the_grammar_has_a_row_with_a_meaning() -> None:
    schema = json_schema()
    maps = [schema, *schema["$defs"].values()]
    expected = [key for part in maps for form in (part, *part.get("anyOf", ())) for key in form.get("properties", ())]
    table = [row for row in rows("scenario.md") if row[0].startswith("`")]
    assert sorted(row[0].strip("`") for row in table) == sorted(expected)
    assert [row for row in table if not row[1] or not row[4]] == []


def test_defaults_and_units_are_those_of_a_scenario_file() -> None:
    table = {row[0]: row for row in rows("scenario.md")}
    assert table["`mtu`"][1:4] == ["size", ", ".join(units.SIZE.shown), "`1500 B`"]
    assert table["`schema`"][3] == "*needed*"
    assert table["`replications`"][1:4] == ["whole number, 1 to 10,000", "", "`null`"]
    assert table["`irq_cores`"][1] == "cores such as `0-3,8` or `[0, 1]`"
    assert table["`drop_enable`"][1] == "`on` or `off`"


def test_every_command_and_option_is_there() -> None:
    page = PAGES["commands.md"]
    assert re.findall(r"^## ([\w-]+)$", page, re.MULTILINE) == sorted(COMMANDS)
    for command in sorted(COMMANDS):
        found = cli.get_command(click.Context(cli), command)
        assert found is not None
        for parameter in found.params:
            assert isinstance(parameter, click.Argument) or f"`{parameter.opts[0]}" in page


def test_sizes_stages_and_columns_are_there() -> None:
    found = [row[0].strip("`") for row in rows("sizes.md") if row[0] != "name"]
    assert found == [*names.imixes(), *names.distributions()]
    assert rows("sizes.md")[1][1:4] == ["7 of 64 B, 4 of 570 B, 1 of 1,518 B", "353.8 B", "cited"]
    found = [row[0].strip("`") for row in rows("results.md") if row[0] not in ("stage", "column")]
    assert found == [*STAGES, *(column_of(name) for name, metric in METRICS.items() if metric.scalar)]


def test_every_shipped_scenario_is_there() -> None:
    assert re.findall(r"^## (\S+)$", PAGES["scenarios.md"], re.MULTILINE) == list(shipped())


def test_a_folder_is_brought_to_the_pages_and_no_further(tmp_path: Path) -> None:
    folder = tmp_path / "generated"
    generate.write(folder)
    kept = folder / "commands.md"
    stamp = kept.stat().st_mtime_ns
    (folder / "datapaths" / "gone.md").write_text("an older version's", encoding="utf-8")
    (folder / "results.md").write_text("changed by hand", encoding="utf-8")
    generate.write(folder)
    places = {folder.parent / name if name in generate.KEPT else folder / name: text for name, text in PAGES.items()}
    assert {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*")} == places
    assert kept.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("name", generate.KEPT)
def test_pages_kept_for_readers_of_the_repository_are_those_of_today(name: str) -> None:
    """``DOCS_UPDATE=1`` or ``make docs`` writes them."""
    path = ROOT / "docs" / "reference" / name
    if os.environ.get("DOCS_UPDATE"):
        path.write_text(PAGES[name], encoding="utf-8")
    assert path.read_text(encoding="utf-8") == PAGES[name]


def test_every_lesson_has_a_page_without_results() -> None:
    lessons = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {name.removeprefix("course/").removesuffix(".md") for name in PAGES if name.startswith("course/")} == lessons
    assert all("](../docs/" not in text for text in PAGES.values())


def test_every_measured_point_is_on_its_page() -> None:
    page, sources = PAGES["validation.md"], validation.read()
    for source in sources:
        for point in source.points:
            assert (f"| `{point.id}` | {point.role} |" in page) == bool(point.rule), point.id
    unexpressed = sum(not point.rule for source in sources for point in source.points)
    listed = page.partition("## Points without a prediction")[2]
    assert sum(int(count) for count in re.findall(r"^\| .* \| (\d+) \| ", listed, re.MULTILINE)) == unexpressed


def test_the_picture_has_a_mark_for_each_point_of_its_panels() -> None:
    found = [each for each in record.predictions(record.load(), validation.read()) if each.point.unit in picture.PANELS]
    marks = [
        group for axes in picture.draw(found).axes for group in axes.collections if isinstance(group, PathCollection)
    ]
    assert sum(len(group.get_offsets()) for group in marks) == len(found)
    assert PAGES[generate.validation.PICTURE] == picture.svg(found).decode()
