"""The reference runs under `results/reference`: what the README and the pages quote, and how it is made.

1. `RUNS` are shipped scenarios; each has a folder with all that a study writes into its folder, so that
   ``sriovsim chart`` draws every kind of chart from it.
2. `files` simulates one anew and gives the bytes of its folder.
3. `python -m tests.results` compares all of them with what is committed, `--write` commits anew.

*Scope*: everything that a study writes but the finished points. The provenance names the
program's source by a hash that every change of the source changes; it is compared without that.
*Validation*: `test_reference_runs.py` regenerates the first one, byte by byte.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from simulator import compare

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "results" / "reference"
RUNS = ("paths", "vf-modes", "knees", "guests-over-paths")
KEPT = (
    "scenario.resolved.yaml", "result.json", "summary.csv", "stages.csv", "guests.csv", "histograms.csv", "chart.png", "provenance.json",
)  # fmt: skip


def files(name: str) -> dict[str, bytes]:
    """The files of the run of that name, simulated now."""
    with tempfile.TemporaryDirectory() as folder:
        path = compare(ROOT / "scenarios" / f"{name}.yaml").save(folder)
        return {kept: (path / kept).read_bytes() for kept in KEPT}


def comparable(name: str, content: bytes) -> bytes:
    """The content without what has to change with every change of the source."""
    if name != "provenance.json":
        return content
    document = json.loads(content)
    document["program"].pop("source_sha256")
    return json.dumps(document).encode()


def differences(name: str) -> list[str]:
    """Files of the committed run that are not what is simulated now."""
    made = files(name)
    kept = {path.name: path.read_bytes() for path in (FOLDER / name).glob("*")}
    names = sorted(made.keys() | kept.keys())
    return [file for file in names if comparable(file, made.get(file, b"{}")) != comparable(file, kept.get(file, b""))]


def write(name: str) -> None:
    """Commit the run anew."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files(name).items():
        (folder / file).write_bytes(content)
