"""Run a notebook the way a reader's Jupyter would: own process, the interpreter of the tests, a folder of its own.

The kernel gets no network: a cell put before the first one refuses to look up names and to open connections.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.notebooks.reading import opened, read

NO_NETWORK = """\
import socket
def _refuse(*arguments, **options):
    raise OSError("a notebook must not use the network")
socket.getaddrinfo = socket.create_connection = socket.socket.connect_ex = _refuse
"""


def outputs(path: Path, folder: Path) -> dict[str, list[Any]]:
    """Cell id -> outputs of the notebook, guesses made and solutions opened, run in that folder. Raises CellExecutionError with the cell's
    traceback."""
    return run(opened(read(path)), folder)


def run(notebook: NotebookNode, folder: Path, *, errors: bool = False) -> dict[str, list[Any]]:
    """Cell id -> outputs, execution counts left out; with `errors` it goes on behind a cell that fails."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells.insert(0, new_code_cell(NO_NETWORK, id="no-network"))
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        allow_errors=errors,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return {
        cell.id: [{key: value for key, value in output.items() if key != "execution_count"} for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
