"""Which tests reach which line of the program, and how long each test takes: measured once, kept in a file.

1. The suite without what starts other processes runs under coverage, one context for each test function.
2. A line that runs while a module is imported belongs to no test; whoever reaches any line of its module stands in for it.

*Scope*: modules that tests run in their own process; both engines have tests of their own. *Validation*: a planted fault at a line
that the map knows is noticed by the tests it names (`tests/unit/test_mutation.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("unit", "golden", "phenomena", "theory", "charts", "property", "architecture", "results", "validation", "imports", "sriov", "measure")  # fmt: skip
RULES = """\
[run]
source = simulator
omit = simulator/engines/*
dynamic_context = test_function
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """`lines`: file -> line -> test functions; `seconds`: test function -> how long it takes, all parameters together."""

    lines: dict[str, dict[int, tuple[str, ...]]]
    seconds: dict[str, float]

    def tests(self, file: str, line: int) -> list[str]:
        """The test functions that reach the line, the quickest first."""
        found = self.lines.get(file, {})
        reaching = found.get(line) or {test for tests in found.values() for test in tests}
        return sorted(reaching, key=lambda test: (self.seconds.get(test, 1.0), test))


def measure(folders: tuple[str, ...] = FOLDERS) -> Reach:
    """Run the tests of these folders under coverage. Takes minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules").write_text(RULES)
        data, times = folder / "data", folder / "times.xml"
        command = [
            sys.executable,
            "-m",
            "coverage",
            "run",
            f"--rcfile={folder / 'rules'}",
            f"--data-file={data}",
            "-m",
            "pytest",
        ]
        command += ["-q", "-p", "no:cacheprovider", f"--junitxml={times}", *(f"tests/{folder}" for folder in folders)]
        subprocess.run(command, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)})
        return Reach(_lines(data), _seconds(times))


def _lines(data: Path) -> dict[str, dict[int, tuple[str, ...]]]:
    from coverage import CoverageData

    recorded = CoverageData(str(data))
    recorded.read()
    found = {}
    for file in recorded.measured_files():
        contexts = {
            line: tuple(filter(None, map(_function, tests)))
            for line, tests in recorded.contexts_by_lineno(file).items()
        }
        found[Path(file).relative_to(ROOT).as_posix()] = {line: tests for line, tests in contexts.items() if tests}
    return found


def _function(context: str) -> str:
    """``tests.unit.test_a.test_b`` as pytest calls it, or nothing for a context that is no test."""
    module, _, function = context.rpartition(".")
    file = ROOT / f"{module.replace('.', '/')}.py"
    return f"{file.relative_to(ROOT).as_posix()}::{function}" if context and file.is_file() else ""


def _seconds(times: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for case in ElementTree.parse(times).getroot().iter("testcase"):
        function = _function(f"{case.get('classname')}.{str(case.get('name')).partition('[')[0]}")
        found[function] = found.get(function, 0.0) + float(case.get("time") or 0)
    return found


def save(reach: Reach, path: Path) -> None:
    """Write the map; tests by number, since each stands at thousands of lines."""
    names = sorted({test for lines in reach.lines.values() for tests in lines.values() for test in tests})
    number = {name: index for index, name in enumerate(names)}
    lines = {
        file: {line: [number[test] for test in tests] for line, tests in found.items()}
        for file, found in reach.lines.items()
    }
    path.write_text(json.dumps({"tests": names, "seconds": reach.seconds, "lines": lines}))


def load(path: Path) -> Reach:
    """Read what `save` has written."""
    content = json.loads(path.read_text())
    names = content["tests"]
    lines = {
        file: {int(line): tuple(names[number] for number in numbers) for line, numbers in found.items()}
        for file, found in content["lines"].items()
    }
    return Reach(lines, content["seconds"])
