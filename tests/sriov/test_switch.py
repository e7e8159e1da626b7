"""Who gets a frame inside the adapter, and who may not send it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.sriov import Host, iplink, mailbox, model_named, switch, sysfs
from simulator.sriov.state import Physical

A, B, C, AWAY = (f"02:00:00:00:00:{last}" for last in ("0a", "0b", "0c", "ff"))
ALL, GROUP = "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"


@pytest.fixture
def ready() -> tuple[Host, Physical]:
    """Three VFs of an XL710 with known addresses; the third is in VLAN 100."""
    host = Host()
    pf = host.plug(model_named("xl710"))[0]
    sysfs.write(host, pf, "sriov_numvfs", "3")
    for index, mac in enumerate((A, B, C)):
        assert iplink.set_vf(host, pf, index, mac=mac)
    assert iplink.set_vf(host, pf, 2, vlan=100)
    return host, pf


def to(pf: Physical, source: str, mac: str, destination: str, vlan: int = 0) -> tuple[str, ...] | str:
    verdict = switch.forward(pf, source, mac, destination, vlan)
    return verdict.dropped.partition(":")[0] if verdict.dropped else verdict.to


def test_the_default_vport_is_always_there() -> None:
    host = Host()
    pf = host.plug(model_named("igb"))[0]
    (only,) = switch.vports(pf)
    assert (only.name, only.operational, only.addresses) == ("pf", True, (pf.mac,))
    assert to(pf, "wire", AWAY, pf.mac) == ("pf",)


def test_local_addresses_are_served_inside_and_unknown_ones_go_to_the_wire(ready: tuple[Host, Physical]) -> None:
    _, pf = ready
    assert to(pf, "vf0", A, B) == ("vf1",)
    assert to(pf, "vf0", A, AWAY) == ("wire",)
    assert to(pf, "pf", pf.mac, A) == ("vf0",)
    assert to(pf, "wire", AWAY, B) == ("vf1",)
    assert to(pf, "wire", AWAY, AWAY) == "nobody here has this address"
    assert switch.forward(pf, "vf0", A, B, mode="vepa").to == ("wire",)


def test_groups_reach_all_of_the_vlan(ready: tuple[Host, Physical]) -> None:
    _, pf = ready
    assert to(pf, "vf0", A, ALL) == ("pf", "vf1", "wire")
    assert to(pf, "wire", AWAY, GROUP) == ("pf", "vf0", "vf1")
    assert to(pf, "wire", AWAY, ALL, 100) == ("vf2",)


def test_a_false_source_is_dropped_while_the_check_is_on(ready: tuple[Host, Physical]) -> None:
    host, pf = ready
    assert to(pf, "vf0", B, B) == "spoof"
    assert iplink.set_vf(host, pf, 0, spoofchk="off")
    assert to(pf, "vf0", B, B) == ("vf1",)


def test_vlans_keep_apart(ready: tuple[Host, Physical]) -> None:
    host, pf = ready
    assert to(pf, "vf2", C, A) == ("wire",), "vf0 is not in VLAN 100"
    assert to(pf, "vf0", A, C) == ("wire",)
    assert to(pf, "vf2", C, A, 5) == "vlan", "a port VLAN admits no other tag"
    assert to(pf, "vf0", A, C, 100) == "vlan", "nobody has given it to vf0"
    assert mailbox.request(host, pf.vfs[0], "vlan", 100)
    assert to(pf, "vf0", A, C, 100) == ("vf2",)
    assert to(pf, "vf2", C, A) == ("vf0",)


def test_only_what_runs_takes_part(ready: tuple[Host, Physical]) -> None:
    host, pf = ready
    sysfs.write(host, pf.vfs[1], "reset", "1")
    assert to(pf, "vf0", A, B) == ("wire",)
    assert to(pf, "vf1", B, A) == "the vport is not operational"
    iplink.set_vf(host, pf, 0, state="disable")
    assert to(pf, "vf0", A, AWAY) == "the vport is not operational"
    assert to(pf, "vf9", A, B) == "there is no vport vf9"


def test_who_hears_everything(ready: tuple[Host, Physical]) -> None:
    host, pf = ready
    assert iplink.set_vf(host, pf, 1, trust="on")
    assert mailbox.request(host, pf.vfs[1], "promiscuous", True)
    assert to(pf, "wire", AWAY, AWAY) == ("vf1",)
    assert to(pf, "wire", AWAY, A) == ("vf0",)


def test_on_the_command_line() -> None:
    arguments = ["device", "xl710", "--vfs", "2", "--ip-link-set", f"vf 0 mac {A}", "--send", f"vf0 {A} {AWAY}",
                 "--send", f"vf0 {B} {AWAY} 7", "--switch"]  # fmt: skip
    result = CliRunner().invoke(cli, arguments)
    assert f"vf0 {A} {AWAY}: to wire" in result.stdout
    assert f"vf0 {B} {AWAY} 7: dropped: spoof" in result.stdout
    assert "physical port of 0000:01:00.0: 40,000 Mbit/s" in result.stdout
    for wrong in ("vf0", f"vf0 {A} x", f"vf0 {A} {B} z"):
        assert CliRunner().invoke(cli, ["device", "igb", "--send", wrong]).exit_code == 2
