"""How long the steps of the control plane take, each with who says so.

*Scope*: waits and starts, not data-plane costs. *Validation*: ``tests/sriov/test_life.py`` (reconfiguring 8 VFs into 16
takes what these numbers add up to).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.citation import Status
from simulator.sriov.outcome import PS_PER_MS


@dataclass(frozen=True, slots=True)
class Duration:
    """A time with its origin."""

    ps: int
    status: Status
    source: str


LINUX_IOV = "Linux, drivers/pci/iov.c"
SETTLE = Duration(100 * PS_PER_MS, "cited", f"{LINUX_IOV}: 100 ms between VF Enable and the first access to a VF")
DISABLE = Duration(1000 * PS_PER_MS, "cited", f"{LINUX_IOV}: 1 s after VF Enable was cleared")
FLR = Duration(100 * PS_PER_MS, "cited", "Linux, drivers/pci/pci.c: 100 ms after a function-level reset")
MAIL = Duration(
    1 * PS_PER_MS, "derived", "iavf looks for the answer every 1 ms, ixgbevf every 0.5 ms, up to 1 s and more"
)
UNPLUG_ACPI = Duration(50 * PS_PER_MS, "assumed", "from 10 to 100 ms by recollection, the middle taken")
UNPLUG_NATIVE = Duration(5000 * PS_PER_MS, "assumed", "5 s in which the button blinks, by recollection")
FILTER = Duration(
    5 * PS_PER_MS,
    "assumed",
    "from 1 to 10 ms by recollection, the middle taken: filter of the PF, forwarding entry of the host",
)
TAKEOVER = Duration(
    100 * PS_PER_MS,
    "cited",
    "Linux, drivers/net/hyperv/netvsc_drv.c: VF_TAKEOVER_INT = HZ / 10, from the VF's start until the switch message",
)
MAP_PER_GIB = Duration(
    400 * PS_PER_MS, "derived", "a guest of 128 GiB took most of a minute at a switchover (mail, 2025)"
)

VF_START = {
    "igbvf": Duration(20 * PS_PER_MS, "derived", "about 11 ms and message round trips (DPDK, e1000_vf.c)"),
    "ixgbevf": Duration(62 * PS_PER_MS, "cited", "DPDK, ixgbe_vf.c: stop, reset, waits"),
    "iavf": Duration(10 * PS_PER_MS, "derived", "8 to 12 messages of 1 ms"),
}
VF_START_OTHER = Duration(20 * PS_PER_MS, "assumed", "as igbvf")


def vf_start_ps(driver: str) -> int:
    """Return how long a VF driver needs to start."""
    return VF_START.get(driver, VF_START_OTHER).ps
