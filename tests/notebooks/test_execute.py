"""Every notebook runs from top to bottom without a network, and some of them twice, to the same bytes.

What differs between two runs (a clock, a set's order, a temporary path in an output) is a fault of a cell, so every notebook has
its turn: which ones run twice follows from the program and the notebooks, and changes with every change of either.
`NOTEBOOKS_TWICE=all` runs all of them twice.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from simulator import compare
from simulator.study.provenance import program_hash
from tests.notebooks.execute import outputs, run
from tests.notebooks.reading import FILES, name, read, tagged

TWICE = 2
UNFILLED = re.compile(r"\{[A-Za-z_][\w.]*(?:\[[^\]]*\])*(?:![rsa])?(?::[<>^]?[,.\d]*[a-z%]?)?\}")


def twice(files: list[Path], program: str = "") -> list[Path]:
    """The notebooks whose turn it is to run twice."""
    if os.environ.get("NOTEBOOKS_TWICE") == "all":
        return files
    content = (program or program_hash()).encode() + b"".join(path.read_bytes() for path in files)
    return sorted(files, key=lambda path: sha256(content + path.name.encode()).digest())[:TWICE]


def unfilled(output: dict[str, Any]) -> list[str]:
    """Names in braces that a reader sees: an f-string's prefix is missing. A printed scenario has braces with a colon in them."""
    texts = [
        output.get("text", ""),
        *(text for kind, text in output.get("data", {}).items() if kind.startswith("text/")),
    ]
    return [found for text in texts for found in UNFILLED.findall(text)]


@pytest.fixture(scope="module", autouse=True)
def kernel_is_compiled() -> None:
    """The message that it is being compiled belongs to no notebook."""
    compare("textbook-one-packet", workers=1)


@pytest.fixture(scope="module", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the reader's settings nor the reader's kernels; any folder that can be written will do."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable.lower())))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.delenv("JUPYTER_PATH", raising=False)
        yield


@pytest.mark.parametrize("path", FILES, ids=name)
def test_runs(path: Path, tmp_path: Path) -> None:
    first = outputs(path, tmp_path)
    for cell, found in first.items():
        streams = [output for output in found if output["output_type"] == "stream" and output["name"] == "stderr"]
        assert not streams, f"{cell}: {streams}"
        assert not any(unfilled(output) for output in found), cell
    assert any("image/png" in output.get("data", {}) for found in first.values() for output in found), "no figure"
    if path in twice(FILES):
        second = outputs(path, tmp_path)
        assert [cell for cell, found in first.items() if found != second[cell]] == []
    assert not list(tmp_path.iterdir()), "results belong into a temporary folder"


def test_run_all_gives_nothing_away_before_a_guess(tmp_path: Path) -> None:
    """Not even where errors stop nothing, as in an export that goes on behind them."""
    (path,) = (path for path in FILES if path.stem.startswith("02"))
    notebook = read(path)
    found = run(notebook, tmp_path, errors=True)
    told = [(cell, output) for cell, outputs in found.items() for output in outputs if output["output_type"] != "error"]
    stop = next(cell.id for cell in tagged(notebook, "stop"))
    assert {cell for cell, _ in told} == {"begin"}
    (error,) = found[stop]
    assert error["ename"] == "NoGuess"
    assert len(error["traceback"]) == 1, "a sentence, no traceback"


def test_no_output_shows_the_braces_of_a_text_that_was_not_filled_in(tmp_path: Path) -> None:
    braces = new_notebook(cells=[new_code_cell("x = 3; print(f'{x}'); print('{x}')", id="two")])
    assert [unfilled(output) for output in run(braces, tmp_path)["two"]] == [["{x}"]]


def test_a_cell_that_differs_is_seen(tmp_path: Path) -> None:
    notebook = new_notebook(cells=[new_code_cell("print(hash('a'))", id="hash")])
    assert run(notebook, tmp_path) != run(notebook, tmp_path)


def test_each_notebook_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTEBOOKS_TWICE", raising=False)
    turns = [set(twice(FILES, str(change))) for change in range(60)]
    assert {len(turn) for turn in turns} == {TWICE}
    assert set.union(*turns) == set(FILES)


def test_the_network_is_refused(tmp_path: Path) -> None:
    source = "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')"
    with pytest.raises(CellExecutionError, match="must not use the network"):
        run(new_notebook(cells=[new_code_cell(source)]), tmp_path)


def test_the_kernel_is_the_interpreter_of_the_tests(tmp_path: Path) -> None:
    import sys

    notebook = new_notebook(cells=[new_code_cell("import sys; print(sys.executable)", id="which")])
    assert run(notebook, tmp_path)["which"][0]["text"].strip() == sys.executable
