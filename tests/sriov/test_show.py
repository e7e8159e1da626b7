"""Tables, trees and texts show what is in the registers."""

from __future__ import annotations

import doctest

from simulator import sriov
from simulator.sriov import Owner, lspci, show, sysfs
from simulator.sriov import registers as r
from simulator.sriov.table import HEADINGS, Beside, Bits
from tests.sriov.recorded import enabled, igb


def test_the_example_of_the_package_is_true() -> None:
    failures, tried = doctest.testmod(sriov)
    assert (failures, tried > 3) == (0, True)


def test_every_bit_of_the_capability_is_in_the_table_once() -> None:
    _, pf = igb()
    for register in r.REGISTERS:
        rows = [row for row in Bits(pf).rows() if row.register == register.name]
        bits = [bit for row in rows for bit in range(row.low, row.high + 1)]
        assert len(bits) == len(set(bits))
    assert len(Bits(pf).rows()) == sum(len(register.fields) for register in r.REGISTERS)


def test_the_table_follows_the_registers() -> None:
    host, pf = igb()
    before = {(row.register, row.field): row.value for row in Bits(pf).rows()}
    sysfs.write(host, pf, "sriov_numvfs", "3")
    after = {(row.register, row.field): row.value for row in Bits(pf).rows()}
    assert {key[1]: (before[key], after[key]) for key in before if before[key] != after[key]} == {
        "VF Enable": (0, 1), "VF Memory Space Enable": (0, 1), "NumVFs": (0, 3),
    }  # fmt: skip


def test_text_and_html_hold_the_same_cells() -> None:
    _, pf = enabled(2)
    for shown in (Bits(pf), Beside(pf, pf.vfs[1])):
        html = shown._repr_html_()
        lines = repr(shown).splitlines()
        assert html.count("<tr") == len(lines)
        assert "VF Enable" in html or "routing id" in html
    assert pf._repr_html_() == Bits(pf)._repr_html_()
    assert all(name in repr(Bits(pf)) for name in HEADINGS)


def test_pf_beside_vf() -> None:
    _, pf = enabled(2)
    rows = {name: (of_pf, of_vf) for name, of_pf, of_vf, _ in Beside(pf, pf.vfs[1]).cells()}
    assert rows["vendor id"] == ("0x8086", "0xffff")
    assert rows["BAR0"] == ("0xfe600000", "0x00000000")
    assert rows["memory of BAR"] == ("0xfe600000", "0xfea04000 to 0xfea07fff")
    assert rows["routing id"] == ("0x0100", "0x0182")
    assert rows["MSI-X vectors"] == ("10", "3")
    assert rows["interrupt pin"] == ("0x01", "0x00")


def test_trees_and_names() -> None:
    host, pf = enabled(3)
    pf.vfs[1].owner = Owner("vm", "one")
    assert lspci.tree(host.pfs).splitlines() == [
        "01:00.0  PF  igb", "  01:10.0  VF 0  igbvf", "  01:10.2  VF 1  igbvf, vm one", "  01:10.4  VF 2  igbvf",
    ]  # fmt: skip
    assert lspci.tree(host.pfs, most=2).splitlines()[1:] == [
        "  01:10.0  VF 0  igbvf", "  ...     1 more", "  01:10.4  VF 2  igbvf",
    ]  # fmt: skip
    assert repr(pf) == "<PF 0000:01:00.0, igb, 3 of 7 VFs>"
    assert repr(pf.vfs[1]) == "<VF 1 0000:01:10.2, igbvf, vm one>"


def test_sysfs_and_ip_link_texts() -> None:
    host, pf = enabled(1)
    text = show.sysfs_text(pf)
    assert "sriov_numvfs = 1" in text
    assert "virtfn0 -> ../0000:01:10.0" in text
    assert "0x00000000fea00000 0x00000000fea03fff 0x000000000014220c" in text
    assert "vf 0     link/ether" in show.ip_link_text(pf)
    sysfs.write(host, pf, "unbind", "")
    assert show.ip_link_text(pf) == "0000:01:00.0 has no network interface"
