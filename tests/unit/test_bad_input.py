"""Every broken scenario gives its lines, exit code 2, nothing on standard output, and nothing on disk."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import cli

BAD = Path(__file__).resolve().parent.parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))
CHOICES = re.compile(r"choices: .*?(?=; did you mean|$)")


def elided(line: str) -> str:
    return CHOICES.sub("choices: ...", line)


def expected(name: str) -> list[str]:
    lines = (BAD / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(f"{name}:")]


def test_there_are_many() -> None:
    assert len(FILES) >= 60
    known = {file.name for file in FILES}
    lines = (BAD / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition(":")[0] for line in lines} == known


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_says_what_is_wrong_and_where(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(path.name for path in BAD.iterdir())
    monkeypatch.chdir(BAD)
    result = CliRunner().invoke(cli, ["check", file.name])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert [elided(line) for line in result.stderr.splitlines()] == expected(file.name)
    assert sorted(path.name for path in BAD.iterdir()) == before


@pytest.mark.parametrize("line", [*(BAD / "expected.txt").read_text(encoding="utf-8").splitlines()])
def test_every_line_has_a_place(line: str) -> None:
    assert re.match(r"[a-z-]+\.yaml:[0-9]+: ", line)


@pytest.mark.parametrize("command", ["check", "run", "compare"])
def test_all_commands_refuse_alike(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, [command, str(BAD / "several-faults.yaml")])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 5
    assert list(tmp_path.iterdir()) == []


def run_limited(argument: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))

    command = [sys.executable, "-m", "simulator", "check", argument]
    root = str(BAD.parent.parent)
    return subprocess.run(
        command,
        cwd=cwd,
        env={"PYTHONPATH": root},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )


NONSENSE = {
    "letters": b"a" * 10_000_000,
    "zeros": bytes(10_000_000),
    "brackets": b"[" * 900_000,
    "dashes": b"- " * 450_000,
    "colons": b"a:" * 450_000,
    "keys": b"".join(b"k%d: 1\n" % k for k in range(70_000)),
    "items": b"- a\n" * 240_000,
    "utf-16": "schema: 1\n".encode("utf-16"),
    "binary": bytes(range(256)) * 1000,
    "quotes": b'"' + b"\\x41" * 200_000,
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_fails_small(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(NONSENSE[kind])
    result = run_limited("x.yaml", tmp_path)
    assert result.returncode == 2, result.stderr[-500:]
    assert result.stdout == ""
    assert result.stderr.startswith("x.yaml")
    assert "Traceback" not in result.stderr
    assert max(map(len, result.stderr.splitlines())) < 1000


@pytest.mark.parametrize("argument", [".", "/dev/null/x", "no-such", "x" * 5000, "\x01"])
def test_unreadable_paths(argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["check", argument])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("seed", "'seed' is not key=value"),
        ("=3", "is not key=value"),
        ("host.coers=3", "did you mean 'cores'?"),
        ("guest.vcpus=3", "did you mean 'guests'?"),
        ("guests.vn.vcpus=3", "did you mean 'vm'?"),
        ("guests.*.vcpus=two", "--set guests.*.vcpus: guests[0].vcpus: 'two' is not a whole number"),
        ("seed.x=1", "is neither a map nor a list"),
        ("host=[", "is not YAML"),
        ("datapath=nativ", "did you mean 'native'?"),
        ("a..b=1", "is not a dotted path"),
    ],
)
def test_overrides_are_refused_by_name(setting: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text("schema: 1\nguests:\n  - {name: vm}\ntraffic:\n  - {kind: poisson, rate: 1 kpps}\nseed: 1\n")
    result = CliRunner().invoke(cli, ["check", str(file), "--set", setting])
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.startswith("--set")
