"""One tree of errors: each says the place, the value, the choices and the nearest name, in one line.

1. ``SimulatorError`` is the root; a caller that catches it has caught everything this package raises on purpose.
2. ``InputError`` is one fault in something a user wrote, ``BadValue`` the same where the message is said of the value;
   ``ScenarioErrors`` carries all faults of one file at once.
3. ``exit_code`` is what the command line returns for the error (2 usage or input, 1 a run that failed, 130
   interrupted).

*Scope*: errors with a place or a process exit code; a wrong call from Python is a ``TypeError`` as everywhere else.
*Validation*: ``tests/unit/test_bad_input.py`` runs every file and table under ``tests/bad``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

NOT_MODELLED = {
    "balloon": "memory ballooning", "cache": "caches and memory bandwidth", "energy": "power",
    "frequency": "frequency changes", "geneve": "overlays", "hugepage": "memory translation",
    "hyperthread": "hyper-threads", "iommu": "what an IOMMU costs besides walks and mapping", "ipsec": "encryption", "llc": "caches and memory bandwidth",
    "nested": "nested hypervisors",
    "power": "power", "smt": "hyper-threads", "turbo": "frequency changes", "vxlan": "overlays",
    "watt": "power", "vmware": "other hypervisors",
}  # fmt: skip
"""What readers of the field may ask for in vain: part of the word -> what it belongs to."""
NOT_MODELLED_PAGE = "docs/explanation/not-modelled.md"
SHOWN_CHARACTERS = 60
SHOWN_CHOICES = 24
SHOWN_ERRORS = 50


class SimulatorError(Exception):
    """Root of all errors of this package."""

    exit_code: ClassVar[int] = 1


class InputError(SimulatorError):
    """One fault in what a user wrote: ``place: message: 'value'; choices: a, b; did you mean 'a'?``."""

    exit_code = 2

    def __init__(
        self,
        place: str,
        message: str,
        value: object = None,
        choices: Sequence[str] = (),
        nearest: str | None = None,
    ) -> None:
        super().__init__(place, message, value, tuple(choices), nearest)
        self.place = place
        self.message = message
        self.value = value
        self.choices = tuple(choices)
        self.nearest = nearest

    def at(self, place: str) -> InputError:
        """Return the same fault at ``place``: a parser does not know which file its text came from."""
        return type(self)(place, self.message, self.value, self.choices, self.nearest)

    def sentence(self) -> str:
        """Return the message with the value."""
        return self.message if self.value is None else f"{self.message}: {show(self.value)}"

    def __str__(self) -> str:
        parts = [f"{self.place}: {self.sentence()}" if self.place else self.sentence()]
        if self.choices:
            more = len(self.choices) - SHOWN_CHOICES
            listed = ", ".join(self.choices[:SHOWN_CHOICES])
            parts.append(f"choices: {listed}" + (f", ... ({more} more)" if more > 0 else ""))
        if self.nearest is not None:
            parts.append(f"did you mean '{self.nearest}'?")
        return "; ".join(parts)


class BadValue(InputError):
    """A value that will not do; the message is said of it: ``place: '7' has no unit``."""

    def sentence(self) -> str:
        """Return the value with what is said of it."""
        return self.message if self.value is None else f"{show(self.value)} {self.message}"


class ScenarioErrors(SimulatorError):
    """All faults of one scenario, one line each, in the order in which the file has them."""

    exit_code = 2

    def __init__(self, errors: Iterable[InputError]) -> None:
        collected = tuple(errors)
        super().__init__(collected)
        self.errors = collected
        # the points of a sweep repeat a fault of their common part
        self.lines = tuple(dict.fromkeys(str(error) for error in collected))

    def __str__(self) -> str:
        hidden = len(self.lines) - SHOWN_ERRORS
        return "\n".join((*self.lines[:SHOWN_ERRORS], *([f"... and {hidden} more errors"] if hidden > 0 else [])))


class PlanError(SimulatorError):
    """A plan that contradicts itself, found by its own check."""


class EngineError(SimulatorError):
    """A run that an engine had to give up: a broken invariant, a livelock at one instant, an overflow."""


class DependencyError(SimulatorError):
    """A package that a command needs is not installed; the message names the extra that brings it."""


class Interrupted(SimulatorError):
    """The user stopped the run; what had been finished is kept."""

    exit_code = 130


class OutOfTime(SimulatorError):
    """The time that the user allowed is over; what had been finished is kept."""


def nearest(value: object, choices: Iterable[str]) -> str | None:
    """Return the choice that looks most like ``value``, or None if none comes near."""
    text, known = str(value)[:SHOWN_CHARACTERS], list(choices)
    folded = {name.casefold(): name for name in reversed(known)}
    if text.casefold() in folded:
        return folded[text.casefold()]
    found = get_close_matches(text, known, n=1, cutoff=0.6) or get_close_matches(
        text.casefold(), folded, n=1, cutoff=0.5
    )
    return folded.get(found[0], found[0]) if found else None


def unknown(place: str, what: str, value: object, choices: Iterable[str]) -> BadValue:
    """Return the error for a name that is not one of ``choices``, with the nearest one."""
    known, elsewhere = tuple(choices), not_modelled(value)
    close = None if elsewhere else nearest(value, known)
    return BadValue(place, f"is not a known {what}{elsewhere}", value, known, close)


def not_modelled(word: object) -> str:
    """Return the end of a message about an unknown word: where it is said that this is left out, if it is; else
    nothing."""
    parts = re.split(r"[^a-z0-9]+", str(word)[:SHOWN_CHARACTERS].casefold())
    whole = str(word)[:SHOWN_CHARACTERS].casefold()
    found = [what for stem, what in NOT_MODELLED.items() if any(p.startswith(stem) for p in parts) or whole == stem]
    return f"; {found[0]}: not modelled, see {NOT_MODELLED_PAGE}" if found else ""


def show(value: Any) -> str:
    """Return ``value`` quoted for a message: one line, no control characters, at most 60 characters."""
    text = value if isinstance(value, str) else _plain(value)
    text = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(str(key)[:20] for key in list(value)[:8]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(str(item)[:20] for item in value[:8]) + "]"
    return "null" if value is None else str(value)
