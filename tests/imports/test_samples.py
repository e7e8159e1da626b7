"""Every sample becomes a scenario that ``check`` calls valid, or gives one line with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.imports.lines import word
from tests.imports import SAMPLES

NOT_MODELLED = {
    "user.xml": "user-network is not modelled; the nearest that is: virtio-qemu",
}
REFUSED = dict.fromkeys(
    ("ethtool-S.txt", "ethtool-S-i40e.txt", "ethtool-S-ixgbe.txt"),
    "is ethtool -S: counters since the driver was loaded, from which no rate follows",
)
FILES = sorted(path for path in SAMPLES.iterdir() if path.suffix not in (".md", ".sh"))
VALUE = re.compile(r"(?:- )?\w+: .+")
UNREMARKED = ("schema: ", "title: ")


def call(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_there_is_one_of_each_kind() -> None:
    assert len(FILES) >= 30
    assert set(NOT_MODELLED) | set(REFUSED) <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_imports_or_says_why(path: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    code, _, err = call("import", path, "-o", scenario)
    reason = (NOT_MODELLED | REFUSED).get(path.name)
    if reason is not None:
        assert (code, len(err.splitlines())) == (2, 1)
        assert reason in err
        assert list(tmp_path.iterdir()) == []
        return
    assert code == 0, err
    assert call("check", scenario)[0] == 0


@pytest.mark.parametrize("name", NOT_MODELLED)
def test_the_nearest_stands_in_when_asked_for(name: str, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    assert call("import", SAMPLES / name, "--nearest", "-o", scenario)[0] == 0
    assert NOT_MODELLED[name] in re.sub(r"\n *# ", " ", scenario.read_text(encoding="utf-8"))
    assert call("check", scenario)[0] == 0


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in REFUSED], ids=lambda path: path.name)
def test_every_value_has_its_place_or_is_called_guessed(path: Path) -> None:
    _, out, _ = call("import", path, "--nearest")
    before = ""
    for line in out.splitlines():
        bare = line.strip()
        if VALUE.match(bare) and not bare.startswith(UNREMARKED):
            said = bare.partition(" # ")[2] or (before if before.startswith("# ") else "")
            assert said, line
        before = bare


def test_only_a_name_that_yaml_would_take_for_something_else_is_quoted() -> None:
    assert [word(name) for name in ("e810", "x710", "connectx-5", "82599")] == ["e810", "x710", "connectx-5", '"82599"']
