"""Where campaigns keep what they found: ``results/answers/<name>.json``, with the day and the program. The page "How good the answers are"
prints these files.

*Scope*: a few kilobytes each. *Validation*: tests/docs/test_answers.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import simulator
from simulator.formats.files import write_whole
from simulator.study.folder import json_bytes
from simulator.study.provenance import program_hash

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "results" / "answers"


def keep(name: str, content: Mapping[str, Any]) -> None:
    """Write one file of the record."""
    run = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "version": simulator.__version__,
        "source_sha256": program_hash(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_whole(FOLDER / f"{name}.json", json_bytes({"run": run, **content}))
