"""The lessons of the course as pages: what a notebook says and asks, and its code, without outputs.

1. Text cells stand as they are, code cells in fences; links to pages of this site stay inside it.
2. There are no outputs: a lesson shows nothing before its reader has guessed, and a page cannot ask.

*Scope*: the notebooks under ``notebooks``. *Validation*: tests/docs/test_generated.py, and every link by tests/docs/test_site.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import simulator
from generate.markdown import page

FOLDER = Path(simulator.__file__).resolve().parent.parent / "notebooks"
NOTE = """:::{{note}}
This lesson is the notebook `notebooks/{name}`: open it in Jupyter, write down your guesses, and run it. Here it stands without results.
Solutions are files in `notebooks/solutions`.
:::"""


def pages() -> dict[str, str]:
    """One page for each notebook."""
    return {f"course/{path.stem}.md": _lesson(path) for path in sorted(FOLDER.glob("*.ipynb"))}


def _lesson(path: Path) -> str:
    first, *rest = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return page(_text(first), NOTE.format(name=path.name), *map(_text, rest))


def _text(cell: dict[str, Any]) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        return f"```python\n{source}\n```"
    return re.sub(r"\]\(\.\./docs/", "](../../../", source)
