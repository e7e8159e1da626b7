"""``python -m tests.campaign [--only TEXT]``: every broken input once; what was accepted, unclear, slow or large is listed.

1. Each case runs in a process of its own, in an empty folder.
2. Asked for: exit code 2, nothing on standard output, no traceback, every line with a place, nothing written.
3. Measured: CPU seconds and peak memory, against `CPU_S` and `MEMORY_MB`.

*Scope*: a command for a quiet machine, not part of the suite. *Validation*: `tests/unit/test_audit.py` counts its cases.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.cases import Case, cases

ROOT = Path(__file__).resolve().parent.parent.parent
CPU_S, MEMORY_MB = 2.0, 300
PLACE = re.compile(r"\S.*?: .+|Usage: .*|Try .*|Error: .*|\s*")


@dataclass(frozen=True)
class Verdict:
    """What one case led to."""

    name: str
    faults: tuple[str, ...]
    cpu_s: float
    memory_mb: float


def judge(case: Case) -> Verdict:
    """Run one case."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in case.files.items():
            (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        before = sorted(path.name for path in folder.iterdir())
        places = {"{file}": "input.yaml", "{folder}": "."}
        command = [sys.executable, "-m", "simulator", *(places.get(word, word) for word in case.arguments)]
        with (
            (folder.parent / f"{folder.name}.err").open("w+") as err,
            (folder.parent / f"{folder.name}.out").open("w+") as out,
        ):
            process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=err, env=os.environ | {"PYTHONPATH": str(ROOT)}
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            err.seek(0)
            out.seek(0)
            said, printed = err.read(), out.read()
            for stream in (err, out):
                Path(stream.name).unlink()
        after = sorted(path.name for path in folder.iterdir())
    cpu_s, memory_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    wrong = {
        f"exit code {process.returncode}": process.returncode != 2,
        f"printed {printed[:80]!r}": bool(printed),
        "traceback": "Traceback" in said,
        "nothing said": not said.strip(),
        f"no place: {said[:120]!r}": not all(PLACE.fullmatch(line) for line in said.splitlines()),
        f"fewer than {case.least} faults: {said[:120]!r}": len(said.splitlines()) < case.least,
        f"wrote {set(after) - set(before)}": before != after,
        f"{cpu_s:.2f} s of CPU": cpu_s > CPU_S,
        f"{memory_mb:.0f} MB": memory_mb > MEMORY_MB,
    }
    return Verdict(case.name, tuple(text for text, bad in wrong.items() if bad), cpu_s, memory_mb)


def main() -> int:
    """Run all, print what is wrong and the extremes; 1 if anything is."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    wanted = parser.parse_args().only
    verdicts = [judge(case) for case in cases() if wanted in case.name]
    for verdict in verdicts:
        for fault in verdict.faults:
            print(f"{verdict.name}: {fault}")
    kinds = Counter(re.split(r"[-.]", verdict.name)[0] for verdict in verdicts)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    slowest, largest = max(v.cpu_s for v in verdicts), max(v.memory_mb for v in verdicts)
    bad = sum(bool(verdict.faults) for verdict in verdicts)
    print(f"{len(verdicts)} inputs, {bad} with faults; at most {slowest:.2f} s of CPU and {largest:.0f} MB")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
