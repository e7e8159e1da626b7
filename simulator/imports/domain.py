"""libvirt domain XML, as ``virsh dumpxml`` and ``virt-install --print-xml`` write it: one guest with its interfaces.

1. ``<interface>`` and PCI ``<hostdev>`` become interfaces; type, model, driver and virtual port decide the datapath.
2. ``<vcpu>`` and ``<cputune>`` say how many vCPUs there are and which cores each may use.
3. Threads of QEMU, NUMA, quotas and switches of the device that the grammar has no key for become remarks.

*Scope*: KVM on Linux; other hypervisors are named. Defaults are libvirt's for QEMU on x86.
*Validation*: ``tests/imports/test_domain.py`` on XML made by virt-install.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.errors import BadValue
from simulator.imports.facts import Facts, GuestFacts, Interface
from simulator.imports.text import number
from simulator.imports.xml import Element, parse

MOST_VCPUS = 256
"""What a guest of the grammar may have."""
MOST_CORE = 8191
_E1000 = ("e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em")
_MODELS = {"netfront": "xen-netfront", "vmxnet3": "vmxnet3"} | dict.fromkeys(_E1000, "emulated-e1000")
_BY_TYPE = {
    "hostdev": "sriov-vf",
    "vdpa": "vdpa",
    "vhostuser": "vhost-user",
    "direct": "macvtap",
    "user": "user-network",
    "server": "socket-network",
    "client": "socket-network",
    "mcast": "socket-network",
    "udp": "socket-network",
}
_TAPS = ("bridge", "network", "ethernet", "internal")
_UNSEEN = {
    "txmode": "when sent packets are handled",
    "ioeventfd": "whether a kick leaves the vCPU's thread",
    "event_idx": "which notifications are suppressed",
    "packed": "the packed ring layout",
    "iommu": "translation of the device's addresses",
}
_OFFLOADS = {"csum": "checksum", "tso4": "tso"}


def read(text: str, label: str) -> Facts:
    """Return the guest that a domain describes; ``InputError`` for other XML."""
    root = parse(text, label)
    if root.tag == "domstatus":
        root = root.first("domain") or root
    if root.tag != "domain":
        raise BadValue(root.place, "is the root of this XML; import reads libvirt's <domain>", root.tag)
    return Facts(guests=(_guest(root),))


def _guest(root: Element) -> GuestFacts:
    name, uuid = root.first("name"), root.first("uuid")
    vcpus = _vcpus(root)
    pins = _pins(root, vcpus or 1)
    model = root.first("cpu/model")
    devices = root.first("devices")
    hypervisor = root.attributes.get("type", "kvm")
    return GuestFacts(
        name=name.text.strip() if name is not None else "vm",
        place=root.place,
        interfaces=tuple(_interfaces(devices, hypervisor)) if devices is not None else (),
        identity=uuid.text.strip().lower() if uuid is not None else None,
        vcpus=vcpus,
        vcpus_place=_place(root, "vcpu"),
        pins=pins,
        pins_place=_place(root, "cputune/vcpupin") or _place(root, "vcpu"),
        cpu_model=model.text.strip() if model is not None else root.get("cpu", "mode"),
        remarks=tuple(_remarks(root, hypervisor)),
    )


def _place(root: Element, path: str) -> str:
    found = root.first(path)
    return "" if found is None else found.place


def _vcpus(root: Element) -> int | None:
    element = root.first("vcpu")
    if element is None:
        return None
    written = element.attributes.get("current") or element.text.strip()
    count = number(written, 1 << 20)
    if not count:
        raise BadValue(element.place, "is not a number of vCPUs", written)
    if count > MOST_VCPUS:
        raise BadValue(element.place, f"vCPUs are more than a guest can have here, which is {MOST_VCPUS}", written)
    return count


def _pins(root: Element, vcpus: int) -> tuple[tuple[int, ...], ...]:
    pinned: dict[int, tuple[int, ...]] = {}
    for pin in root.all("cputune/vcpupin"):
        vcpu = number(pin.attributes.get("vcpu"), MOST_VCPUS)
        if vcpu is None or vcpu in pinned:
            raise BadValue(pin.place, "is not the number of another vCPU", pin.attributes.get("vcpu"))
        pinned[vcpu] = cpu_set(pin.attributes.get("cpuset", ""), pin.place)
    everywhere = root.get("vcpu", "cpuset")
    common = cpu_set(everywhere, root.place) if everywhere else ()
    pins = tuple(pinned.get(vcpu, common) for vcpu in range(vcpus))
    return pins if any(pins) else ()


def cpu_set(text: str, place: str) -> tuple[int, ...]:
    """Return the cores of a list such as ``0-3,^2,8``, in the order of their numbers."""
    # bits of one number: overlapping ranges, however many, cost no more than disjoint ones
    chosen, removed = 0, 0
    for piece in text.split(",") if text else ():
        found = re.fullmatch(r"\s*(\^?)(\d{1,5})(?:-(\d{1,5}))?\s*", piece, re.ASCII)
        if found is None or int(found[3] or found[2]) > MOST_CORE or int(found[3] or found[2]) < int(found[2]):
            raise BadValue(place, "is not a set of cores such as '0-3,^2,8'", text)
        first, last = int(found[2]), int(found[3] or found[2])
        mask = ((1 << (last - first + 1)) - 1) << first
        chosen, removed = (chosen, removed | mask) if found[1] else (chosen | mask, removed)
    kept = chosen & ~removed
    return tuple(core for core in range(kept.bit_length()) if kept >> core & 1)


_DIRECT_MODES = ("bridge", "vepa", "private")


def _interfaces(devices: Element, hypervisor: str) -> Iterator[Interface]:
    for element in devices.all("interface"):
        if element.attributes.get("type") != "null":
            yield _interface(element, hypervisor)
    for element in devices.all("hostdev"):
        if (found := _hostdev(element)) is not None:
            yield found


def _interface(element: Element, hypervisor: str) -> Interface:
    kind = element.attributes.get("type", "")
    model = element.get("model", "type")
    driver = element.get("driver", "name")
    guesses: list[str] = []
    if kind not in _BY_TYPE and kind not in _TAPS:
        known = (*_TAPS, *_BY_TYPE)
        raise BadValue(element.place, "is a type of interface that import does not know", kind, known)
    datapath = _BY_TYPE.get(kind) or _device(model, driver, hypervisor, guesses)
    # a function that is passed through shows its own model, whatever <model> says
    details = [f"type='{kind}'"] + ([f"model='{model}'"] if model and kind != "hostdev" else [])
    details += [f"driver='{driver}'"] if driver else []
    mac = element.get("mac", "address")
    return Interface(
        datapath=datapath,
        place=element.place,
        what=f"interface {' '.join(details)}",
        switch=_switch(element, kind, guesses) if kind in _TAPS else None,
        mac=mac.lower() if mac else None,
        address=_address(element.first("source/address")) if kind == "hostdev" else None,
        macvtap=mode if kind == "direct" and (mode := _direct_mode(element)) in _DIRECT_MODES else None,
        queues=number(element.get("driver", "queues"), 65_536) or None,
        rx_ring=number(element.get("driver", "rx_queue_size"), 65_536) or None,
        tx_ring=number(element.get("driver", "tx_queue_size"), 65_536) or None,
        vlan=number(element.get("vlan/tag", "id"), 4094) if len(list(element.all("vlan/tag"))) == 1 else None,
        mtu_bytes=number(element.get("mtu", "size"), 65_536) or None,
        max_rate_bps=_rate(element),
        offloads_off=tuple(k for w, k in _OFFLOADS.items() if element.get("driver/host", w) == "off"),
        guesses=tuple(guesses),
        remarks=tuple(_device_remarks(element, kind)),
    )


def _device(model: str | None, driver: str | None, hypervisor: str, guesses: list[str]) -> str:
    if model is None:
        # what libvirt takes for a missing model: xen has a device of its own, QEMU on x86 gets the rtl8139
        guesses.append("no <model>: libvirt's default for the hypervisor taken")
        return "xen-netfront" if hypervisor == "xen" else "emulated-rtl8139"
    if model.startswith("virtio"):
        if driver not in ("vhost", "qemu"):
            guesses.append("no <driver name>: vhost taken, which libvirt prefers where the kernel has it")
        return "virtio-qemu" if driver == "qemu" else "vhost-net"
    return _MODELS.get(model, f"emulated-{model}")


def _switch(element: Element, kind: str, guesses: list[str]) -> str:
    port = element.get("virtualport", "type")
    if port == "openvswitch":
        return "ovs-kernel"
    if port is not None:
        return port
    if kind == "network":
        network = element.get("source", "network") or "?"
        guesses.append(f"libvirt network '{network}' taken as a Linux bridge; 'virsh net-dumpxml' would say")
    elif kind == "ethernet":
        guesses.append("the tap device is taken to be on a Linux bridge; libvirt does not know who uses it")
    elif kind == "internal":
        guesses.append("the internal switch is taken to be a Linux bridge")
    return "linux-bridge"


def _hostdev(element: Element) -> Interface | None:
    kind = element.attributes.get("type")
    if kind not in ("pci", "mdev"):
        return None
    driver = element.get("driver", "name")
    return Interface(
        datapath="sriov-vf" if kind == "pci" else "mediated-device",
        place=element.place,
        what=f"hostdev type='{kind}'" + (f" driver='{driver}'" if driver else ""),
        address=_address(element.first("source/address")) if kind == "pci" else None,
        any_device=kind == "pci",
    )


def _address(element: Element | None) -> str | None:
    if element is None:
        return None
    parts = [element.attributes.get(key, "0x0") for key in ("domain", "bus", "slot", "function")]
    try:
        domain, bus, slot, function = (int(part, 0) for part in parts)
    except ValueError:
        raise BadValue(element.place, "is not a PCI address", ":".join(parts)) from None
    return f"{domain & 0xFFFF:04x}:{bus & 0xFF:02x}:{slot & 0x1F:02x}.{function & 7}"


def _rate(element: Element) -> int | None:
    kilobytes = number(element.get("bandwidth/outbound", "average"), 1 << 40)
    return kilobytes * 8_000 if kilobytes else None


def _direct_mode(element: Element) -> str:
    """What libvirt takes for a missing mode is vepa."""
    return element.get("source", "mode") or "vepa"


def _device_remarks(element: Element, kind: str) -> Iterator[str]:
    driver = element.first("driver")
    for key, meaning in _UNSEEN.items():
        if driver is not None and key in driver.attributes:
            yield f"driver {key}='{driver.attributes[key]}': {meaning} is not modelled"
    tags = [tag.attributes.get("id", "?") for tag in element.all("vlan/tag")]
    if len(tags) > 1:
        yield f"vlan trunk {', '.join(tags[:16])}: a guest has one VLAN or none"
    if kind == "direct" and _direct_mode(element) not in _DIRECT_MODES:
        yield f"macvtap mode '{_direct_mode(element)}': the guest owns the device below; here it shares it, in mode bridge"
    if kind == "vhostuser":
        path = element.get("source", "path") or "?"
        yield f"socket {path}: which switch polls it (ovs-dpdk, vpp, testpmd) is not in the file"
    for word in ("host", "guest"):
        switched = element.first(f"driver/{word}")
        for key, value in (switched.attributes if switched is not None else {}).items():
            if value == "off" and not (word == "host" and key in _OFFLOADS):
                yield f"driver {word} {key}='off' is not modelled"
    if element.get("bandwidth/inbound", "average") is not None:
        yield f"inbound bandwidth {element.get('bandwidth/inbound', 'average')} kB/s: a cap towards the guest is not modelled"


def _remarks(root: Element, hypervisor: str) -> Iterator[str]:
    if hypervisor == "qemu":
        yield "domain type 'qemu' runs without KVM: its exits cost what no host of the catalogue says"
    elif hypervisor not in ("kvm", "test"):
        yield f"domain type '{hypervisor}': costs of exits are those of Linux with KVM"
    yield from _tuned(root)
    memory = root.first("numatune/memory")
    if memory is not None:
        yield f"numatune memory nodeset '{memory.attributes.get('nodeset', memory.attributes.get('placement', '?'))}': NUMA is not modelled"
    cells = len(list(root.all("cpu/numa/cell")))
    if cells:
        yield f"{cells} NUMA cells in the guest: NUMA is not modelled"
    if root.get("features/kvm/poll-control", "state") == "on":
        yield "poll-control is on: the guest may poll before it halts (idle: guest-halt-poll 200 us)"
    arguments = [item.attributes.get("value", "") for item in root.all("qemu:commandline/qemu:arg")]
    if arguments:
        yield f"qemu:commandline is not read: {' '.join(arguments)}"


def _tuned(root: Element) -> Iterator[str]:
    for pin in root.all("cputune/emulatorpin"):
        yield f"emulatorpin {pin.attributes.get('cpuset', '?')}: cores of the threads of QEMU itself; no key for them"
    for pin in root.all("cputune/iothreadpin"):
        yield (
            f"iothreadpin {pin.attributes.get('iothread', '?')} on {pin.attributes.get('cpuset', '?')}: I/O threads "
            "of QEMU serve disks; no key for them"
        )
    for scheduled in root.all("cputune/vcpusched"):
        yield f"vcpusched {scheduled.attributes.get('scheduler', '?')}: host.scheduler is one for all threads"
    for key in ("shares", "period", "quota", "global_quota", "emulator_quota"):
        if (found := root.first(f"cputune/{key}")) is not None:
            yield f"cputune {key} {found.text.strip()}: not modelled"
