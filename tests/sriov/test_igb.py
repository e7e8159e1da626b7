"""The control plane against a recorded Linux guest with an 82576: values, errors, bytes, log lines.

Out of scope, and named here: the interrupt line (firmware's), log lines about clocks, boards and links, the slot
numbers that lspci prints, and three complaints of igb about a MAC filter when a VF without an address comes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from simulator.errors import BadValue
from simulator.sriov import iplink, lspci, mailbox, show, sysfs
from simulator.sriov import registers as r
from simulator.sriov.host import Host
from simulator.sriov.state import Physical, Virtual
from tests.sriov.recorded import IGB, echo, enabled, igb, masked

INTERRUPT_LINE = "30: 00 00 00 00 40 00 00 00 00 00 00 00 {} 01 00 00"


def replay(host: Host, pf: Physical, writes: Sequence[Sequence[Any]]) -> None:
    """Each write, with its errno, the lines that it leaves, and what the file says afterwards."""
    for file, text, errno, now, lines in writes:
        if now == 0 and pf.vfs and text != "0":
            echo(host, pf, "0")  # the recording went back to 0 after each number that was taken
        outcome = echo(host, pf, text, file)
        assert outcome.errno == errno, (file, text)
        assert lines is None or [masked(line) for line in outcome.lines] == lines
        if now is not None:
            assert sysfs.read(pf, file) == str(now)


def files(pf: Physical, recorded: dict[str, str]) -> dict[str, str]:
    return {name: sysfs.read(pf, name) for name in recorded}


def described(vf: Virtual) -> str:
    """The recording's line about a VF."""
    f = sysfs.vf_files(vf)
    return (
        f"{vf.name} driver={f['driver']} net={f['net']} vendor={f['vendor']} device={f['device']} class={f['class']} "
        f"ari={f['ari_enabled']} physfn->{f['physfn']} iommu_group={f['iommu_group']} reset_method={f['reset_method']}"
    )


def test_found_at_boot_and_disabled_by_default() -> None:
    host, pf = igb()
    assert [line for _, line in host.log] == IGB["boot_lines"]
    assert files(pf, IGB["sysfs_before"]) == IGB["sysfs_before"]
    assert not pf.hardware.enabled
    assert not list(host.vfs)


def test_every_write_to_a_fresh_device() -> None:
    host, pf = igb()
    replay(host, pf, IGB["illegal_writes"])


@pytest.mark.parametrize("count", [1, 3, 7])
def test_enable_look_refuse_disable(count: int) -> None:
    recorded = IGB["enable"][count]
    host, pf = igb()
    outcome = echo(host, pf, str(count))
    assert (outcome.errno, [masked(line) for line in outcome.lines]) == ("", recorded["write"][4])
    assert files(pf, recorded["sysfs"]) == recorded["sysfs"]
    assert [vf.name for vf in pf.vfs] == recorded["virtfn"]
    assert sysfs.links(pf) == {f"virtfn{n}": f"../{name}" for n, name in enumerate(recorded["virtfn"])}
    assert [described(vf) for vf in pf.vfs] == recorded["vf"]
    assert [lspci.short(item) for item in host.functions] == recorded["lspci_nn"]
    assert [masked(line) for line in show.vf_lines(pf)] == recorded["ip_link"]
    found = {"pf": sysfs.pf_resources(pf), **{f"virtfn{vf.index}": sysfs.vf_resources(vf) for vf in pf.vfs}}
    plain = {
        name: [" ".join(hex(int(word, 16)) for word in line.split()) for line in rows] for name, rows in found.items()
    }
    assert plain == recorded["resource"]
    replay(host, pf, IGB["change_without_zero"][count])
    outcome = echo(host, pf, "0")
    assert (outcome.errno, list(outcome.lines)) == ("", recorded["disable"][4])
    assert sysfs.read(pf, "sriov_numvfs") == "0"


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_all_bytes_of_the_pf(count: int) -> None:
    _, pf = enabled(count) if count else igb()
    expected = list(IGB["pf_bytes"][count])
    assert INTERRUPT_LINE.format("0a") in expected
    expected[expected.index(INTERRUPT_LINE.format("0a"))] = INTERRUPT_LINE.format("00")
    assert lspci.bytes_of(pf) == expected


def test_all_bytes_of_a_vf_and_of_the_pf_after_zero() -> None:
    host, pf = igb()
    before = lspci.bytes_of(pf)
    echo(host, pf, "7")
    assert all(lspci.bytes_of(vf) == IGB["vf_bytes"] for vf in pf.vfs)
    echo(host, pf, "0")
    assert lspci.bytes_of(pf) == before
    assert IGB["pf_bytes_after_zero"] == "as 0"


def test_lspci() -> None:
    for count in (0, 7):
        _, pf = enabled(count) if count else igb()
        assert lspci.long(pf).splitlines() == IGB["pf_lspci"][count]
    for name, lines in IGB["vf_lspci"].items():
        index, _, count = name.partition(" of ")
        _, pf = enabled(int(count))
        assert lspci.long(pf.vfs[int(index)]).splitlines() == lines


