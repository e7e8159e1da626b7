"""Configuration space obeys its masks, and the masks obey the state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.errors import BadValue
from simulator.sriov import Host, model_named, routing, sysfs
from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov.function import Device
from simulator.sriov.space import ConfigSpace

STATEFUL = ("SR-IOV Control", "System Page Size")


def test_masks_decide() -> None:
    space = ConfigSpace()
    space.define(0x10, 4, 0xAABB_CCDD, writable=0x0000_FFFF, clears=0xFF00_0000)
    space.write(0x10, 4, 0xFF12_3456)
    assert space.read(0x10, 4) == 0x00BB_3456
    space.write(0x12, 1, 0)
    assert space.read(0x12, 1) == 0xBB
    for offset, size in ((0x11, 2), (0x10, 3), (0xFFE, 4), (-4, 4)):
        with pytest.raises(BadValue, match="no aligned register"):
            space.read(offset, size)
    with pytest.raises(BadValue, match="does not fit 1 bytes"):
        space.write(0, 1, 256)


@pytest.mark.parametrize("register", r.REGISTERS, ids=lambda register: register.name)
@pytest.mark.parametrize("name", ["igb", "xl710", "textbook"])
def test_rights_are_those_of_the_table(name: str, register: r.Register) -> None:
    """All ones, then all zeros: what changes is what the table lets change."""
    pf = Device(model_named(name), 1).pfs[0]
    before = pf.get(register.offset, register.size)
    seen = []
    for value in ((1 << 8 * register.size) - 1, 0):
        pf.put(register.offset, value, register.size)
        seen.append(pf.get(register.offset, register.size))
    writable = register.mask("RW")
    assert (before ^ seen[0]) & ~writable == 0
    assert (before ^ seen[1]) & ~writable == 0
    if register.name == "SR-IOV Control":
        assert seen[0] & ~(r.VF_ENABLE | r.VF_MSE | r.ARI_HIERARCHY) == 0, "no migration"
    elif register.name == "System Page Size":
        assert seen[0] == (1 if pf.model.checks_page_size else 0xFFFF_FFFF)
    elif register.name.startswith("VF BAR"):
        bar = int(register.name[-1])
        size = pf.model.vf_bars[bar].size_bytes if bar in pf.model.vf_bars else 0
        assert not size or seen[0] & ~0xF == -size % (1 << 32), "sizing: the lowest address bit is the size"
    elif register.name == "NumVFs":
        assert seen == [0xFFFF, 0]


def test_vf_enable_locks_what_must_not_change() -> None:
    pf = Device(model_named("xl710"), 1).pfs[0]
    pf.put(r.CONTROL, r.ARI_HIERARCHY)
    pf.put(r.VF_BAR0, 0x4000_0000, 4)
    pf.put(r.NUM_VFS, 4)
    pf.put(r.CONTROL, r.VF_ENABLE | r.VF_MSE | r.ARI_HIERARCHY)
    assert len(pf.vfs) == 4
    kept = {register.name: pf.get(register.offset, register.size) for register in r.REGISTERS}
    for register in r.REGISTERS:
        if register.name != "SR-IOV Control":
            pf.put(register.offset, (1 << 8 * register.size) - 1, register.size)
            pf.put(register.offset, 0, register.size)
    assert {register.name: pf.get(register.offset, register.size) for register in r.REGISTERS} == kept
    pf.put(r.CONTROL, r.VF_ENABLE | r.VF_MSE)
    assert pf.get(r.CONTROL) & r.ARI_HIERARCHY, "VFs that exist must not move"
    pf.put(r.CONTROL, r.VF_ENABLE | r.ARI_HIERARCHY)
    assert (pf.enabled, pf.decodes, len(pf.vfs)) == (True, False, 4), "without MSE they are there and silent"
    pf.put(r.CONTROL, 0)
    assert not pf.vfs


def test_mse_alone_does_nothing_and_too_many_vfs_cannot_be_enabled() -> None:
    pf = Device(model_named("igb"), 1).pfs[0]
    pf.put(r.CONTROL, r.VF_MSE)
    assert (pf.decodes, pf.vfs) == (False, ())
    pf.put(r.NUM_VFS, 9)
    pf.put(r.CONTROL, r.VF_ENABLE | r.VF_MSE)
    assert not pf.enabled


def test_offset_follows_ari_in_every_pf() -> None:
    device = Device(model_named("82599"), 1)
    first, second = device.pfs
    assert (first.get(r.FIRST_VF_OFFSET), second.get(r.FIRST_VF_OFFSET)) == (384, 384)
    first.put(r.CONTROL, r.ARI_HIERARCHY)
    assert (first.get(r.FIRST_VF_OFFSET), second.get(r.FIRST_VF_OFFSET)) == (128, 128)


def test_page_size_is_one_supported_bit_and_widens_small_windows() -> None:
    pf = Device(model_named("textbook"), 1).pfs[0]
    for value in (3, 4, 0):
        pf.put(r.SYSTEM_PAGE, value, 4)
        assert pf.get(r.SYSTEM_PAGE, 4) == 1
    assert pf.vf_size_bytes(0) == 4096
    pf.put(r.SYSTEM_PAGE, 0x10, 4)
    assert pf.vf_size_bytes(0) == 65536


def test_migration_bits_exist_only_with_the_capability() -> None:
    pf = Device(replace(model_named("textbook"), migration=True), 1).pfs[0]
    pf.put(r.CONTROL, r.MIGRATION_ENABLE | r.MIGRATION_INTERRUPT)
    assert pf.get(r.CONTROL) == r.MIGRATION_ENABLE | r.MIGRATION_INTERRUPT
    pf.space.put(pf.model.sriov_offset + r.STATUS, 2, 1)
    pf.put(r.STATUS, 0)
    assert pf.get(r.STATUS) == 1
    pf.put(r.STATUS, 1)
    assert pf.get(r.STATUS) == 0, "a written 1 clears"


def test_flr_of_a_pf_by_its_register() -> None:
    pf = Device(model_named("igb"), 1).pfs[0]
    pf.put(r.NUM_VFS, 3)
    pf.put(r.CONTROL, r.VF_ENABLE | r.VF_MSE)
    pf.write(c.DEVICE_CONTROL, 2, c.INITIATE_FLR)
    assert (pf.vfs, pf.get(r.NUM_VFS), pf.enabled, pf.resets) == ((), 0, False, 1)
    assert pf.read(c.DEVICE_CONTROL, 2) == 0, "the bit reads 0"


def test_a_vf_has_only_what_io_needs() -> None:
    host = Host()
    (pf,) = host.plug(model_named("82599"))[:1]
    sysfs.write(host, pf, "sriov_numvfs", "2")
    vf = pf.vfs[0].hardware
    assert vf.read(0, 4) == 0xFFFF_FFFF, "its ids are the PF's business"
    assert [vf.read(0x10 + 4 * bar, 4) for bar in range(6)] == [0] * 6
    assert vf.read(0x3D, 1) == 0, "no interrupt pin"
    vf.write(c.COMMAND, 2, 0xFFFF)
    assert vf.read(c.COMMAND, 2) == c.COMMAND_MASTER, "memory decode is the PF's MSE"
    vf.write(0x10, 4, 0xFFFF_FFFF)
    assert vf.read(0x10, 4) == 0
    vf.write(c.MSIX_CONTROL, 2, 0xFFFF)
    assert vf.read(c.MSIX_CONTROL, 2) == c.MSIX_ENABLE | c.MSIX_MASK_ALL | 2
    assert pf.vfs[1].hardware.read(c.MSIX_CONTROL, 2) == c.MSIX_ENABLE | 2, "the other one is untouched"
    vf.write(c.DEVICE_CONTROL, 2, c.INITIATE_FLR)
    assert (vf.read(c.COMMAND, 2), vf.resets) == (0, 1)


def test_the_short_way_of_a_write_is_the_long_one() -> None:
    for name in ("igb", "82599"):
        device = Device(model_named(name), 1)
        device.pfs[0].put(r.NUM_VFS, 1)
        device.pfs[0].put(r.CONTROL, r.VF_ENABLE)
        (vf,) = device.pfs[0].vfs
        for register in (c.COMMAND, c.MSIX_CONTROL):
            for value in (0xFFFF, 0x0406, 0x8000, 0):
                space = vf.space()
                space.write(register, 2, value)
                expected = space.read(register, 2)
                vf.write(register, 2, value)
                assert vf.read(register, 2) == expected


def test_routing_ids_carry_into_the_bus_number() -> None:
    assert routing.text(routing.routing_id(0x100, 128, 2, 1)) == "0000:01:10.2"
    assert routing.text(routing.routing_id(0x700, 384, 4, 2)) == "0000:08:11.0"
    assert routing.last_bus(0x100, 1, 1, 64_000) == 0xFB
    assert routing.last_bus(0x8300, 384, 2, 2) == 0x84
