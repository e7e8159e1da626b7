"""``lspci -v``, ``-vv`` or ``-vvv`` of a host: which network adapters there are and how their slots run.

1. A device begins with its address; what is indented belongs to it.
2. ``LnkSta`` says how the slot runs, ``DevCtl`` the payload and read sizes in force, the SR-IOV capability how many
   virtual functions there can be and are, and at which addresses.
3. Network controllers alone are kept.

*Scope*: text for people (not ``-m`` or ``-x``), with or without ``-nn`` and ``-D``.
*Validation*: ``tests/imports/test_lspci.py`` on recorded outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.errors import BadValue
from simulator.imports.adapters import on_host
from simulator.imports.facts import AdapterFacts, Facts
from simulator.imports.text import lines_of

MOST_DEVICES = 8_192
MOST_VFS = 4_096
LONGEST_NAME = 200
HEADER = re.compile(
    r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]) ([^:\n]{1,80}): (.+)", re.IGNORECASE | re.ASCII
)
_IDS = re.compile(r"\[([0-9a-f]{4}):([0-9a-f]{4})\]", re.IGNORECASE)
_SPEED = re.compile(r"LnkSta:\s{1,8}Speed ([0-9.]{1,5})GT/s(?: \(([a-z]+)\))?, Width x([0-9]{1,2})")
_CAPABLE = re.compile(r"LnkCap:\s.{0,40}Speed ([0-9.]{1,5})GT/s, Width x([0-9]{1,2})")
_SIZES = re.compile(r"MaxPayload ([0-9]{1,5}) bytes, MaxReadReq ([0-9]{1,5}) bytes")
_VFS = re.compile(r"Total VFs: ([0-9]{1,5}), Number of VFs: ([0-9]{1,5})")
_OFFSET = re.compile(r"VF offset: ([0-9]{1,5}), stride: ([0-9]{1,5})")
_DRIVER = re.compile(r"Kernel driver in use: (\S{1,40})")
_NODE = re.compile(r"NUMA node: ([0-9]{1,4})")
GENERATIONS = {"2.5": 1, "5": 2, "5.0": 2, "8": 3, "8.0": 3, "16": 4, "16.0": 4, "32": 5, "32.0": 5, "64": 6, "64.0": 6}
LANES = (1, 2, 4, 8, 16)
_PAYLOADS = (128, 256, 512, 1024, 2048, 4096)


def is_lspci(lines: list[str]) -> bool:
    """Return whether a line begins a device as lspci prints it."""
    return any(HEADER.match(line) for line in lines)


def read(text: str, label: str) -> Facts:
    """Return the network adapters; ``InputError`` where none is among the devices."""
    blocks = list(_blocks(lines_of(text, label), label))
    adapters = tuple(_adapter(*block) for block in blocks if _is_network(block[1]))
    if not adapters:
        raise BadValue(label, f"lists {len(blocks)} PCI devices and no network controller among them")
    return Facts(adapters=on_host(adapters, label))


def _blocks(lines: list[str], label: str) -> Iterator[tuple[str, re.Match[str], str]]:
    head: re.Match[str] | None = None
    place, body, count = "", [""], 0
    for number, line in enumerate(lines, 1):
        found = HEADER.match(line)
        if found is None:
            if line[:1] in (" ", "\t"):
                body.append(line)
            continue
        if head is not None:
            yield place, head, "\n".join(body)
        count += 1
        if count > MOST_DEVICES:
            raise BadValue(f"{label}:{number}", f"is device {count:,}; no host has so many")
        place, head, body = f"{label}:{number}", found, []
    if head is not None:
        yield place, head, "\n".join(body)


def _is_network(head: re.Match[str]) -> bool:
    return any(word in head[5].lower() for word in ("ethernet", "network", "infiniband"))


def _adapter(place: str, head: re.Match[str], body: str) -> AdapterFacts:
    ids, sizes, vfs = _IDS.findall(head[6]), _SIZES.search(body), _VFS.search(body)
    driver, generation, lanes, remarks = _DRIVER.search(body), None, None, []
    if link := _SPEED.search(body):
        generation, lanes = GENERATIONS.get(link[1]), int(link[3])
        capable = _CAPABLE.search(body)
        if capable and (capable[1], capable[2]) != (link[1], link[3]):
            remarks.append(f"the slot runs at {link[1]} GT/s x{link[3]}; it could {capable[1]} GT/s x{capable[2]}")
    if "<access denied>" in body:
        remarks.append("capabilities were not shown: run lspci as root")
    if node := _NODE.search(body):
        remarks.append(f"on NUMA node {node[1]}: whether cores and memory are there too is nic.far")
    number = int(vfs[2]) if vfs else None
    if vfs and number is not None and (number > int(vfs[1]) or number > MOST_VFS):
        raise BadValue(place, f"says that {number:,} of {int(vfs[1]):,} virtual functions exist")
    address = f"{(head[1] or '0000')[-4:]}:{head[2]}:{head[3]}.{head[4]}".lower()
    return AdapterFacts(
        place=place,
        address=address,
        name=_IDS.sub("", head[6][:LONGEST_NAME]).replace("  ", " ").strip(),
        vendor=ids[-1][0].lower() if ids else None,
        device=ids[-1][1].lower() if ids else None,
        driver=driver[1] if driver else None,
        generation=generation,
        lanes=lanes if lanes in LANES else None,
        mps_bytes=_payload(sizes[1]) if sizes else None,
        mrrs_bytes=_payload(sizes[2]) if sizes else None,
        total_vfs=int(vfs[1]) if vfs else None,
        vfs=number,
        vf_addresses=tuple(_vf_addresses(head, body, number or 0)),
        virtual="virtual function" in head[6].lower(),
        remarks=tuple(remarks),
    )


def _payload(text: str) -> int | None:
    return int(text) if int(text) in _PAYLOADS else None


def _vf_addresses(head: re.Match[str], body: str, count: int) -> Iterator[str]:
    """Yield the addresses of the VFs: the PF's routing id, plus the first offset, plus the stride times the number."""
    found = _OFFSET.search(body)
    if found is None:
        return
    own = int(head[2], 16) << 8 | int(head[3], 16) << 3 | int(head[4])
    for index in range(count):
        routing = own + int(found[1]) + index * int(found[2])
        if routing > 0xFFFF:
            return
        yield f"{(head[1] or '0000')[-4:]}:{routing >> 8:02x}:{routing >> 3 & 31:02x}.{routing & 7}".lower()
