"""Domains that virt-install printed: datapath, queues, pinning, and what becomes a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import BadValue, InputError
from simulator.imports.domain import cpu_set
from tests.imports import SAMPLES, guest, plain, text_of


def changed(tmp_path: Path, name: str, *pairs: tuple[str, str]) -> Path:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "datapath"),
    [
        ("vhost-net.xml", "vhost-net"),
        ("virtio-qemu.xml", "virtio-qemu"),
        ("virtio-default.xml", "vhost-net"),
        ("e1000.xml", "emulated-e1000"),
        ("hostdev-interface.xml", "sriov-vf"),
        ("hostdev-pci.xml", "sriov-vf"),
    ],
)
def test_the_device_decides_the_datapath(name: str, datapath: str) -> None:
    assert guest(name)["datapath"] == datapath


def test_what_virtio_says_is_kept() -> None:
    found = guest("vhost-net.xml")
    assert (found["vcpus"], found["queues"], found["rx_ring"], found["mtu"]) == (4, 4, 1024, "9000 B")
    assert found["placement"] == {"cores": [2, 3, 4, 5]}
    assert found["offloads"] == {"tso": "off"}
    assert plain("vhost-net.xml")["host"]["model"] == "haswell-2015"


def test_what_has_no_key_becomes_a_comment() -> None:
    text = text_of("vhost-net.xml")
    for fact in (
        "emulatorpin 0-1",
        "iothreadpin 1 on 1",
        "numatune memory nodeset '0'",
        "driver event_idx='off'",
        "outbound bandwidth 1 Gbit/s",
    ):
        assert f"# web: {fact}" in text
    for fact in ("cputune quota 50000", "2 NUMA cells", "qemu:commandline is not read: -overcommit cpu-pm=on"):
        assert f"# numa: {fact}" in text_of("numa.xml")


def test_a_function_has_its_vlan_and_the_other_interface_is_named() -> None:
    assert guest("hostdev-interface.xml")["vlan"] == 42
    assert "interface type='network' model='virtio' left out (vhost-net)" in text_of("hostdev-interface.xml")


def test_two_e1000_are_two_nics() -> None:
    assert guest("e1000.xml")["nics"] == 2


def test_queues_are_cut_to_the_vcpus_and_that_is_said(tmp_path: Path) -> None:
    path = changed(tmp_path, "vhost-net.xml", ('queues="4"', 'queues="8"'))
    assert guest(path)["queues"] == 4
    assert "8 there, but vhost-net has at most 4 here" in text_of(path)


def test_guests_that_float_over_the_same_cores_do_not_all_begin_at_the_first(tmp_path: Path) -> None:
    second = changed(tmp_path, "floating.xml", ("<name>float", "<name>other"))
    placed = [item["placement"]["cores"][:4] for item in plain("floating.xml", second)["guests"]]
    assert placed == [[16, 17, 18, 19], [20, 21, 22, 23]]


def test_two_vcpus_on_one_core_stay_valid(tmp_path: Path) -> None:
    path = changed(tmp_path, "vhost-net.xml", ('cpuset="5"', 'cpuset="2"'))
    assert guest(path)["placement"] == {"cores": [2, 3, 4]}


def test_a_missing_model_is_libvirts_default(tmp_path: Path) -> None:
    path = changed(tmp_path, "virtio-default.xml", ('<model type="virtio"/>', ""))
    assert guest(path)["datapath"] == "emulated-rtl8139"


def test_without_kvm_the_costs_are_called_wrong(tmp_path: Path) -> None:
    path = changed(tmp_path, "vhost-net.xml", ('type="test"', 'type="qemu"'))
    assert "runs without KVM" in text_of(path)


def test_same_names_are_told_apart(tmp_path: Path) -> None:
    first = changed(tmp_path, "virtio-qemu.xml", ("<name>qemu", "<name>a.b"))
    other = tmp_path / "other.xml"
    other.write_text(first.read_text(encoding="utf-8").replace("<name>a.b", "<name>a/b"), encoding="utf-8")
    found = plain(first, other, other)["guests"]
    assert len({item["name"] for item in found}) == len(found)
    assert found[0]["name"] == "a-b"


def test_a_domain_without_interface_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "virtio-qemu.xml", ("interface", "ignored"))
    with pytest.raises(InputError, match="guest qemu has no network interface"):
        plain(path)
    assert "guest qemu has no network interface: left out" in text_of("vhost-net.xml", path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<interface type="bridge">', '<interface type="bridgy">', "'bridgy' is a type of interface"),
        ("<vcpu>4</vcpu>", "<vcpu>many</vcpu>", "'many' is not a number of vCPUs"),
        ("<vcpu>4</vcpu>", "<vcpu>257</vcpu>", "more than a guest can have here, which is 256"),
        ('cpuset="5"', 'cpuset="5-"', "'5-' is not a set of cores"),
        ('vcpu="3"', 'vcpu="2"', "'2' is not the number of another vCPU"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = changed(tmp_path, "vhost-net.xml", (old, new))
    with pytest.raises(BadValue, match=r"vhost-net\.xml:\d+: .*" + said):
        plain(path)


@pytest.mark.parametrize(
    ("text", "cores"),
    [("0-3,^2,8", (0, 1, 3, 8)), ("5", (5,)), ("", ()), ("3,1-2", (1, 2, 3)), ("^1,0-2", (0, 2))],
)
def test_sets_of_cores(text: str, cores: tuple[int, ...]) -> None:
    assert cpu_set(text, "here") == cores
