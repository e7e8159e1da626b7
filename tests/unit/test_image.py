"""The image that the compiled engine works on: what does not fit in it is refused."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from simulator.engines.compiled import image
from simulator.errors import EngineError


def test_as_many_timers_as_a_word_can_number_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image.k, "SLOT_BITS", 2)
    image._calendar(MagicMock(), MagicMock(count=4))
    with pytest.raises(EngineError, match="5 timers in one plan, and the compiled engine takes 4"):
        image._calendar(MagicMock(), MagicMock(count=5))
