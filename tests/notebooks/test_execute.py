"""Every notebook runs from top to bottom without a network, and twice to the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from simulator import compare
from tests.notebooks.execute import outputs, run
from tests.notebooks.reading import FILES, name


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
def test_runs_twice_to_the_same_bytes(path: Path, tmp_path: Path) -> None:
    first, second = outputs(path, tmp_path), outputs(path, tmp_path)
    for cell, found in first.items():
        assert found == second[cell], cell
        streams = [output for output in found if output["output_type"] == "stream" and output["name"] == "stderr"]
        assert not streams, f"{cell}: {streams}"
    assert any("image/png" in output.get("data", {}) for found in first.values() for output in found), "no figure"
    assert not list(tmp_path.iterdir()), "results belong into a temporary folder"


def test_the_network_is_refused(tmp_path: Path) -> None:
    source = "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')"
    with pytest.raises(CellExecutionError, match="must not use the network"):
        run(new_notebook(cells=[new_code_cell(source)]), tmp_path)


def test_the_kernel_is_the_interpreter_of_the_tests(tmp_path: Path) -> None:
    import sys

    notebook = new_notebook(cells=[new_code_cell("import sys; print(sys.executable)", id="which")])
    assert run(notebook, tmp_path)["which"][0]["text"].strip() == sys.executable
