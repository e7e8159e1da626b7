"""Ports of Neutron: what was asked for and what the host plugged, alone and laid on a domain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import InputError
from tests.imports import SAMPLES, guest, plain, text_of


def port(tmp_path: Path, vnic: str, vif: str, **more: Any) -> Path:
    path = tmp_path / "port.json"
    content = {"id": "x", "device_id": "y", "device_owner": "compute:nova", "name": "p"}
    content |= {"binding_vnic_type": vnic, "binding_vif_type": vif, **more}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_ports_become_guests_and_the_rest_is_said() -> None:
    found = plain("openstack-ports.json")
    assert [(item["name"], item["datapath"]) for item in found["guests"]] == [
        ("vnf-data", "sriov-vf"),
        ("instance-44444444", "vhost-net"),
        ("instance-55555555", "vhost-net"),
        ("dpdk", "vhost-user"),
    ]
    text = text_of("openstack-ports.json").replace("\n  # ", " ")
    for said in (
        "is of network:dhcp, no guest: left out",
        "is bound to no host (vif_type unbound): left out",
        "security groups are not modelled",
    ):
        assert said in text


def test_a_port_is_laid_on_the_domain_with_its_uuid() -> None:
    found = plain("openstack-ports.json", "hostdev-interface.xml")["guests"]
    assert [item["name"] for item in found] == ["vnf", "instance-44444444", "instance-55555555", "dpdk"]
    assert "openstack-ports.json:2 is the same interface" in text_of("openstack-ports.json", "hostdev-interface.xml")


@pytest.mark.parametrize(
    ("vnic", "vif", "datapath"),
    [
        ("direct", "hw_veb", "sriov-vf"),
        ("direct-physical", "hostdev_physical", "direct-assignment"),
        ("baremetal", "other", "native"),
        ("remote-managed", "hw_veb", "sriov-vf"),
        ("macvtap", "hw_veb", "macvtap"),
        ("normal", "ovs", "vhost-net"),
    ],
)
def test_what_was_asked_for_decides(tmp_path: Path, vnic: str, vif: str, datapath: str) -> None:
    assert guest(port(tmp_path, vnic, vif))["datapath"] == datapath


@pytest.mark.parametrize(
    ("vnic", "vif", "missing"),
    [
        ("normal", "tap", "routed"),
    ],
)
def test_what_is_not_modelled_is_named(tmp_path: Path, vnic: str, vif: str, missing: str) -> None:
    with pytest.raises(InputError, match=f"{missing} is not modelled; the nearest that is"):
        plain(port(tmp_path, vnic, vif))


def test_an_offloaded_port_names_its_switch(tmp_path: Path) -> None:
    found = plain(port(tmp_path, "direct", "ovs"))
    assert (found["guests"][0]["datapath"], found["switch"]) == ("sriov-vf", {"kind": "hardware-offload"})


def test_unknown_words_and_unbound_ports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'directly' is not a known vnic_type.*did you mean 'direct'"):
        plain(port(tmp_path, "directly", "hw_veb"))
    with pytest.raises(InputError, match="none of 1 ports is bound to an instance"):
        plain(port(tmp_path, "direct", "binding_failed"))


def test_the_samples_are_what_neutron_answers() -> None:
    assert len(json.loads((SAMPLES / "openstack-ports.json").read_text(encoding="utf-8"))["ports"]) == 6
