"""Each notebook is kept without outputs, and has the parts of a lesson in their order."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.reading import FILES, LOADED, ROOT, cells, headings, name, opened, read, scenarios, tagged

PARTS = ["Question", "Predict", "Experiment", "Surprise", "Exercises"]
BEFORE_A_GUESS = {"simulator.course", "simulator.scenario.locate", "pathlib.Path", "tempfile.TemporaryDirectory"}
UPDATE = "write it with `nbformat.write` after clearing all outputs"

each = pytest.mark.parametrize("path", FILES, ids=name)


def test_there_are_notebooks() -> None:
    numbers = [path.stem[:2] for path in FILES]
    assert numbers == [f"{number:02}" for number in range(1, len(FILES) + 1)], numbers


@each
def test_is_valid_and_holds_no_outputs(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    for cell in cells(notebook, "code"):
        assert not cell.outputs, f"{cell.id}: {UPDATE}"
        assert cell.execution_count is None, f"{cell.id}: {UPDATE}"
        assert "execution" not in cell.metadata, f"{cell.id}: {UPDATE}"


@each
def test_is_written_in_one_way(path: Path) -> None:
    """A notebook that somebody saved from an editor differs from what is kept only where something was changed."""
    notebook = read(path)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert dict(notebook.metadata.language_info) == {"name": "python"}, "no version of Python"
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z][a-z0-9-]+", cell.id), f"cell ids are words: {cell.id}"


@each
def test_has_the_parts_of_a_lesson(path: Path) -> None:
    notebook = read(path)
    found = headings(notebook)
    assert re.match(rf"{int(path.stem[:2])}\. ", found[0]), found[0]
    assert [heading for heading in found if heading in PARTS] == PARTS


@each
def test_names_the_scenarios_that_it_runs(path: Path) -> None:
    notebook = read(path)
    named = scenarios(notebook)
    assert named, "name the scenario file"
    code = "\n".join(cell.source for cell in cells(notebook, "code"))
    for file in named:
        assert (ROOT / file).is_file(), file
        assert f'"{Path(file).stem}"' in code, f"{file} is named and never used"


@each
def test_asks_for_a_prediction(path: Path) -> None:
    """A cell assigns None to variables; a later one looks at each of them."""
    notebook = read(path)
    asked = tagged(notebook, "predict")
    assert asked, "no cell is tagged 'predict'"
    for cell in asked:
        for guess in _left_open(cell.source):
            later = notebook.cells[notebook.cells.index(cell) + 2 :]
            uses = [other for other in later if other.cell_type == "code" and guess in other.source]
            assert uses, f"nobody looks at the prediction {guess}"


def _left_open(source: str) -> list[str]:
    open_ones = [
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and any(_is_none(part) for part in ast.walk(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert open_ones, "a prediction is a variable that the reader fills in: it starts as None"
    return open_ones


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


@each
def test_goes_on_only_after_a_guess(path: Path) -> None:
    """Whatever simulates or draws is imported behind the line that stops, in the same cell, so that nothing works without a guess."""
    notebook = read(path)
    (stop,) = tagged(notebook, "stop")
    (asked,) = tagged(notebook, "predict")
    place = notebook.cells.index(stop)
    assert place == notebook.cells.index(asked) + 1
    first, _, rest = stop.source.partition("\n")
    assert first == f"course.guessed({', '.join(_left_open(asked.source))})"
    assert "from simulator" in rest
    for cell in notebook.cells[:place]:
        if cell.cell_type == "code":
            imported = re.findall(r"from (\S+) import (.+)", cell.source)
            assert {f"{module}.{name}" for module, names in imported for name in names.split(", ")} <= BEFORE_A_GUESS


@each
def test_keeps_solutions_in_files(path: Path) -> None:
    notebook = read(path)
    solutions = tagged(notebook, "solution")
    assert solutions, "no cell is tagged 'solution'"
    first = next(i for i, cell in enumerate(notebook.cells) if "## Exercises" in cell.source)
    assert all(notebook.cells.index(cell) > first for cell in solutions)
    files = [LOADED.fullmatch(cell.source) for cell in solutions]
    assert all(files), "a line that loads the file, and nothing else"
    kept = sorted(file.name for file in (path.parent / "solutions").glob(f"{path.stem[:2]}-*.py"))
    assert sorted(found[1].removeprefix("solutions/") for found in files if found) == kept
    assert all(not cell.metadata.get("jupyter") for cell in notebook.cells)


@each
def test_what_came_out_is_folded(path: Path) -> None:
    """What a lesson says of its results is opened by the reader, in Jupyter as in an export."""
    inside = False
    for cell in cells(read(path), "markdown"):
        found = re.findall(r"^## (.*)", cell.source, re.MULTILINE)
        if (cell.source.startswith("## ") and found[0] == "Surprise") or (inside and not cell.source.startswith("## ")):
            text = cell.source.removeprefix("## Surprise").lstrip()
            assert re.match(r"<details>\n<summary>[^\n]+</summary>\n\n.*\n\n</details>(\n\n## |$)", text, re.DOTALL), (
                cell.id
            )
        inside = found[-1] == "Surprise" if found else inside


@each
def test_needs_nothing_but_the_package(path: Path) -> None:
    """Cells are thin over `simulator`; no path of a machine, no way around the installation, nothing written here."""
    allowed = {"simulator", "IPython", "tempfile", "pathlib", "pandas"}
    for cell in cells(opened(read(path)), "code"):
        for node in ast.walk(ast.parse(cell.source)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {module.partition(".")[0] for module in modules} <= allowed, f"{cell.id}: {modules}"
