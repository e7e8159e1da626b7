"""``sriovsim import`` on the command line: several files, output, errors; and what is no source at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.cli import cli
from simulator.scenario import load
from tests.imports import SAMPLES

FILES = ("vhost-net.xml", "hostdev-interface.xml", "lspci-x710-vfs.txt", "ethtool-i40e.txt")


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_several_files_become_one_scenario(tmp_path: Path) -> None:
    output = tmp_path / "mine.yaml"
    result = call(*(SAMPLES / name for name in FILES), "-o", output)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "comments say 'guessed'" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]
    found = load(output)
    assert [group.name for group in found.guests] == ["web", "vnf"]
    assert found.nic.model == "x710"
    assert found.nic.moderation is not None


def test_the_order_of_the_files_does_not_matter() -> None:
    def body(result: Result) -> list[str]:
        return sorted(result.stdout.partition("host:")[2].splitlines())

    paths = [SAMPLES / name for name in FILES]
    assert body(call(*paths)) == body(call(*reversed(paths)))


def test_the_same_files_give_the_same_bytes() -> None:
    paths = [SAMPLES / name for name in FILES]
    assert call(*paths).stdout == call(*paths).stdout != ""


def test_a_scenario_is_not_written_over(tmp_path: Path) -> None:
    output = tmp_path / "mine.yaml"
    output.write_text("mine\n", encoding="utf-8")
    result = call(SAMPLES / "vhost-net.xml", "-o", output)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--force" in result.stderr
    assert output.read_text(encoding="utf-8") == "mine\n"
    assert call(SAMPLES / "vhost-net.xml", "-o", output, "--force").exit_code == 0


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = call(SAMPLES / "vhost-net.xml", "-o", tmp_path / "no" / "mine.yaml")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "cannot be written" in result.stderr


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder, name in (("a", "first"), ("b", "second")):
        (tmp_path / folder).mkdir()
        text = (SAMPLES / "virtio-qemu.xml").read_text(encoding="utf-8").replace("<name>qemu", f"<name>{name}")
        (tmp_path / folder / "vm.xml").write_text(text, encoding="utf-8")
    out = call(tmp_path / "a" / "vm.xml", tmp_path / "b" / "vm.xml").stdout
    assert f"{tmp_path}/a/vm.xml:1" in out
    assert f"{tmp_path}/b/vm.xml:1" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pcap", b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "is a capture of packets"),
        ("a.json", b'{"start": {}, "intervals": []}', "is a result of iperf3"),
        ("a.json", b'{"benchmarks": {}}', "is a result of NFVbench"),
        ("a.json", b'[{"ifname": "eth0", "rx-usecs": 3}]', "without --json"),
        ("a.yaml", b"schema: 1\nguests: []\n", "is a scenario already"),
        ("a.csv", b"a,b\n1,2\n", "is of no kind that import knows; choices: libvirt domain XML"),
        ("a.xml", b"<network><name>x</name></network>", "import reads libvirt's <domain>"),
        ("a.txt", b" \n", "is empty"),
    ],
)
def test_what_is_no_source_is_told_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = call(path)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert str(path) in result.stderr
    assert said in result.stderr
