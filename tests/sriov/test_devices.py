"""The same code serves other vendors, other places on the bus, and the largest device of the standard."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
import yaml

from simulator.citation import STATUSES
from simulator.errors import BadValue
from simulator.sriov import MODELS, Q35, SERVER, Host, Model, iplink, lspci, model_named, routing, sysfs
from simulator.sriov import registers as r
from simulator.sriov.machine import Window
from simulator.sriov.model import Port
from tests.sriov import invariants
from tests.sriov.recorded import DATA

DUMPS: dict[str, Any] = yaml.safe_load((DATA / "dumps.yaml").read_text(encoding="utf-8"))
NO_ORIGIN = {"name", "title", "kind", "origins", "initial_vfs", "migration", "ports"}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_number_says_where_it_comes_from(model: Model) -> None:
    named = [name for origin in model.origins for name in origin.fields.split()]
    offsets = {field.name for field in fields(Port)}
    optional = set() if model.vf_msix_pool else {"vf_msix_pool"}
    assert sorted(named) == sorted({field.name for field in fields(Model)} - NO_ORIGIN - optional | offsets)
    assert all(origin.status in STATUSES and origin.source for origin in model.origins)


@pytest.mark.parametrize("name", DUMPS)
def test_the_capability_reads_as_in_the_recorded_dump(name: str) -> None:
    dump = DUMPS[name]
    host = Host(replace(SERVER, first_bus=dump.get("first_bus", 1)))
    pfs = host.plug(model_named(name))
    for pf, lines in zip(pfs, dump.get("lines", ()), strict=False):
        text = lspci.long(pf)
        assert [line for line in lines if line not in text] == []
    for pf, addresses in zip(pfs, dump.get("vfs", ()), strict=False):
        assert sysfs.write(host, pf, "sriov_numvfs", str(len(addresses)))
        assert [routing.short(vf.rid) for vf in pf.vfs] == addresses
    invariants.check(host)


@pytest.mark.parametrize("ari", [True, False])
@pytest.mark.parametrize("name", [name for name in MODELS if name != "textbook"])
def test_all_vfs_of_all_ports_fit_side_by_side(name: str, ari: bool) -> None:
    host = Host(replace(SERVER, ari_forwarding=ari))
    pfs = host.plug(model_named(name))
    for pf in pfs:
        assert sysfs.write(host, pf, "sriov_numvfs", sysfs.read(pf, "sriov_totalvfs"))
    assert pfs[0].hardware.device.ari == ari
    assert sysfs.read(pfs[0], "ari_enabled") == str(int(ari))
    invariants.check(host)
    if not ari and name != "igb":  # as QEMU emulates it, the VFs stay where they are
        assert {vf.rid >> 8 for vf in host.vfs} == {2}, "without ARI they lie on the next bus"


def test_two_ports_in_one_slot_interleave() -> None:
    host = Host()
    first, second = host.plug(model_named("igb-2"))
    for pf in (first, second):
        sysfs.write(host, pf, "sriov_numvfs", "7")
    rids = sorted((vf.rid, vf.parent.name) for vf in host.vfs)
    assert [name for _, name in rids] == [first.name, second.name] * 7
    assert [rid for rid, _ in rids] == list(range(0x180, 0x18E))
    assert first.hardware.get(r.CONTROL) & r.ARI_HIERARCHY
    second.hardware.put(r.CONTROL, second.hardware.get(r.CONTROL) | r.ARI_HIERARCHY)
    assert not second.hardware.get(r.CONTROL) & r.ARI_HIERARCHY, "the bit lives in the lowest PF"


def test_a_rescan_loses_ari_and_the_vfs_lie_on_a_bus_that_does_not_exist() -> None:
    """Linux sets the bit for the first PF that it meets on a bus; the other one was there already."""
    host = Host(replace(SERVER, first_bus=0x83))
    first, _ = host.plug(model_named("82599"))
    assert sysfs.write(host, first, "sriov_numvfs", "2")
    assert sysfs.write(host, first, "sriov_numvfs", "0")
    assert host.remove(first)
    assert host.rescan()
    again = host.pf(0)
    assert sysfs.read(again, "sriov_offset") == "384"
    outcome = sysfs.write(host, again, "sriov_numvfs", "2")
    assert outcome.errno == "ENOMEM"
    assert outcome.lines == ("ixgbe 0000:83:00.0: can't enable 2 VFs (bus 84 out of range of [bus 83])",)
    assert not again.hardware.enabled


def test_no_room_for_the_windows() -> None:
    host = Host(replace(SERVER, prefetchable=Window(0xA000_0000, 0xA0FF_FFFF)))
    (pf,) = host.plug(model_named("x710"))
    assert any("failed to assign" in line for _, line in host.log)
    outcome = sysfs.write(host, pf, "sriov_numvfs", "1")
    assert (outcome.errno, outcome.lines) == ("ENOMEM", ("i40e 0000:01:00.0: not enough MMIO resources for SR-IOV",))


def test_a_machine_without_room_for_the_pf_itself() -> None:
    with pytest.raises(BadValue, match="q35: BAR 0 of e810: '33,554,432 B' has no room"):
        Host(Q35).plug(model_named("e810"))


def test_initial_vfs_below_total_needs_migration() -> None:
    odd = replace(model_named("textbook"), total_vfs=16, initial_vfs=8)
    host = Host()
    (pf,) = host.plug(odd)
    assert sysfs.write(host, pf, "sriov_numvfs", "4").errno == "EIO"
    (other,) = host.plug(replace(odd, migration=True))
    assert sysfs.write(host, other, "sriov_numvfs", "4")
    assert other.hardware.get(0x04, 4) & r.MIGRATION_CAPABLE
    assert sysfs.write(host, other, "sriov_numvfs", "0")
    outcome = sysfs.write(host, other, "sriov_numvfs", "12")
    assert (len(other.vfs), outcome.lines[-1]) == (8, "textbook 0000:02:00.0: 12 VFs requested; only 8 enabled")


def test_nvme_is_a_second_kind() -> None:
    host = Host()
    (pf,) = host.plug(model_named("nvme"))
    assert sysfs.write(host, pf, "sriov_numvfs", "4")
    assert [vf.driver for vf in pf.vfs] == ["nvme"] * 4
    assert not pf.netdev
    assert not any(vf.netdev for vf in pf.vfs)
    assert iplink.set_vf(host, pf, 0, mac="02:00:00:00:00:01").errno == "EOPNOTSUPP"
    assert "Non-Volatile memory controller" in lspci.long(pf.vfs[0])
    assert sysfs.read(pf.vfs[0], "class") == "0x010802"


def test_64000_vfs() -> None:
    host = Host()
    (pf,) = host.plug(model_named("textbook"))
    assert sysfs.write(host, pf, "sriov_numvfs", "64001").errno == "ERANGE"
    assert sysfs.write(host, pf, "sriov_numvfs", "64000")
    assert (pf.vfs[0].name, pf.vfs[-1].name) == ("0000:01:00.1", "0000:fb:00.0")
    assert pf.slot.last_bus == 0xFB
    invariants.routing_ids(host)
    invariants.windows(host)


def test_a_machine_has_so_many_buses() -> None:
    host = Host()
    host.plug(model_named("textbook"))
    for _ in range(4):
        host.plug(model_named("igb"))
    with pytest.raises(BadValue, match="beyond the last one"):
        host.plug(model_named("igb"))


def test_an_unknown_device_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadValue, match="did you mean 'connectx-5'"):
        model_named("connectx5")


def test_ports_of_an_adapter_have_addresses_one_after_the_other() -> None:
    host = Host()
    assert [pf.mac for pf in host.plug(model_named("igb-2"))] == ["52:54:00:12:34:56", "52:54:00:12:34:57"]
