"""The printed page holds every device, register, driver and duration."""

from __future__ import annotations

import re
import sys

from simulator.citation import STATUSES
from simulator.sriov import MODELS, registers, timing
from simulator.sriov.policy import POLICIES
from tests.docs.markdown import ROOT

sys.path.append(str(ROOT / "docs"))
from generate import devices

PAGE = devices.pages()["devices.md"]


def test_everything_is_there() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings == [*MODELS, "The capability", "What PF drivers allow", "How long it takes"]
    assert all(f"| {field.name} |" in PAGE for register in registers.REGISTERS for field in register.fields)
    assert all(f"`{driver}`" in PAGE for driver in POLICIES)
    durations = [value for value in vars(timing).values() if isinstance(value, timing.Duration)]
    assert all(f"| {duration.status} | {duration.source} |" in PAGE for duration in durations)
    assert {duration.status for duration in durations} <= set(STATUSES)
