"""Network adapters by their PCI ids and names: which model of the catalogue each is, or comes nearest to.

Ids and names are those of the public PCI ID list; a rate is the port's by the name of the part.

*Scope*: adapters with SR-IOV that servers of the last fifteen years have. An adapter that the catalogue lacks gets the
model nearest in rate, and the comment says so.
*Validation*: ``tests/imports/test_lspci.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.errors import InputError
from simulator.imports.facts import AdapterFacts
from simulator.scenario import names

GIGA = 10**9
DEFAULT = "e810"
VIRTIO = "1af4"
GUEST_DRIVERS = ("virtio_net", "vmxnet3", "e1000", "xen_netfront", "hv_netvsc", "8139cp", "8139too")


@dataclass(frozen=True, slots=True)
class Part:
    """One family of adapters: its ids, a pattern of its name, the model it is, and the rate of a port."""

    title: str
    vendor: str
    devices: tuple[str, ...]
    pattern: str
    model: str
    rate_bps: int | None
    virtual: bool = False
    alias: bool = False
    """Whether the catalogue's model is another part, which comes nearest."""


PARTS = (
    Part("Intel 82599", "8086", ("10fb", "10f8", "1557", "151c", "154d", "1558"), r"82599|X520", "82599", 10 * GIGA),
    Part("Intel 82599 VF", "8086", ("10ed",), r"82599 .*Virtual Function", "82599", 10 * GIGA, virtual=True),
    Part("Intel X540", "8086", ("1528", "1560"), r"X540", "x550", 10 * GIGA, alias=True),
    Part("Intel X550", "8086", ("1563", "15d1", "15ab", "15ad"), r"X55[0-3]", "x550", 10 * GIGA),
    Part("Intel XL710", "8086", ("1583", "1584", "1580"), r"XL710|LX710", "xl710", 40 * GIGA),
    Part("Intel XXV710", "8086", ("158a", "158b"), r"XXV710", "x710", 25 * GIGA),
    Part("Intel X710", "8086", ("1572", "1581", "1585", "1586", "1589", "15ff"), r"X710", "x710", 10 * GIGA),
    Part("Intel X722", "8086", ("37ce", "37cf", "37d0", "37d1", "37d2", "37d3"), r"X722", "x710", 10 * GIGA, alias=True),
    Part("Intel 700 series VF", "8086", ("154c", "1571", "37cd"), r"(XL710/X710|Ethernet) Virtual Function|Virtual Function 700", "x710", None, True),
    Part("Intel E810-C QSFP", "8086", ("1592",), r"E810-C for QSFP", "e810", 100 * GIGA),
    Part("Intel E810", "8086", ("1591", "1593", "159a", "159b"), r"E810", "e810", 25 * GIGA),
    Part("Intel adaptive VF", "8086", ("1889",), r"Adaptive Virtual Function", "e810", None, True),
    Part("Intel 82576", "8086", ("10c9", "10e6", "10e7", "10e8", "150a", "1526"), r"82576", "82599", GIGA, alias=True),
    Part("Intel I350", "8086", ("1521", "1522", "1523", "1524"), r"I350", "82599", GIGA, alias=True),
    Part("Intel I350 or 82576 VF", "8086", ("1520", "10ca"), r"(I350|82576).*Virtual", "82599", GIGA, True, True),
    Part("Mellanox BlueField", "15b3", ("a2d2", "a2d6", "a2dc"), r"BlueField", "e810", 100 * GIGA, alias=True),
    Part("Mellanox ConnectX-3", "15b3", ("1003", "1007"), r"ConnectX-3", "x710", 40 * GIGA, alias=True),
    Part("Mellanox ConnectX-4 Lx", "15b3", ("1015",), r"ConnectX-4 Lx", "connectx-5", 25 * GIGA, alias=True),
    Part("Mellanox ConnectX-4", "15b3", ("1013",), r"ConnectX-4", "connectx-5", 100 * GIGA, alias=True),
    Part("Mellanox ConnectX-5", "15b3", ("1017", "1019"), r"ConnectX-5", "connectx-5", 100 * GIGA),
    Part("Mellanox ConnectX-6", "15b3", ("101b", "101d", "101f"), r"ConnectX-6", "connectx-6", 100 * GIGA),
    Part("Mellanox ConnectX-7", "15b3", ("1021",), r"ConnectX-7", "connectx-6", 200 * GIGA, alias=True),
    Part("Mellanox VF", "15b3", ("1004", "1014", "1016", "1018", "101a", "101c", "101e"), r"ConnectX.*Virtual Function", "e810", None, True, True),
    Part("Broadcom BCM57xxx", "14e4", ("16d7", "16d8", "16ca", "1750", "1751"), r"BCM57[345]", "e810", 25 * GIGA, alias=True),
    Part("Broadcom NetXtreme-E VF", "14e4", ("16dc", "16e1", "1806"), r"NetXtreme-[CE].*Virtual Function", "e810", None, True, True),
    Part("Netronome NFP", "19ee", ("4000", "5000", "6000", "3800"), r"Netronome|NFP-?[46]000", "x710", None, alias=True),
    Part("Netronome NFP VF", "19ee", ("6003", "3803"), r"Netronome.*Virtual", "x710", None, True, True),
)  # fmt: skip
_DRIVERS = {
    "ixgbe": "Intel 82599",
    "ixgbevf": "Intel 82599 VF",
    "i40e": "Intel X710",
    "ice": "Intel E810",
    "igb": "Intel I350",
    "mlx5_core": "Mellanox ConnectX-5",
    "mlx4_en": "Mellanox ConnectX-3",
    "bnxt_en": "Broadcom BCM57xxx",
    "nfp": "Netronome NFP",
}
_RATE_IN_NAME = re.compile(r"\b([0-9]{1,3})G(?:b|bE|BASE)\b", re.IGNORECASE)


def part_of(vendor: str | None, device: str | None, name: str, driver: str | None) -> Part | None:
    """Return the family of an adapter by its ids, else by its name, else by its driver; None if nothing fits."""
    if vendor and device:
        found = [part for part in PARTS if part.vendor == vendor.lower() and device.lower() in part.devices]
        if found:
            return found[0]
    virtual = "virtual function" in name.lower()
    named = [part for part in PARTS if part.virtual == virtual and name and re.search(part.pattern, name)]
    if named:
        return named[0]
    title = _DRIVERS.get(driver or "")
    return next((part for part in PARTS if part.title == title), None)


def rate_in(name: str) -> int | None:
    """Return the highest rate of a port that an adapter's name gives: ``for 40GbE QSFP+``."""
    highest = max((int(rate) for rate in _RATE_IN_NAME.findall(name)), default=0)
    return highest * GIGA or None


def on_host(adapters: tuple[AdapterFacts, ...], label: str) -> tuple[AdapterFacts, ...]:
    """Return the adapters that a host can have; ``InputError`` where a guest's virtio devices are all there is."""
    real = tuple(a for a in adapters if a.vendor != VIRTIO and "virtio" not in a.name.lower())
    if adapters and not real:
        raise InputError(label, "shows virtio network devices alone, so it was taken in a guest; take it on the host")
    return real


def model_of(part: Part | None, rate_bps: int | None) -> str:
    """Return the model of the catalogue: the part's own, or the nearest in rate."""
    if part is not None and part.model in names.nics():
        return part.model
    if rate_bps is None:
        return DEFAULT
    return "82599" if rate_bps <= 10 * GIGA else "x710" if rate_bps <= 40 * GIGA else DEFAULT
