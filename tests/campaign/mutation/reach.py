"""Which tests reach which line of the program, and how long each test takes: measured once, kept in a file.

1. The suite without what starts other processes runs under coverage, one context for each test function.
2. Lines that run while a module is imported are kept apart; a test that reaches any line of their module stands in for them.
3. The texts are kept too, so that the map serves a program whose lines have moved since: a new line has the tests of its module, a new module
   those of its folder. Measured again, only tests that have changed are run.

*Scope*: modules that tests run in their own process; both engines have tests of their own. *Validation*: a planted fault at a line
that the map knows is noticed by the tests it names (`tests/unit/test_mutation.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (
    "unit", "golden", "phenomena", "theory", "charts", "property", "architecture", "results", "validation", "imports", "sriov", "measure", "bounds",
    "search", "decide", "calibrate", "prove", "statistics", "conformance", "engines/test_compiled_draws.py",
    "docs/test_generated.py",
)  # fmt: skip
LEFT_OUT = ("test_mutation", "test_benchmarks", "test_cluster")
"""Files whose tests are about other processes."""
LEAST_S = 0.02
RULES = """\
[run]
source = simulator
omit = simulator/engines/compiled/kernel/*, simulator/engines/reference/*
dynamic_context = test_function
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """`lines`: file -> line -> test functions; `seconds`: test function -> how long it takes, all parameters together;
    `imported`: file -> lines that run outside of tests too; `texts`: file -> its lines when the map was made."""

    lines: dict[str, dict[int, tuple[str, ...]]]
    seconds: dict[str, float]
    imported: dict[str, frozenset[int]] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """File of tests -> what it was when it was measured."""
    width: Counter[str] = field(default_factory=Counter)
    """Test function -> how many lines it reaches."""

    def __post_init__(self) -> None:
        for found in self.lines.values():
            for tests in found.values():
                self.width.update(tests)

    def tests(self, file: str, line: int) -> list[str]:
        """The test functions that reach the line; first those that are quick and about little else than its file."""
        found = self.lines.get(file) or self._beside(file)
        reaching = found.get(self._then(file, line)) or {test for tests in found.values() for test in tests}
        here = Counter(test for tests in found.values() for test in tests)
        return sorted(reaching, key=lambda test: (self.time(test) * self.width[test] / here[test], test))

    def _beside(self, file: str) -> dict[int, tuple[str, ...]]:
        known = [found for name, found in self.lines.items() if Path(name).parent == Path(file).parent]
        return dict(enumerate(tests for found in known for tests in found.values()))

    def time(self, test: str) -> float:
        """Seconds that a test function takes, a little for starting it included."""
        return max(self.seconds.get(test, 1.0), LEAST_S)

    def on_import(self, file: str, line: int) -> bool:
        """Whether the line runs before any test begins."""
        return self._then(file, line) in self.imported.get(file, ())

    def _then(self, file: str, line: int) -> int:
        """The number that a line of today had when the map was made; 0: there was none."""
        return _moved(ROOT / file, self.texts[file]).get(line, 0) if file in self.texts else line


@cache
def _moved(path: Path, before: tuple[str, ...]) -> dict[int, int]:
    now = path.read_text(encoding="utf-8").splitlines()
    blocks = SequenceMatcher(None, now, before, autojunk=False).get_matching_blocks()
    return {block.a + place + 1: block.b + place + 1 for block in blocks for place in range(block.size)}


def measure(folder: Path, known: Reach | None = None) -> Reach:
    """Run the tests, or those that the known map has not as they are, under coverage, with notes in `folder`. Takes minutes."""
    before = known or Reach({}, {})
    today = digests()
    wanted = [name for name, digest in today.items() if before.digests.get(name) != digest]
    if not wanted:
        return before
    (folder / "rules").write_text(RULES)
    data, times = folder / "data", folder / "times.xml"
    command = [
        sys.executable, "-m", "coverage", "run", f"--rcfile={folder / 'rules'}", f"--data-file={data}", "-m", "pytest", "-q",
        "-p", "no:cacheprovider", f"--junitxml={times}", *wanted,
    ]  # fmt: skip
    subprocess.run(
        command, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    )
    return merged(before, _read(data, _seconds(times)), today, wanted)


def digests() -> dict[str, str]:
    """File of tests -> a digest of its text."""
    places = [ROOT / "tests" / folder for folder in FOLDERS]
    paths = [path for place in places for path in ([place] if place.is_file() else sorted(place.rglob("test_*.py")))]
    wanted = [path for path in paths if path.stem not in LEFT_OUT]
    return {path.relative_to(ROOT).as_posix(): sha256(path.read_bytes()).hexdigest()[:16] for path in wanted}


def merged(known: Reach, new: Reach, today: dict[str, str], measured: Collection[str]) -> Reach:
    """The known map with its lines where they are today, what was measured anew in place of what those files of tests said."""

    def kept(tests: Iterable[str]) -> tuple[str, ...]:
        return tuple(test for test in tests if (own := test.partition("::")[0]) in today and own not in measured)

    lines, imported, texts = {}, {}, {}
    for file in {*known.lines, *new.lines}:
        if not (path := ROOT / file).is_file():
            continue
        then, old, found = _moved(path, known.texts.get(file, ())), known.lines.get(file, {}), new.lines.get(file, {})
        texts[file] = tuple(path.read_text(encoding="utf-8").splitlines())
        tests = {
            line: kept(old.get(then.get(line, 0), ())) + found.get(line, ()) for line in range(1, len(texts[file]) + 1)
        }
        lines[file] = {line: some for line, some in tests.items() if some}
        outside = frozenset(line for line, was in then.items() if was in known.imported.get(file, ()))
        imported[file] = outside | new.imported.get(file, frozenset())
    seconds = {test: spent for test, spent in known.seconds.items() if kept([test])}
    return Reach(lines, seconds | new.seconds, imported, texts, today)


def _read(data: Path, seconds: dict[str, float]) -> Reach:
    from coverage import CoverageData

    recorded = CoverageData(str(data))
    recorded.read()
    lines, imported = {}, {}
    for path in map(Path, recorded.measured_files()):
        if not path.is_file():
            continue
        file, contexts = path.relative_to(ROOT).as_posix(), recorded.contexts_by_lineno(str(path))
        found = {line: tuple(filter(None, map(_function, tests))) for line, tests in contexts.items()}
        lines[file] = {line: tests for line, tests in found.items() if tests}
        imported[file] = frozenset(line for line, tests in contexts.items() if "" in tests)
    return Reach(lines, seconds, imported)


@cache
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
    imported = {file: sorted(found) for file, found in reach.imported.items()}
    content = {
        "tests": names,
        "seconds": reach.seconds,
        "lines": lines,
        "imported": imported,
        "texts": reach.texts,
        "digests": reach.digests,
    }
    path.write_text(json.dumps(content))


def load(path: Path) -> Reach:
    """Read what `save` has written."""
    content = json.loads(path.read_text())
    names = content["tests"]
    lines = {
        file: {int(line): tuple(names[number] for number in numbers) for line, numbers in found.items()}
        for file, found in content["lines"].items()
    }
    imported = {file: frozenset(found) for file, found in content["imported"].items()}
    texts = {file: tuple(found) for file, found in content["texts"].items()}
    return Reach(lines, content["seconds"], imported, texts, content["digests"])
