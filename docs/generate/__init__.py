"""Reference pages from the code: the code's own registries, printed as Markdown.

1. Each module here has ``pages()``: file name -> text. Nothing in it is written by hand but headings and table heads.
2. `write` brings a folder to exactly these pages. Files that did not change are left alone, stale ones are removed.
3. ``docs/conf.py`` calls it before each build; the folder is not kept in git, so no page can be older than the code. `KEPT` pages
   stand beside it and are kept, for those who read the repository without a build; a test compares them.
4. Pictures are drawn anew each time.

*Scope*: scenario grammar, commands, hosts, NICs, datapaths, SR-IOV devices, shipped scenarios, packet sizes, stages and columns, rules, lessons,
measured points, how good the answers are. The
metrics page is kept by hand around a table that a test compares with the registry.
*Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from pathlib import Path

from generate import (
    answers,
    catalogue,
    commands,
    course,
    datapaths,
    devices,
    grammar,
    pictures,
    results,
    rules,
    scenarios,
    sizes,
    validation,
)

SOURCES = (
    grammar,
    commands,
    catalogue,
    datapaths,
    devices,
    scenarios,
    sizes,
    results,
    rules,
    course,
    validation,
    answers,
)
KEPT = ("scenario.md",)
"""Pages in the parent of the folder."""


def pages() -> dict[str, str]:
    """All generated pages: path below the folder -> Markdown."""
    return {name: text for source in SOURCES for name, text in source.pages().items()}


def write(folder: Path) -> None:
    """Bring `folder` to the generated pages."""
    wanted = {(folder.parent if name in KEPT else folder) / name: text for name, text in pages().items()}
    for path in set(folder.rglob("*.md")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def draw(folder: Path) -> None:
    """Draw the pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.pictures():
        (folder / name).write_bytes(picture)
