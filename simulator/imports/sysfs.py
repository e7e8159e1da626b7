"""The SR-IOV files of sysfs: the folder itself, ``grep -r . FOLDER`` of it, or ``ls -l`` of a device.

1. A folder is read device by device: identity, slot, virtual functions, name and speed of the interface.
2. A line ``/sys/bus/pci/devices/0000:04:00.0/sriov_numvfs:4`` gives one file's content.
3. In a listing the links count: ``virtfn3 -> ../0000:04:00.4`` says that there are virtual functions, and which.

*Scope*: reading; nothing is written to sysfs.
*Validation*: ``tests/imports/test_sysfs.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

from simulator.errors import BadValue
from simulator.imports.adapters import on_host
from simulator.imports.facts import AdapterFacts, Facts
from simulator.imports.lspci import GENERATIONS, LANES, MOST_DEVICES, MOST_VFS
from simulator.imports.text import lines_of, number

LONGEST_FILE = 4_096
NETWORK_CLASS = "0x02"
DEVICE = re.compile(r"([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])", re.IGNORECASE | re.ASCII)
_DUMP = re.compile(
    r"(?:/sys/)?\S{0,200}/" + DEVICE.pattern + r"/((?:net/[^/:]{1,32}/)?[a-z_0-9]{1,40}):(.{0,200})", re.IGNORECASE
)
_LISTED = re.compile(r".{0,80}?/sys/\S{0,200}/" + DEVICE.pattern, re.IGNORECASE)
_LINK = re.compile(r"\b(virtfn[0-9]{1,5}|physfn) -> \S{0,200}?" + DEVICE.pattern, re.IGNORECASE)
_FILES = (
    "vendor",
    "device",
    "class",
    "sriov_totalvfs",
    "sriov_numvfs",
    "current_link_speed",
    "current_link_width",
    "numa_node",
)


def is_sysfs(lines: list[str]) -> bool:
    """Return whether lines list or dump devices under ``/sys``."""
    return any(_DUMP.match(line) or _LISTED.match(line) for line in lines)


def read(text: str, label: str) -> Facts:
    """Return the adapters of a dump or a listing."""
    found: dict[str, dict[str, str]] = {}
    places: dict[str, str] = {}
    current: str | None = None
    for at, line in enumerate(lines_of(text, label), 1):
        link = _LINK.search(line)
        if dumped := _DUMP.match(line):
            current, key, value = dumped[1].lower(), dumped[2], dumped[3].strip()
        elif (listed := _LISTED.match(line)) and link is None:
            current, key, value = listed[1].lower(), "", ""
        elif link and current:
            key, value = link[1], link[2].lower()
        else:
            continue
        places.setdefault(current, f"{label}:{at}")
        found.setdefault(current, {})[key] = value
        if len(found) > MOST_DEVICES:
            raise BadValue(f"{label}:{at}", f"is device {len(found):,}; no host has so many")
    return _facts(found, places, label)


def read_folder(folder: Path, label: str) -> Facts:
    """Return the adapters under a folder: ``/sys/bus/pci/devices`` or one device of it."""
    try:
        entries = [folder] if DEVICE.fullmatch(folder.name) else sorted(folder.iterdir())[: MOST_DEVICES + 1]
    except OSError as error:
        raise BadValue(label, f"cannot be read: {error.strerror}") from None
    devices = [entry for entry in entries if DEVICE.fullmatch(entry.name)]
    if not devices:
        raise BadValue(label, "holds no PCI device; give /sys/bus/pci/devices or a copy of it")
    if len(devices) > MOST_DEVICES:
        raise BadValue(label, f"holds more than {MOST_DEVICES:,} devices")
    found = {entry.name.lower(): _device(entry) for entry in devices}
    return _facts(found, dict.fromkeys(found, label), label)


def _device(folder: Path) -> dict[str, str]:
    values = {name: text for name in _FILES if (text := _content(folder / name)) is not None}
    try:
        for entry in sorted(folder.iterdir())[: MOST_VFS + 256]:
            if entry.is_symlink() and (entry.name.startswith("virtfn") or entry.name in ("physfn", "driver")):
                values[entry.name] = entry.readlink().name.lower()
        for interface in sorted((folder / "net").iterdir())[:16]:
            values["net"] = interface.name
            for name in ("speed", "mtu"):
                if (text := _content(interface / name)) is not None:
                    values[name] = text
    except OSError:
        return values
    return values


def _content(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            return stream.read(LONGEST_FILE).decode("utf-8", "replace").strip()
    except OSError:
        return None


def _facts(found: dict[str, dict[str, str]], places: dict[str, str], label: str) -> Facts:
    adapters = [
        _adapter(address, values, places[address])
        for address, values in found.items()
        if values.get("class", NETWORK_CLASS).startswith(NETWORK_CLASS)
    ]
    if not adapters:
        raise BadValue(label, f"holds {len(found)} PCI devices and no network controller among them")
    return Facts(adapters=on_host(tuple(adapters), label))


def _adapter(address: str, values: dict[str, str], place: str) -> AdapterFacts:
    links = sorted((int(key[6:]), value) for key, value in values.items() if re.fullmatch(r"virtfn[0-9]+", key))
    net = next((key.split("/")[1] for key in values if key.startswith("net/")), values.get("net"))
    speed = number(values.get(f"net/{net}/speed", values.get("speed")), 1_000_000)
    node = values.get("numa_node", "-1")
    width = number(values.get("current_link_width"), 32)
    return AdapterFacts(
        place=place,
        address=address,
        vendor=_identity(values.get("vendor")),
        device=_identity(values.get("device")),
        driver=values.get("driver"),
        interface=net,
        rate_bps=speed * 10**6 if speed else None,
        generation=GENERATIONS.get(values.get("current_link_speed", "").partition(" ")[0]),
        lanes=width if width in LANES else None,
        mtu_bytes=number(values.get(f"net/{net}/mtu", values.get("mtu")), 65_536),
        total_vfs=number(values.get("sriov_totalvfs"), 65_535),
        vfs=len(links) or number(values.get("sriov_numvfs"), MOST_VFS),
        vf_addresses=tuple(value for _, value in links),
        virtual="physfn" in values,
        remarks=(f"on NUMA node {node}: whether cores and memory are there too is nic.far",) if node.isdigit() else (),
    )


def _identity(text: str | None) -> str | None:
    found = re.fullmatch(r"0x([0-9a-f]{4})", text or "", re.IGNORECASE)
    return None if found is None else found[1].lower()
