"""Objects of the SR-IOV network operator and of Multus: node states, policies, networks and network attachments.

1. ``SriovNetworkNodeState`` says which adapters a node has; so do the bare ``interfaces`` lists cut out of one, of
   which the last counts.
2. ``SriovNetworkNodePolicy`` makes a pool of virtual functions under a resource name.
3. ``NetworkAttachmentDefinition`` and ``SriovNetwork`` say how pods reach a network: each makes one pod, since neither
   says how many there are.

*Scope*: what ``kubectl get -o yaml`` or ``-o json`` prints, lists and several documents in a file included.
*Validation*: ``tests/imports/test_kubernetes.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.errors import BadValue, InputError, unknown
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.imports.facts import AdapterFacts, Facts, GuestFacts, Interface, Resource
from simulator.imports.structured import at, items, text_at, whole_at

KINDS = ("SriovNetworkNodeState", "SriovNetworkNodePolicy", "NetworkAttachmentDefinition", "SriovNetwork")
_RESOURCE = "k8s.v1.cni.cncf.io/resourceName"
_PLUGINS = {
    "sriov": ("sriov-vf", None),
    "ib-sriov": ("sriov-vf", None),
    "host-device": ("sriov-vf", None),
    "accelerated-bridge": ("sriov-vf", "hardware-offload"),
    "bridge": ("container", "linux-bridge"),
    "cnv-bridge": ("container", "linux-bridge"),
    "ovs": ("container", "ovs-kernel"),
    "ptp": ("container-routed", None),
    "macvlan": ("macvlan", None),
    "ipvlan": ("macvlan", None),
    "userspace": ("vhost-user", None),
    "vdpa": ("vdpa", None),
}
_HELPERS = ("tuning", "bandwidth", "portmap", "sbr", "firewall", "vrf", "route-override")


def is_kubernetes(node: Node) -> bool:
    """Return whether a document is an object of Kubernetes or lists of interfaces cut out of a node state."""
    return text_at(node, "kind") is not None or bool(list(_cut_out(node)))


def read(node: Node) -> Facts:
    """Return what one document says; ``InputError`` for an object of another kind."""
    kind = text_at(node, "kind")
    if kind is None:
        return _states(node)
    if kind == "List":
        found = [item for item in items(at(node, "items")) if text_at(item, "kind") in KINDS]
        if not found:
            raise BadValue(node.origin, "is a list with no object that import reads", kind, KINDS)
        return sum((read(item) for item in found), Facts())
    if kind not in KINDS:
        raise unknown(node.origin, "kind of object", kind, KINDS)
    if kind == "SriovNetworkNodeState":
        return _node_state(node)
    if kind == "SriovNetworkNodePolicy":
        return _policy(node)
    return _sriov_network(node) if kind == "SriovNetwork" else _attachment(node)


def _cut_out(node: Node) -> Iterator[Node]:
    held = node.value if isinstance(node.value, dict) else {}
    for candidate in (node, *held.values()):
        if any(text_at(item, "pciAddress") for item in items(at(candidate, "interfaces"))):
            yield candidate


def _states(node: Node) -> Facts:
    found = list(_cut_out(node))
    last = found[-1]
    remarks = (f"{last.origin}: of {len(found)} lists of interfaces the last is taken",) if len(found) > 1 else ()
    cores = whole_at(node, "node_allocatable", "cpu", most=8192)
    place = at(node, "node_allocatable", "cpu")
    guess = (cores, f"{place.origin}: node_allocatable.cpu, which leaves out what the node reserves") if place else None
    return Facts(
        adapters=tuple(_adapter(item) for item in items(at(last, "interfaces"))),
        cores=guess if guess is not None and guess[0] else None,  # type: ignore[arg-type]
        remarks=remarks,
    )


def _node_state(node: Node) -> Facts:
    adapters = tuple(_adapter(item) for item in items(at(node, "status", "interfaces")))
    if not adapters:
        raise InputError(
            node.origin, "this SriovNetworkNodeState has no status.interfaces: nothing is known of the node"
        )
    return Facts(adapters=adapters)


def _adapter(item: Node) -> AdapterFacts:
    functions = list(items(at(item, "Vfs")))
    speed = re.match(r"([0-9]{1,7}) ?Mb/s", text_at(item, "linkSpeed") or "")
    mode = text_at(item, "eSwitchMode")
    switched = (f"eSwitchMode {mode}: hardware offload of flows is not modelled",) if mode == "switchdev" else ()
    addresses = (text_at(function, "pciAddress") for function in functions)
    return AdapterFacts(
        place=item.origin,
        address=(text_at(item, "pciAddress") or "").lower() or None,
        vendor=_hex(text_at(item, "vendor")),
        device=_hex(text_at(item, "deviceID")),
        driver=text_at(item, "driver"),
        interface=text_at(item, "name"),
        rate_bps=int(speed[1]) * 10**6 if speed else None,
        mtu_bytes=whole_at(item, "mtu", most=65_536),
        total_vfs=whole_at(item, "totalvfs", most=65_535),
        vfs=len(functions) or whole_at(item, "numVfs", most=4_096),
        vf_addresses=tuple(address.lower() for address in addresses if address),
        remarks=switched,
    )


def _hex(text: str | None) -> str | None:
    found = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{4})", text or "", re.ASCII)
    return None if found is None else found[1].lower()


def _policy(node: Node) -> Facts:
    spec = at(node, "spec")
    name = text_at(spec, "resourceName")
    if name is None:
        raise InputError(node.origin, "this SriovNetworkNodePolicy has no spec.resourceName")
    selector, device_type = at(spec, "nicSelector"), text_at(spec, "deviceType") or "netdevice"
    vfs = whole_at(spec, "numVfs", most=4_096)
    vdpa, switchdev = text_at(spec, "vdpaType"), text_at(spec, "eSwitchMode") == "switchdev"
    roots = [item.value for item in items(at(selector, "rootDevices")) if isinstance(item.value, str)]
    remarks = [f"nicSelector names {len(roots)} adapters; the first is taken"] if len(roots) > 1 else []
    if text_at(spec, "isRdma") == "true":
        remarks.append("isRdma: RDMA is not modelled")
    resource = Resource(
        name=name,
        place=node.origin,
        vfs=vfs,
        polled=device_type == "vfio-pci",
        datapath="vdpa" if vdpa else "sriov-vf" if device_type == "vfio-pci" else "container-vf",
        switch="hardware-offload" if switchdev else None,
        mtu_bytes=whole_at(spec, "mtu", most=65_536),
        remarks=tuple(remarks),
    )
    adapter = AdapterFacts(
        place=node.origin,
        address=roots[0].lower() if roots else None,
        vendor=_hex(text_at(selector, "vendor")),
        device=_hex(text_at(selector, "deviceID")),
        vfs=vfs,
        mtu_bytes=resource.mtu_bytes,
    )
    return Facts(adapters=(adapter,), resources=(resource,))


def _sriov_network(node: Node) -> Facts:
    spec = at(node, "spec")
    fastest = whole_at(spec, "maxTxRate", most=1_000_000)
    interface = Interface(
        datapath="sriov-vf",
        place=node.origin,
        what="SriovNetwork",
        vlan=whole_at(spec, "vlan", most=4094) or None,
        max_rate_bps=fastest * 10**6 if fastest else None,
    )
    return _pod(node, interface, text_at(spec, "resourceName"))


def _attachment(node: Node) -> Facts:
    written = text_at(node, "spec", "config")
    if written is None:
        raise InputError(
            node.origin, "this NetworkAttachmentDefinition has no spec.config: its default is not in the file"
        )
    config = yaml12.parse(written, f"{node.origin}: spec.config", lines=False)
    chain = list(items(at(config, "plugins"))) or [config]
    main = next((item for item in chain if text_at(item, "type") not in _HELPERS), chain[0])
    plugin = text_at(main, "type")
    if plugin not in _PLUGINS:
        raise unknown(f"{node.origin}: spec.config", "type of network plugin", plugin, _PLUGINS)
    datapath, switch = _PLUGINS[plugin]
    mtu = next((size for item in chain if (size := whole_at(item, "mtu", most=65_536))), None)
    fastest = whole_at(main, "max_tx_rate", most=1_000_000)
    interface = Interface(
        datapath=datapath,
        place=node.origin,
        what=f"network plugin {plugin}",
        switch=switch,
        address=(text_at(main, "deviceID") or text_at(main, "pciBusID") or "").lower() or None,
        vlan=whole_at(main, "vlan", most=4094) or whole_at(main, "vlanId", most=4094) or None,
        mtu_bytes=mtu,
        max_rate_bps=fastest * 10**6 if fastest else None,
    )
    return _pod(node, interface, text_at(node, "metadata", "annotations", _RESOURCE))


def _pod(node: Node, interface: Interface, resource: str | None) -> Facts:
    name = text_at(node, "metadata", "name") or "pod"
    guess = "one pod or VM on this network: the file does not say how many there are"
    pod = GuestFacts(name=name, place=node.origin, interfaces=(interface,), guesses=(guess,))
    return Facts(attachments=(((resource or "").rpartition("/")[2], pod),))
