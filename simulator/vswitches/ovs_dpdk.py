"""Open vSwitch with DPDK: bursts of 32, an exact-match cache of 8,192 flows in front of the megaflow classifier.

1. Up to 8,192 flows hit the cache. Of more flows, drawn evenly, the cache holds 8,192, and the others pay the classifier too.
2. With `switch: {smc: on}` a cache of 1,048,576 signatures stands in between, and only what it does not hold pays the classifier.
3. The first packet of a flow (traffic's `new_flows`) stalls the thread for an upcall. So does every packet whose flow needs an entry
   (`switch: {megaflows: ...}`) beyond the limit of 200,000, which is not installed.
4. Before release 2.9 (`switch: {output_batching: off}`) a burst's packets leave flow by flow, each with a doorbell.

*Scope*: caches are full and stay so: insertion (one in a hundred), probes that collide and revalidation are left out. Each packet draws
what it meets.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.parts.settings import PolledSwitch
from simulator.vswitches.model import Carrier, Flows

BURST = 32
CACHED_FLOWS = 8_192
"""lib/dpif-netdev-dfc.h, EM_FLOW_HASH_ENTRIES."""
CACHED_SIGNATURES = 1_048_576
"""lib/dpif-netdev-dfc.h, SMC_ENTRIES."""
FLOW_LIMIT = 200_000
"""vswitchd/vswitch.xml, other_config:flow-limit; what is above is handled, but not installed (ofproto-dpif-upcall.c)."""
_WHOLE_PPM = 1_000_000


def with_flows(switch: PolledSwitch, flows: Flows) -> PolledSwitch:
    """Beyond a cache each packet draws whether it hits; some begin a flow, or belong to one that is not installed."""
    hit = min(flows.count, CACHED_FLOWS)
    signed = min(flows.count, CACHED_SIGNATURES) - hit if flows.signatures else 0
    found = {(): hit, ("s_smc",): signed, ("s_dpcls",): flows.count - hit - signed}
    shares = {costs: count for costs, count in found.items() if count}
    known = (_WHOLE_PPM - flows.new_ppm) * min(flows.entries, FLOW_LIMIT) // flows.entries
    if known < _WHOLE_PPM:
        shares = {costs: count * known for costs, count in shares.items()}
        shares[("s_dpcls", "s_upcall_dp")] = flows.count * (_WHOLE_PPM - known)
    apart = 0 if flows.batched else min(flows.count, BURST)
    return replace(switch, lookups=tuple(shares.items()) if len(shares) > 1 else (), sends_per_frame=apart)


CARRIER = Carrier(
    "ovs-dpdk", "Open vSwitch with DPDK", "user", polled=PolledSwitch(frame=BURST, packet_costs=("s_emc",)),
    with_flows=with_flows,
)  # fmt: skip
