"""`sriovsim device`: every view, every write, and one line for what cannot be meant."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from simulator.citation import STATUSES
from simulator.cli import cli
from simulator.sriov import MODELS


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["device", *arguments])


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ((), "igb allows 7"),
        (("--lspci",), "Number of VFs: 3, Function Dependency Link: 00"),
        (("--bytes",), "170: 03 00 00 00 80 00 02 00 00 00 ca 10 53 05 00 00"),
        (("--sysfs",), "virtfn2 -> ../0000:01:10.4"),
        (("--ip-link",), "vf 2     link/ether"),
        (("--registers",), "VF Enable"),
        (("--log",), "3 VFs allocated"),
    ],
)
def test_views(view: tuple[str, ...], says: str) -> None:
    result = call("igb", "--machine", "q35", "--vfs", "3", *view)
    assert result.exit_code == 0, result.output
    assert says in result.stdout


@pytest.mark.parametrize("model", [name for name in MODELS if name != "textbook"])
def test_every_model_in_every_view(model: str) -> None:
    for view in ("--lspci", "--bytes", "--sysfs", "--ip-link", "--registers", "--log"):
        assert call(model, "--vfs", "2", view).exit_code == 0
    assert "--origins says from where" in call(model).stdout
    assert {line.partition(":")[0] for line in call(model, "--origins").stdout.splitlines()} <= set(STATUSES)


def test_a_refused_write_is_an_answer() -> None:
    result = call(
        "igb", "--vfs", "2", "--write", "sriov_numvfs=8", "--write", "01:10.0/reset=1", "--write", "sriov_numvfs=0",
        "--ip-link-set", "vf 0 mac 02:00:00:00:00:01",
    )  # fmt: skip
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "sriov_numvfs=8: ERANGE: Numerical result out of range (sriov_totalvfs is 7)"
    assert lines[1] == "01:10.0/reset=1: done"
    assert lines[2:4] == ["sriov_numvfs=0: done", "  igb 0000:01:00.0: IOV Disabled"]
    assert lines[4] == "vf 0 mac 02:00:00:00:00:01: EINVAL: Invalid argument (no VF 0)"


def test_json() -> None:
    result = json.loads(call("82599", "--vfs", "1", "--write", "sriov_numvfs=x", "--json").stdout)
    assert result["schema"] == 1
    assert [item["name"] for item in result["functions"]] == [
        "0000:01:00.0", "0000:01:00.1", "0000:01:10.0", "0000:01:10.1",
    ]  # fmt: skip
    assert result["functions"][0]["files"]["sriov_totalvfs"] == "63"
    assert result["tried"][0]["errno"] == "EINVAL"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ibg",), "did you mean 'igb'?"),
        (("igb", "--machine", "q53"), "did you mean 'q35'?"),
        (("igb", "--vfs", "8"), "--vfs: '8' cannot be enabled on 0000:01:00.0: ERANGE"),
        (("igb", "--vfs", "65536"), "not in the range"),
        (("igb", "--write", "sriov_numvfs"), "is not of the form"),
        (("igb", "--write", "sriov_numvf=1"), "did you mean 'sriov_numvfs'?"),
        (("igb", "--write", "07:00.0/reset=1"), "is not on the bus"),
        (("igb", "--ip-link-set", "0 mac"), "is not of the form"),
        (("igb", "--vfs", "1", "--ip-link-set", "vf 0 vlan 4096"), "is not a whole number from 0 to 4095"),
    ],
)
def test_one_line_for_what_cannot_be_meant(arguments: tuple[str, ...], says: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_devices_are_listed() -> None:
    result = CliRunner().invoke(cli, ["list", "devices"])
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(MODELS)
