"""The page of the shipped scenarios: title, what to see, the file.

*Scope*: the files under ``scenarios``. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from pathlib import Path

from generate.markdown import page
from simulator.scenario import load, points, shipped

INTRODUCTION = """# Shipped scenarios

Each is a question. `sriovsim compare NAME` answers it; `sriovsim run NAME` simulates the scenario by itself, without its
comparison and sweep. To change one, copy it and give the commands the name of the copy."""


def pages() -> dict[str, str]:
    """The one page."""
    return {"scenarios.md": page(INTRODUCTION, *(_section(name, path) for name, path in shipped().items()))}


def _section(name: str, path: Path) -> str:
    scenario = load(path)
    count = len(points(scenario))
    size = f"{count} {'point' if count == 1 else 'points'}, {scenario.runs_in_words} each."
    title = scenario.title.rstrip(".")
    return page(f"## {name}", f"**{title}.** {scenario.description}", size, f"```yaml\n{path.read_text()}```")
