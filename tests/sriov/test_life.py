"""Who comes first, who has what, how long it takes, and what a VF sees of its PF."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.errors import BadValue
from simulator.sriov import SERVER, Host, Machine, Owner, assign, iplink, lspci, model_named, sysfs, timing
from simulator.sriov import capabilities as c
from simulator.sriov.outcome import PS_PER_MS
from simulator.sriov.state import Physical, Virtual
from tests.sriov import invariants

ONE, TWO = Owner("vm", "one"), Owner("vm", "two")


def started(model: str = "82599", count: int = 4, machine: Machine = SERVER) -> tuple[Host, Physical]:
    host = Host(machine)
    pf = host.plug(model_named(model))[0]
    assert sysfs.write(host, pf, "sriov_numvfs", str(count))
    return host, pf


def free(host: Host, vf: Virtual) -> Virtual:
    """From the host's driver to vfio-pci: what a script does before it starts a VM."""
    if vf.driver:
        assert sysfs.write(host, vf, "unbind", vf.name)
    assert sysfs.write(host, vf, "driver_override", "vfio-pci\n")
    assert sysfs.write(host, vf, "bind", "vfio-pci")
    assert vf.phase == "free"
    return vf


def test_from_8_to_16_interrupts_all_for_so_long() -> None:
    host, pf = started(count=8)
    first = sysfs.write(host, pf, "sriov_numvfs", "16")
    assert first.errno == "EBUSY"
    down, up = sysfs.write(host, pf, "sriov_numvfs", "0"), sysfs.write(host, pf, "sriov_numvfs", "16")
    assert down.took_ps == 1000 * PS_PER_MS
    probe = timing.VF_START["ixgbevf"].ps + 2 * timing.MAIL.ps
    assert up.took_ps == 100 * PS_PER_MS + 16 * probe
    assert host.now_ps >= down.took_ps + up.took_ps


def test_the_pf_driver_comes_first() -> None:
    host, pf = started(count=1)
    assert sysfs.write(host, pf, "sriov_numvfs", "0")
    assert sysfs.write(host, pf, "unbind", pf.name)
    assert sysfs.write(host, pf, "sriov_numvfs", "1").errno == "ENOENT"
    assert sysfs.write(host, pf, "bind", "ixgbe")
    assert sysfs.write(host, pf, "sriov_numvfs", "1")
    assert not pf.vfs[0].running, "nobody has brought the PF's interface up"
    assert iplink.set_up(host, pf, True)
    assert pf.vfs[0].running


def test_a_vf_has_one_owner_and_an_owner_may_have_several_of_several_ports() -> None:
    host, pf = started()
    other = host.plug(model_named("xl710"))[1]
    assert sysfs.write(host, other, "sriov_numvfs", "2")
    for vf in (*pf.vfs[:2], other.vfs[0]):
        assert assign.assign(host, free(host, vf), ONE)
    refused = assign.assign(host, pf.vfs[0], TWO)
    assert (refused.errno, refused.why) == ("EBUSY", "it belongs to vm one")
    assert [vf.name for vf in host.vfs if vf.owner == ONE] == [pf.vfs[0].name, pf.vfs[1].name, other.vfs[0].name]
    assert pf.vfs[0].phase == "assigned"
    assert pf.vfs[0].running, "the guest's driver has been answered"
    invariants.check(host)


def test_hot_unplug_and_plug() -> None:
    host, pf = started()
    vf = free(host, pf.vfs[0])
    plugged = assign.assign(host, vf, Owner("vm", "large", memory_gib=128))
    assert plugged.took_ps >= 128 * timing.MAP_PER_GIB.ps + timing.FLR.ps
    unplugged = assign.release(host, vf)
    assert unplugged.took_ps == timing.UNPLUG_ACPI.ps + timing.FLR.ps
    assert (vf.phase, vf.running) == ("free", False)
    assert assign.assign(host, vf, TWO)
    assert [what for what in vf.seen if "plugged" in what] == [
        "plugged into vm large", "unplugged from vm large", "plugged into vm two",
    ]  # fmt: skip
    assert assign.release(host, pf.vfs[1]).errno == "ENODEV"


def test_what_the_host_drives_nobody_gets() -> None:
    host, pf = started()
    assert assign.assign(host, pf.vfs[0], ONE).errno == "ENODEV"
    assert sysfs.write(host, pf.vfs[0], "bind", "vfio-pci").errno == "EBUSY"
    assert sysfs.write(host, pf.vfs[0], "unbind", "")
    assert sysfs.write(host, pf.vfs[0], "bind", "vfio-pci").errno == "ENODEV", "not without driver_override"
    assert sysfs.write(host, pf.vfs[0], "unbind", "").errno == "ENODEV"
    assert sysfs.write(host, pf.vfs[0], "bind", "iavf").errno == "ENODEV"


