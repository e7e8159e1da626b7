"""The pages that people write, and the code blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "docs" / "reference" / "generated"
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)\s*$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `line` is that of its first line of code."""

    language: str
    text: str
    line: int


def written() -> list[Path]:
    """README, CONTRIBUTING and the pages of the site, without those that are printed from the code."""
    pages = [
        page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts and GENERATED not in page.parents
    ]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(pages)]


def name(page: Path) -> str:
    """A page as a test's name."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"].strip(), found["text"], text.count("\n", 0, found.start("text")) + 1)
        for found in _FENCE.finditer(text)
    ]
