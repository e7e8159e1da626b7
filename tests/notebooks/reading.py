"""The notebooks of the course as data: files, cells, headings, the scenario files that they name."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOADED = re.compile(r"# %load (solutions/[\w-]+\.py)")
"""A solution's cell: without the `#` Jupyter puts the file in its place."""
SCENARIO = re.compile(r"scenarios/[\w-]+\.yaml")


def name(path: Path) -> str:
    """How pytest calls a notebook."""
    return path.stem


def read(path: Path) -> NotebookNode:
    """The notebook, in the version that it is written in."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def cells(notebook: NotebookNode, kind: str) -> list[NotebookNode]:
    """Its cells of a kind, ``markdown`` or ``code``."""
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """Its cells with a tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def headings(notebook: NotebookNode) -> list[str]:
    """The text of all headings, in order."""
    return [
        line.lstrip("#").strip()
        for cell in cells(notebook, "markdown")
        for line in cell.source.splitlines()
        if re.match(r"#+ ", line)
    ]


def scenarios(notebook: NotebookNode) -> list[str]:
    """The scenario files that its text names, such as ``scenarios/paths.yaml``."""
    text = "\n".join(cell.source for cell in cells(notebook, "markdown"))
    return list(dict.fromkeys(SCENARIO.findall(text)))


def opened(notebook: NotebookNode) -> NotebookNode:
    """The notebook of a reader who has guessed (1, whatever was asked) and has opened all solutions."""
    notebook = nbformat.from_dict(notebook)
    for cell in tagged(notebook, "predict"):
        cell.source = cell.source.replace("None", "1")
    for cell in tagged(notebook, "solution"):
        found = LOADED.fullmatch(cell.source)
        assert found, f"{cell.id}: not a line that loads a solution"
        cell.source = (ROOT / "notebooks" / found[1]).read_text(encoding="utf-8")
    return notebook