def test_containers_applications_and_io_domains() -> None:
    host, pf = started()
    shared, poller, domain, _ = pf.vfs
    assert assign.assign(host, shared, Owner("container", "web"))
    assert (shared.driver, shared.netdev != "") == ("ixgbevf", True), "its driver stays on the host"
    assert assign.assign(host, free(host, poller), Owner("application", "dpdk"))
    assert assign.assign(host, domain, Owner("io-domain", "ldom1"))
    assert domain.driver == ""
    assert [vf.running for vf in pf.vfs] == [True] * 4
    assert sysfs.write(host, pf, "sriov_numvfs", "0").errno == "EPERM", (
        "the hypervisor's domains are known to the kernel"
    )
    assert assign.release(host, domain)
    assert sysfs.write(host, pf, "unbind", "")
    (other,) = host.plug(model_named("x710"))
    sysfs.write(host, other, "sriov_drivers_autoprobe", "0")
    sysfs.write(host, other, "sriov_numvfs", "1")
    assert assign.assign(host, other.vfs[0], Owner("container", "web")).errno == "ENODEV", "no interface to move"


def test_an_io_domain_needs_its_root_domain() -> None:
    host, pf = started("82599", 1, replace(SERVER, assigns_by="flag"))
    vf = free(host, pf.vfs[0])
    assert assign.assign(host, vf, ONE)
    assert sysfs.write(host, pf, "unbind", "").lines == ("ixgbe 0000:01:00.0: driver left SR-IOV enabled after remove",)
    assert pf.vfs == [vf]
    assert assign.release(host, vf)
    assert (
        assign.assign(host, vf, Owner("io-domain", "ldom1")).why
        == "the root domain, which runs the PF's driver, is down"
    )


@pytest.mark.parametrize(("model", "errno"), [("82599", "EPERM"), ("xl710", "EINVAL")])
def test_writing_0_while_a_vm_has_a_vf(model: str, errno: str) -> None:
    host, pf = started(model, 2, replace(SERVER, assigns_by="flag"))
    assert assign.assign(host, free(host, pf.vfs[0]), ONE)
    assert sysfs.write(host, pf, "sriov_numvfs", "0").errno == errno
    assert len(pf.vfs) == 2
    host, pf = started(model, 2)
    vf = free(host, pf.vfs[0])
    assert assign.assign(host, vf, ONE)
    outcome = sysfs.write(host, pf, "sriov_numvfs", "0")
    assert outcome, "under VFIO the owner is asked to let go, and the write waits"
    assert outcome.lines == (f"vfio-pci {vf.name}: Relaying device request to user",)
    assert outcome.took_ps == 1000 * PS_PER_MS + timing.UNPLUG_ACPI.ps + timing.FLR.ps
    assert vf.owner is None


def test_groups() -> None:
    host, pf = started()
    assert len({vf.group for vf in pf.vfs}) == 4
    assert pf.group != host.pf(1).group
    host, pf = started(machine=replace(SERVER, port_acs=False))
    assert {item.group for item in host.functions} == {1}, "no ACS above: everything below the port is one group"
    vf = free(host, pf.vfs[0])
    refused = assign.assign(host, vf, ONE)
    assert (refused.errno, refused.why) == ("EINVAL", "group 1 is not viable: ixgbe is bound to 0000:01:00.0")
    host = Host()
    pfs = host.plug(replace(model_named("82599"), acs=False))
    assert pfs[0].group == pfs[1].group
    assert sysfs.write(host, pfs[0], "unbind", "")
    assert sysfs.write(host, pfs[0], "bind", "vfio-pci")
    assert assign.assign(host, pfs[0], ONE).errno == "EINVAL", "the other port still works for the host"


def test_a_whole_pf_goes_to_a_vm_only_without_vfs() -> None:
    host, pf = started()
    assert sysfs.write(host, pf, "unbind", "")
    assert sysfs.write(host, pf, "bind", "vfio-pci")
    assert assign.assign(host, pf, ONE)
    assert assign.assign(host, pf, TWO).errno == "EBUSY"
    assert assign.release(host, pf)
    assert sysfs.write(host, pf, "sriov_numvfs", "2"), "vfio-pci can enable VFs"
    assert [vf.driver for vf in pf.vfs] == ["vfio-pci"] * 2
    assert assign.assign(host, pf, ONE).errno == "EBUSY"


