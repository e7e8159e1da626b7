"""Port bindings of OpenStack Neutron: which instance has which port, and how the compute host plugged it in.

1. ``binding:vnic_type`` says what was asked for, ``binding:vif_type`` and ``binding:vif_details`` what the host did.
2. Ports of one ``device_id`` are interfaces of one guest; it is the UUID that the domain of libvirt has too.
3. Ports of routers and DHCP, and ports that are bound to no host, are left out with a remark.

*Scope*: ``openstack port show -f json``, a list of such objects, and the answer of the API (``{"ports": [...]}``);
both spellings, ``binding:vif_type`` and ``binding_vif_type``.
*Validation*: ``tests/imports/test_openstack.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.errors import InputError, unknown
from simulator.formats.yaml12 import Node
from simulator.imports.facts import Facts, GuestFacts, Interface
from simulator.imports.structured import at, items, text_at, whole_at

MOST_PORTS = 20_000
_UNBOUND = ("unbound", "binding_failed", "None", "")
_BY_VNIC = {
    "direct-physical": "direct-assignment",
    "macvtap": "macvtap",
    "vdpa": "vdpa",
    "virtio-forwarder": "vhost-user",
    "baremetal": "native",
    "smart-nic": "native",
    "remote-managed": "sriov-vf",
    "accelerator-direct": "sriov-vf",
    "accelerator-direct-physical": "direct-assignment",
}
_VNIC = ("normal", "direct", *_BY_VNIC)
_SWITCHES = {"ovs": "ovs-kernel", "bridge": "linux-bridge", "tap": "routed", "vhostuser": "ovs-dpdk"}


def is_openstack(node: Node) -> bool:
    """Return whether a document holds ports with bindings."""
    return any(_binding(port, "vnic_type") or _binding(port, "vif_type") for port in _ports(node))


def _ports(node: Node) -> list[Node]:
    held = at(node, "ports") or at(node, "port") or node
    return list(items(held)) if isinstance(held.value, list) else [held]


def read(node: Node) -> Facts:
    """Return the guests of all bound ports; ``InputError`` where no port is bound to an instance."""
    ports = _ports(node)
    if len(ports) > MOST_PORTS:
        raise InputError(node.origin, f"holds {len(ports):,} ports; no host has so many")
    guests: dict[str, list[Interface]] = {}
    names: dict[str, str] = {}
    remarks: list[str] = []
    for port in ports:
        owner, vif = text_at(port, "device_owner") or "", _binding(port, "vif_type") or ""
        label = f"{port.origin}: port {(text_at(port, 'id') or '?')[:8]}"
        if owner and not owner.startswith(("compute:", "baremetal:")):
            remarks.append(f"{label} is of {owner}, no guest: left out")
        elif vif in _UNBOUND:
            remarks.append(f"{label} is bound to no host (vif_type {vif or 'not given'}): left out")
        else:
            device = text_at(port, "device_id") or text_at(port, "id") or label
            guests.setdefault(device, []).append(_interface(port, vif))
            names.setdefault(device, text_at(port, "name") or f"instance-{device[:8]}")
    if not guests:
        raise InputError(node.origin, f"none of {len(ports)} ports is bound to an instance")
    return Facts(
        guests=tuple(
            GuestFacts(names[device], interfaces[0].place, tuple(interfaces), identity=device.lower(), from_ports=True)
            for device, interfaces in guests.items()
        ),
        remarks=tuple(remarks),
    )


def _binding(port: Node, key: str) -> str | None:
    return text_at(port, f"binding:{key}") or text_at(port, f"binding_{key}")


def _held(port: Node, key: str) -> Node | None:
    return at(port, f"binding:{key}") or at(port, f"binding_{key}")


def _interface(port: Node, vif: str) -> Interface:
    vnic = _binding(port, "vnic_type") or "normal"
    if vnic not in _VNIC:
        raise unknown(port.origin, "vnic_type", vnic, _VNIC)
    details, profile = _held(port, "vif_details"), _held(port, "profile")
    guesses: list[str] = []
    datapath, switch = _way(vnic, vif, details, profile, guesses)
    found = re.fullmatch(r"([0-9a-f]{4}):([0-9a-f]{4})", text_at(profile, "pci_vendor_info") or "", re.IGNORECASE)
    mac, slot = text_at(port, "mac_address"), text_at(profile, "pci_slot")
    return Interface(
        datapath=datapath,
        place=port.origin,
        what=f"port vnic_type={vnic} vif_type={vif}",
        switch=switch,
        mac=mac.lower() if mac else None,
        address=slot.lower() if slot else None,
        vendor_device=(found[1].lower(), found[2].lower()) if found else None,
        vlan=whole_at(details, "vlan", most=4094) or None,
        guesses=tuple(guesses),
        remarks=tuple(_remarks(port, details)),
    )


def _way(vnic: str, vif: str, details: Node | None, profile: Node | None, guesses: list[str]) -> tuple[str, str | None]:
    if vnic in _BY_VNIC:
        return _BY_VNIC[vnic], None
    if vnic == "direct":
        offloads = {item.value for item in items(at(profile, "capabilities"))}
        return "sriov-vf", "hardware-offload" if vif == "ovs" or "switchdev" in offloads else None
    if vif == "vhostuser" or text_at(details, "datapath_type") == "netdev":
        return "vhost-user", "ovs-dpdk"
    if vif not in _SWITCHES:
        guesses.append(f"vif_type {vif} is taken as a tap device on a Linux bridge")
    guesses.append("the guest's device is taken as virtio with vhost: the port does not say its model")
    return "vhost-net", _SWITCHES.get(vif, "linux-bridge")


def _remarks(port: Node, details: Node | None) -> Iterator[str]:
    if text_at(details, "ovs_hybrid_plug") == "true":
        yield "ovs_hybrid_plug: a Linux bridge between tap and OVS, for the security groups; one switch is modelled"
    if text_at(details, "port_filter") == "true" and list(
        items(at(port, "security_group_ids") or at(port, "security_groups"))
    ):
        yield "security groups are not modelled"
    if text_at(port, "qos_policy_id"):
        yield "the QoS policy is not in the port: see max_rate"