def test_autoprobe_off() -> None:
    host, pf = igb()
    echo(host, pf, "0", "sriov_drivers_autoprobe")
    replay(host, pf, IGB["autoprobe_off"]["writes"][1:2])
    assert [described(vf) for vf in pf.vfs] == IGB["autoprobe_off"]["vf"]
    replay(host, pf, IGB["autoprobe_off"]["writes"][2:])


def test_every_ip_link_set() -> None:
    host, pf = enabled(3)
    for command, errno, lines, row in IGB["ip_link_set"]:
        index, *words = command.split()
        settings: dict[str, Any] = dict(zip(words[::2], words[1::2], strict=True))
        if errno == "usage":
            with pytest.raises(BadValue, match="4096"):
                iplink.set_vf(host, pf, int(index), **settings)
        else:
            outcome = iplink.set_vf(host, pf, int(index), **settings)
            assert (outcome.errno, list(outcome.lines)) == (errno, lines), command
        assert [line.strip() for line in show.vf_lines(pf)[int(index) : int(index) + 1]] == row, command
    assert [masked(line).strip() for line in show.vf_lines(pf)] == IGB["ip_link_end"]
    address, line = IGB["vf_sets_own_address"]
    assert mailbox.request(host, pf.vfs[0], "mac", address).answer == "success"
    assert show.vf_lines(pf)[0].strip() == line
    for up in (False, True):  # the administrator's table outlives the interface
        assert iplink.set_up(host, pf, up)
        assert show.vf_lines(pf)[0].strip() == line


def test_setpci_session() -> None:
    """Reads and writes of the capability by hand, some of them against the rules."""
    _, pf = igb()
    for number, (register, size, written, value) in enumerate(IGB["setpci"]):
        if written is not None:
            pf.hardware.put(register, written, size)
        assert pf.hardware.get(register, size) == value, (number, register)
    assert not pf.hardware.vfs


def test_flr_of_a_vf_changes_nothing_that_can_be_seen() -> None:
    host, pf = enabled(3)
    others = [lspci.bytes_of(item) for item in (pf, *pf.vfs[1:])]
    assert sysfs.write(host, pf.vfs[0], "reset", "1\n").lines == ()
    assert pf.vfs[0].hardware.resets == 1
    assert lspci.long(pf.vfs[0]).splitlines() == IGB["vf_flr_lspci"]
    assert [lspci.bytes_of(item) for item in (pf, *pf.vfs[1:])] == others


def test_flr_of_the_pf_brings_its_vfs_back() -> None:
    host, pf = enabled(3)
    outcome = sysfs.write(host, pf, "reset", "1\n")
    assert (outcome.errno, outcome.lines) == ("", ())
    assert files(pf, IGB["pf_flr"]["sysfs"]) == IGB["pf_flr"]["sysfs"]
    assert [vf.name for vf in pf.vfs] == IGB["pf_flr"]["virtfn"]
    assert pf.hardware.get(r.NUM_VFS) == 3
    assert [vf.hardware.rid for vf in pf.vfs] == [vf.rid for vf in pf.hardware.vfs]
    assert echo(host, pf, "0")


def test_unbind_with_vfs() -> None:
    host, pf = igb()
    for file, text, errno, _, lines in IGB["unbind"]["writes"]:
        outcome = echo(host, pf, "igb" if file == "bind" else text, file)
        assert outcome.errno == errno
        assert lines is None or list(outcome.lines) == lines
        if file == "unbind":
            assert files(pf, IGB["unbind"]["sysfs_unbound"]) == IGB["unbind"]["sysfs_unbound"]
    assert files(pf, IGB["unbind"]["sysfs_bound"]) == IGB["unbind"]["sysfs_bound"]


def test_remove_and_rescan_with_vfs() -> None:
    host, pf = enabled(2)
    recorded = IGB["remove_rescan"]
    gone = host.remove(pf)
    assert list(gone.lines) == recorded["writes"][1][4]
    assert [lspci.short(item) for item in host.functions] == recorded["lspci_nn"][0] == []
    again = host.rescan()
    assert list(again.lines) == recorded["writes"][2][4]
    assert [lspci.short(item) for item in host.functions] == recorded["lspci_nn"][1]
    assert files(host.pf(), recorded["sysfs"]) == recorded["sysfs"]
    # after the rescan nobody has brought the interface up: the VFs start without their PF
    ((_, text, errno, _, lines),) = IGB["pf_down"]
    outcome = echo(host, host.pf(), text)
    assert (outcome.errno, [masked(line) for line in outcome.lines]) == (errno, lines)


def test_without_an_iommu_there_are_no_groups_and_no_vfio() -> None:
    host, pf = enabled(3)
    assert [sysfs.read(vf, "iommu_group") for vf in pf.vfs] == IGB["iommu_group"]
    for file, text, errno, _, lines in IGB["vfio_bind"]:
        item = pf if file == "sriov_numvfs" else pf.vfs[0]
        outcome = sysfs.write(host, item, file, "vfio-pci\n" if file == "bind" else f"{text}\n")
        assert (outcome.errno, list(outcome.lines)) == (errno, lines or []), file