@pytest.mark.parametrize(("model", "told"), [("igb", "PF reset"), ("xl710", "reset impending")])
def test_what_vfs_see_of_a_pf_reset(model: str, told: str) -> None:
    host, pf = started(model, 2)
    assert assign.assign(host, free(host, pf.vfs[1]), ONE)
    before = [(vf.name, vf.hardware.window(0)) for vf in pf.vfs]
    outcome = sysfs.write(host, pf, "reset", "1")
    assert outcome.took_ps >= timing.FLR.ps + timing.SETTLE.ps
    assert [(vf.name, vf.hardware.window(0)) for vf in pf.vfs] == before, "at the same addresses"
    assert [vf.seen[-2:] for vf in pf.vfs] == [(told, "started again")] * 2
    assert pf.vfs[1].owner == ONE
    assert all(vf.running for vf in pf.vfs)
    invariants.check(host)


def test_pf_interface_down_and_up() -> None:
    host, pf = started("igb", 1)
    assert iplink.set_up(host, pf, False)
    (vf,) = pf.vfs
    assert (vf.running, vf.settings.clear_to_send, vf.seen[-1]) == (False, False, "link down")
    assert iplink.set_up(host, pf, True)
    assert (vf.running, vf.seen[-1]) == (True, "started again")


def test_flr_of_a_vf_disturbs_nobody() -> None:
    host, pf = started()
    before = invariants.picture(pf, without=pf.vfs[2])
    assert sysfs.write(host, pf.vfs[2], "reset", "1")
    assert pf.vfs[2].running is False
    assert invariants.picture(pf, without=pf.vfs[2]) == before
    assert sysfs.write(host, pf.vfs[2], "reset", "2").errno == "EINVAL"


def test_driver_override_and_autoprobe() -> None:
    host, pf = started()
    assert sysfs.read(pf.vfs[0], "driver_override") == "(null)"
    assert [vf.hardware.read(c.COMMAND, 2) & c.COMMAND_MASTER for vf in pf.vfs] == [c.COMMAND_MASTER] * 4
    for text, kept in (("t", "1"), ("off", "0"), ("On", "1"), ("False", "0")):
        assert sysfs.write(host, pf, "sriov_drivers_autoprobe", text)
        assert sysfs.read(pf, "sriov_drivers_autoprobe") == kept


def test_vectors_are_shared_out_by_a_driver_that_can() -> None:
    host, pf = started("connectx-5", 2)
    vf = pf.vfs[0]
    assert sysfs.write(host, vf, "sriov_vf_msix_count", "21").errno == "EBUSY"
    assert sysfs.write(host, vf, "unbind", "")
    assert "Count=12 " in lspci.long(vf)
    assert sysfs.write(host, vf, "sriov_vf_msix_count", "21\n")
    assert "Count=21 " in lspci.long(vf)
    assert "Count=12 " in lspci.long(pf.vfs[1])
    pool = int(sysfs.read(pf, "sriov_vf_total_msix"))
    for text, errno in (("-1", "EINVAL"), ("x", "EINVAL"), (str(pool - 11), "EINVAL"), (str(pool - 12), "")):
        assert sysfs.write(host, vf, "sriov_vf_msix_count", text).errno == errno
    host, pf = started("82599", 1)
    assert sysfs.write(host, pf.vfs[0], "sriov_vf_msix_count", "4").errno == "EOPNOTSUPP"


def test_unknown_names_are_said() -> None:
    host, pf = started("igb", 1)
    with pytest.raises(BadValue, match="did you mean 'sriov_numvfs'"):
        sysfs.write(host, pf, "sriov_numvf", "1")
    with pytest.raises(BadValue, match="is not a known file"):
        sysfs.read(pf, "nothing")
    with pytest.raises(BadValue, match="is not on the bus"):
        host.function("01:1f.7")
    with pytest.raises(BadValue, match="is no PF of this host"):
        host.pf(3)
    assert host.function("01:10.0") is pf.vfs[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3\n", 3),
        ("+3", 3),
        ("0x3", 3),
        ("0X03", 3),
        ("07", 7),
        ("0", 0),
        ("65535", None),
        ("08", None),
        ("3 ", None),
        ("3\n\n", None),
        ("٣", None),
    ],
)
def test_numbers_as_the_kernel_reads_them(text: str, value: int | None) -> None:
    host, pf = started("82599", 0)
    outcome = sysfs.write(host, pf, "sriov_numvfs", text)
    assert (len(pf.vfs) if outcome else None) == value
