"""What the lessons of the course need besides the program: a stop until the reader has guessed, and scenarios that do not tell their answer.

1. ``guessed`` raises `NoGuess` while a prediction is still None. A lesson imports what it simulates with behind that call, in the
   same cell, so that nothing is shown without a guess, whatever goes on after the error.
2. ``question`` is a scenario file without the description, which says what comes out.

*Scope*: the notebooks of the course. *Validation*: tests/notebooks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from simulator.errors import SimulatorError
from simulator.scenario import locate

DESCRIPTION = re.compile(r"^description:.*\n(?:[ \t]+.*\n)*", re.MULTILINE)


class NoGuess(SimulatorError):
    """A prediction is missing."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the sentence alone."""
        return [str(self)]


def guessed(*guesses: object) -> None:
    """Return if no guess, and no value of a guess that is a map, is None. Raises NoGuess otherwise."""
    values = [value for guess in guesses for value in (guess.values() if isinstance(guess, Mapping) else [guess])]
    missing = sum(value is None for value in values)
    if missing:
        raise NoGuess(
            f"{missing} of {len(values)} predictions are still None: write your guesses above, then run on from here. "
            "Nobody marks them, and what follows is worth more with them."
        )


def question(name: str) -> str:
    """The text of a shipped scenario without its description. Raises InputError for an unknown name."""
    return DESCRIPTION.sub("", locate(name).read_text(encoding="utf-8"))
