"""What the DMA API asks of a driver while an IOMMU translates: a buffer is mapped before the device may touch it, and unmapped afterwards.

1. Who sends maps the packet; the poll that frees it unmaps it. A received packet's buffer stays mapped where the driver keeps its pages
   and uses them again; else the poll that takes it unmaps it and maps a fresh one.
2. ``strict``: who unmaps waits until the IOMMU has forgotten the translation. All cores share the unit's queue of invalidations: its turns
   are a lock that they spin for. ``lazy``: unmapped addresses are kept, and forgotten together, 256 at a time.
3. A guest with an IOMMU of its own does the same, and what the device really uses is kept up by the hypervisor: ``shadow``, a copy of the
   guest's table, so that mapping and unmapping exit; ``nested``, two tables in hardware, so that only invalidations exit. One queue
   for each guest.

*Scope*: kernel drivers in interrupt mode; poll mode, AF_XDP, XDP programs and VFIO map their memory once and for all. A super-packet that
is sent is mapped as one frame is, but exits for each of its segments in shadow mode. A lazy queue is emptied by its length, never by its
timer of 10 ms. In shadow mode a lazy guest's batch costs one exit, whatever QEMU does for each of its entries. The time under a virtual
queue's lock is booked as the guest's.
*Validation*: tests/phenomena/test_mapping.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.parts.machine import Machine
from simulator.parts.settings import FLUSHED_TOGETHER, GuestSettings, HostSettings
from simulator.parts.steps import Step, total
from simulator.plan.model import NONE, Lock

_API = "Linux drivers/iommu/dma-iommu.c"
_QUEUE = "Linux drivers/iommu/intel/dmar.c (qi_submit_sync)"
_VIRTUAL = "QEMU hw/i386/intel_iommu.c, hw/vfio/container.c"
RECEIVES = ("napi.packet_ps", "uplink.packet_ps", "forward.packet_ps")
"""Charges of the driver's receive; a merged frame and a further segment have a buffer of their own."""
BUFFERS = ("napi.merge_ps", "uplink.merge_ps", "napi.segment_ps", "uplink.segment_ps")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Costs of mapping and unmapping one packet; ``*_turn`` are under the lock of the unit, the last one once for ``together``."""

    map: tuple[str, ...]
    unmap: tuple[str, ...]
    map_turn: tuple[str, ...] = ()
    unmap_turn: tuple[str, ...] = ()
    together: int = 1
    received: bool = False
    """Whether received packets are mapped one by one, too."""
    lock: int = NONE
    source: str = _QUEUE


def of_host(host: HostSettings) -> Mapping | None:
    """What the host's own drivers do; None: memory is mapped as it is, or not at all."""
    return of_mode(host.iommu, received=host.maps_received)


def of_mode(iommu: str, *, received: bool) -> Mapping | None:
    """The same of a mode alone."""
    if iommu == "strict":
        return Mapping(("i_map",), ("i_unmap", "i_wait"), (), ("i_turn",), received=received)
    if iommu == "lazy":
        return Mapping(("i_map",), ("i_unmap", "i_defer"), (), ("i_wait", "i_turn"), FLUSHED_TOGETHER, received)
    return None


def of_guest(guest: GuestSettings) -> Mapping | None:
    """What the driver in a guest with a virtual IOMMU does."""
    if guest.viommu not in ("strict", "lazy"):
        return None
    lazy = guest.viommu == "lazy"
    unmap, together = (("i_unmap", "i_defer"), FLUSHED_TOGETHER) if lazy else (("i_unmap",), 1)
    if guest.nested:
        found = Mapping(("i_map", "i_nested_sync"), unmap, (), ("i_nested_turn",), together)
    else:
        found = Mapping(("i_map",), unmap, ("i_shadow_map",), ("i_shadow_unmap",), together)
    return replace(found, received=guest.maps_received, source=_VIRTUAL)


def on_host(machine: Machine) -> Mapping | None:
    """The same with the lock of the unit that the machine's adapter is behind."""
    found = of_host(machine.host)
    return found and replace(found, lock=_lock(machine, f"{machine.port.prefix}iommu"))


def in_guest(machine: Machine, guest: GuestSettings) -> Mapping | None:
    """The same with the lock of the guest's virtual unit."""
    found = of_guest(guest)
    return found and replace(found, lock=_lock(machine, f"{guest.machine_name}.viommu"))


def _lock(machine: Machine, name: str) -> int:
    known = machine.shared.setdefault(name, [])
    if not known:
        known.append(machine.builder.add(Lock(name)))
    return known[0]


def mapped(table: tuple[Step, ...], mapping: Mapping | None, *, guest: bool = False) -> tuple[Step, ...]:
    """The steps with those of mapping: of a driver of the host, or of one in a `guest`."""
    if mapping is None or any(step.charge.startswith(("xdp.", "xmit.")) for step in table):
        return table
    found: list[Step] = []
    received = mapping.received
    for step in table:
        found.append(step)
        if step.where.startswith("vCPU") != guest and not step.charge.endswith(".nic_ps"):
            continue
        part = step.charge.partition(".")[0]
        if step.charge in RECEIVES and received:
            found += [*_unmap(mapping, step, "unmap the buffer"), *_map(mapping, step, "map a fresh buffer")]
            received = False  # once, whatever else is charged there
        if step.charge in BUFFERS and mapping.received:
            found.append(
                replace(step, name=f"{step.name}: unmap, map", costs=(*mapping.unmap, *mapping.map), source=_API)
            )
        if step.charge == "forward.packet_ps" or step.charge.endswith(".nic_ps"):
            found += _map(mapping, step, "map the packet")
        if step.charge == "send.packet_ps" and not any(known.name == "map the packet" for known in found):
            found += _map(mapping, step, "map the packet")
        if step.charge.endswith(".reap_ps"):
            found += _unmap(mapping, step, "unmap a sent packet", f"{part}.spin_reap_ps")
    return tuple(found)


def _map(mapping: Mapping, step: Step, name: str) -> list[Step]:
    rows = [replace(step, name=name, costs=mapping.map, source=_API)]
    if mapping.map_turn:
        charge = f"{step.charge.partition('.')[0]}.spin_packet_ps"
        rows.append(replace(step, name=f"{name}: exit", costs=mapping.map_turn, charge=charge, source=mapping.source))
    return rows


def _unmap(mapping: Mapping, step: Step, name: str, turn: str = "") -> list[Step]:
    rows = [replace(step, name=name, costs=mapping.unmap, source=_API)]
    charge = turn or f"{step.charge.partition('.')[0]}.spin_packet_ps"
    asked = replace(
        step, name="turn in the queue of invalidations", costs=mapping.unmap_turn, charge=charge, source=mapping.source
    )
    if mapping.together > 1:
        # spread over those that it is for, as `hold_ps` does
        charge, when = charge.replace(".spin", ".spin_flush"), f"per {mapping.together} unmapped packets"
        asked = replace(asked, charge=charge, when=when, once=False)
    return [*rows, asked]


def hold_ps(machine: Machine, table: tuple[Step, ...], mapping: Mapping | None, charge: str) -> int:
    """How long the lock is held for one packet: at once, and its share of what is once for many."""
    if mapping is None:
        return 0
    model, shared = machine.host.model, charge.replace(".spin", ".spin_flush")
    return total(model, table, charge) + total(model, table, shared) // mapping.together
