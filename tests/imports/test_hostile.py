"""Hostile inputs of every kind end in one printable line and exit code 2, within bounded memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulator.formats import yaml12
from simulator.imports.text import clean
from tests.imports import hostile, plain, text_of

INPUTS = hostile.inputs()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in INPUTS.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-m", "tests.imports.hostile", str(folder)]
    result = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"ended by a limit: {result.returncode} {result.stderr[-2000:]}"
    found: dict[str, tuple[int, str, str]] = json.loads(result.stdout)
    return found


def test_there_are_ten_of_each_kind() -> None:
    kinds = Counter(name.partition("-")[0] for name in INPUTS)
    assert len(kinds) == 6
    assert min(kinds.values()) >= 10


@pytest.mark.parametrize("name", INPUTS)
def test_ends_in_one_line(name: str, ended: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = ended[name]
    assert (code, out) == (2, "")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()
    assert len(err) < 1_000
    assert f"/{name}" in err


NASTY = "web\nhost: {model: textbook}\x1b[2J\u2028# \u202e'\"\\"


def test_a_name_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    domain = hostile.DOMAIN.replace("<name>web", f"<name>{NASTY}".replace("\x1b", "&#x9;"))
    (tmp_path / "a.xml").write_text(domain, encoding="utf-8")
    port = {"binding:vif_type": "bridge", "device_owner": "compute:nova", "name": NASTY, "device_id": "x"}
    (tmp_path / "a.json").write_text(json.dumps({"port": port}), encoding="utf-8")
    paths = [tmp_path / "a.xml", tmp_path / "a.json"]
    text = text_of(*paths)
    assert all(line.isprintable() for line in text.splitlines())
    assert plain(*paths)["host"]["model"] == "haswell-2015"


def test_a_file_name_cannot_either(tmp_path: Path) -> None:
    path = tmp_path / "a\nhost: {model: textbook}.xml"
    path.write_text(hostile.DOMAIN, encoding="utf-8")
    assert plain(path)["host"]["model"] == "haswell-2015"


def test_comments_are_bounded_and_printable() -> None:
    assert len(clean("x" * 10**6)) <= 240
    assert clean("a\nb\x00\u202e").isprintable()
    assert yaml12.parse(f"a: 1 # {clean(NASTY)}\n", "x").plain() == {"a": 1}


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(Exception, match="is no regular file"):
            text_of(path)


def test_a_folder_of_traps_is_read_within_bounds(tmp_path: Path) -> None:
    device = tmp_path / "0000:03:00.0"
    device.mkdir()
    os.mkfifo(device / "vendor")
    (device / "device").symlink_to("/dev/zero")
    (device / "class").write_text("0x020000" + "x" * 10**6, encoding="utf-8")
    (device / "virtfn0").symlink_to("virtfn0")
    (device / "net").symlink_to("net")
    assert plain(tmp_path)["guests"][0]["datapath"] == "sriov-vf"
