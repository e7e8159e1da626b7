"""The switch inside the adapter: one physical port, a virtual port for the PF and one for each VF, and who gets a frame.

1. The PF has the *default vport*: it exists always and is operational always. A VF's vport belongs to that VF as long as
   the VF lives, and is operational once its driver has been answered.
2. A frame from a VF passes the spoof check first: its source must be an address of that VF, its VLAN one that it may use. A
   port VLAN is put on by the switch, and the guest may not put on another.
3. Then the table decides, by VLAN and destination; it holds what the PF driver has entered and learns nothing. A local
   address is served inside (VEB) or by the neighbouring switch and back (VEPA); an unknown one goes to the wire.
4. From the wire the same table decides, and nothing goes back to the wire. Unknown addresses end, unless somebody hears
   everything.

*Scope*: one frame at a time, no queues and no rates; those are the data plane's. *Validation*:
``tests/sriov/test_switch.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.sriov.state import Physical

Mode = Literal["veb", "vepa"]
WIRE, DEFAULT = "wire", "pf"


@dataclass(frozen=True, slots=True)
class VPort:
    """A port of the switch, as its table has it."""

    name: str
    function: str
    addresses: tuple[str, ...]
    port_vlan: int
    vlans: tuple[int, ...]
    operational: bool
    spoof_check: bool
    hears_all: bool

    def takes(self, vlan: int) -> bool:
        """Whether frames of this VLAN belong to it; 0 is a frame without a tag."""
        return vlan == self.port_vlan if self.port_vlan else vlan in (0, *self.vlans)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a frame goes; ``dropped`` says why if it goes nowhere."""

    to: tuple[str, ...] = ()
    dropped: str = ""

    def __str__(self) -> str:
        return f"dropped: {self.dropped}" if self.dropped else "to " + ", ".join(self.to)


def vports(pf: Physical) -> list[VPort]:
    """Return the ports of a PF's switch: the default one, then those of the VFs."""
    found = [VPort(DEFAULT, pf.name, (pf.mac,), 0, (), True, False, False)]
    for vf, row in zip(pf.vfs, pf.settings, strict=True):
        up = vf.running and row.link_state != "disable"
        addresses = tuple(dict.fromkeys((row.mac, *row.filters)))
        found.append(
            VPort(f"vf{vf.index}", vf.name, addresses, row.vlan, row.vlans, up, row.spoof_check, row.promiscuous)
        )
    return found


def forward(pf: Physical, source: str, source_mac: str, destination: str, vlan: int = 0, mode: Mode = "veb") -> Verdict:
    """Return what the switch does with a frame from ``wire``, ``pf`` or ``vf0``, ``vf1``, ..."""
    ports = vports(pf)
    if source == WIRE:
        return _deliver([port for port in ports if port.operational], destination, vlan)
    by_name = {port.name: port for port in ports}
    if source not in by_name:
        return Verdict(dropped=f"there is no vport {source}")
    port = by_name[source]
    fault = _fault(port, source_mac, vlan)
    if fault:
        return Verdict(dropped=fault)
    others = [other for other in ports if other.operational and other is not port]
    return _outward(others, destination, port.port_vlan or vlan, mode)


def _fault(port: VPort, source_mac: str, vlan: int) -> str:
    """Return why a frame may not enter the switch here, or nothing."""
    if not port.operational:
        return "the vport is not operational"
    if port.name == DEFAULT:
        return ""
    if port.port_vlan and vlan:
        return "vlan: the port has one of its own"
    if port.spoof_check and source_mac not in port.addresses:
        return "spoof: the source is no address of this VF"
    return "" if port.port_vlan or port.takes(vlan) else "vlan: not one of this VF"


def _outward(others: Sequence[VPort], destination: str, vlan: int, mode: Mode) -> Verdict:
    """A frame from a function: local ports and the wire."""
    if mode == "vepa":
        return Verdict((WIRE,))
    if _is_group(destination):
        return Verdict((*(port.name for port in others if port.takes(vlan)), WIRE))
    local = [port.name for port in others if destination in port.addresses and port.takes(vlan)]
    return Verdict(tuple(local) if local else (WIRE,))


def _deliver(ports: Sequence[VPort], destination: str, vlan: int) -> Verdict:
    """A frame from the wire: local ports only."""
    members = [port for port in ports if port.takes(vlan)]
    if _is_group(destination):
        found = members
    else:
        found = [port for port in members if destination in port.addresses]
        found = found or [port for port in members if port.hears_all]
    return Verdict(tuple(port.name for port in found)) if found else Verdict(dropped="nobody here has this address")


def _is_group(mac: str) -> bool:
    return bool(int(mac[:2], 16) & 1)


def text(pf: Physical, *, most: int = 8) -> str:
    """Return the ports as a table."""
    head = ("vport", "function", "addresses", "VLAN", "operational", "spoof check", "hears all")
    ports = vports(pf)
    rows = [
        (port.name, port.function, " ".join(port.addresses), str(port.port_vlan or " ".join(map(str, port.vlans)) or "-"),
         *("yes" if flag else "no" for flag in (port.operational, port.spoof_check, port.hears_all)))
        for port in ports[: most + 1]
    ]  # fmt: skip
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown += [f"... {len(ports) - len(rows)} more"] if len(ports) > len(rows) else []
    return "\n".join([f"physical port of {pf.name}: {pf.hardware.model.link_mbit_s:,} Mbit/s", *shown])
