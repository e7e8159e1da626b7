"""A function's address on the bus is a 16-bit number, and the addresses of VFs are a sum: offset once, stride each time.

1. ``routing_id`` = PF + First VF Offset + k x VF Stride; sums carry into the bus number.
2. ``text`` writes it as Linux does: domain, bus, device, function. With ARI the lower eight bits are one function
   number, and Linux still writes them as device and function.
3. ``last_bus`` is the highest bus that any legal number of VFs needs.

*Scope*: one domain (segment). *Validation*: ``tests/sriov/test_devices.py`` against recorded addresses of six devices.
"""

from __future__ import annotations

ROUTING_IDS = 1 << 16


def routing_id(pf: int, first_vf_offset: int, vf_stride: int, index: int) -> int:
    """Return the routing id of VF ``index``, counted from 0."""
    return (pf + first_vf_offset + index * vf_stride) % ROUTING_IDS


def bus_of(rid: int) -> int:
    """Return the bus number in a routing id."""
    return rid >> 8


def last_bus(pf: int, first_vf_offset: int, vf_stride: int, vfs: int) -> int:
    """Return the bus of the last of ``vfs`` VFs, without wrapping round: one beyond 255 does not exist."""
    return pf + first_vf_offset + (vfs - 1) * vf_stride >> 8 if vfs else bus_of(pf)


def make(bus: int, device: int = 0, function: int = 0) -> int:
    """Return the routing id of bus:device.function."""
    return bus << 8 | device << 3 | function


def short(rid: int) -> str:
    """Return ``01:10.2``."""
    return f"{bus_of(rid):02x}:{rid >> 3 & 0x1F:02x}.{rid & 7}"


def text(rid: int) -> str:
    """Return ``0000:01:10.2``, the name of the function in Linux."""
    return f"0000:{rid >> 8:02x}:{rid >> 3 & 0x1F:02x}.{rid & 7}"
