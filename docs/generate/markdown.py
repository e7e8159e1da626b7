"""Markdown from Python values: tables, code, docstrings.

*Scope*: what the generators need.
*Validation*: every page is built with warnings as errors (tests/docs/test_site.py).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars and line breaks inside cells are taken care of."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def code(text: str) -> str:
    """Text as inline code."""
    return f"`{text}`" if text else ""


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: the house's docstrings are Markdown but for double backticks and indented samples."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    # paragraphs that the house runs together are set apart
    return re.sub(r"\n+(?=\*(Scope|Validation)\*)", r"\n\n", text)


def page(*parts: str) -> str:
    """Parts of a page, one blank line between them."""
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()
