"""Open vSwitch with DPDK: bursts of 32, an exact-match cache of 8,192 flows in front of the megaflow classifier.

1. Up to 8,192 flows hit the cache. Of more flows, drawn evenly, the cache holds 8,192, and the others pay the classifier too.

*Scope*: caches are full and stay so: insertion (one in a hundred), probes that collide, upcalls and revalidation are left out.
Signature match cache off, as by default.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.parts.settings import PolledSwitch
from simulator.vswitches.model import Carrier

BURST = 32
CACHED_FLOWS = 8_192
"""lib/dpif-netdev-dfc.h, EM_FLOW_HASH_ENTRIES."""


def with_flows(switch: PolledSwitch, flows: int) -> PolledSwitch:
    """Beyond the cache each packet draws whether it hits."""
    if flows <= CACHED_FLOWS:
        return switch
    return replace(switch, lookups=(((), CACHED_FLOWS), (("s_dpcls",), flows - CACHED_FLOWS)))


CARRIER = Carrier(
    "ovs-dpdk", "Open vSwitch with DPDK", "user", polled=PolledSwitch(frame=BURST, packet_costs=("s_emc",)),
    with_flows=with_flows,
)  # fmt: skip
