"""What limits how fast a hardware engine may take packets: token buckets in integers (GCRA).

*Scope*: a bucket in bytes, one in packets, or both; several inputs may share a shaper. *Validation*: conformance vectors of shapers.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.clock.packets import P_LEN
from simulator.engines.compiled.kernel.clock.world import H_NOW

# shaper: a bucket has a burst, in time, and the theoretical arrival time of the next packet
C_RATE, C_OVERHEAD, C_BURST, C_TAT, C_PACKET_PS, C_PACKET_BURST, C_PACKET_TAT, C_C_PACKETS, C_C_BYTES = range(9)
SHAPER = 9


@inlined
def opens(m, c):
    """From when on a packet conforms to shaper c."""
    due = -(1 << 62)
    if m[c + C_RATE] != 0:
        due = m[c + C_TAT] - m[c + C_BURST]
    if m[c + C_PACKET_PS] != 0:
        due = max(due, m[c + C_PACKET_TAT] - m[c + C_PACKET_BURST])
    return due


@helper
def shaper_charge(m, c, p):
    now = m[H_NOW]
    size = m[p + P_LEN] + m[c + C_OVERHEAD]
    if m[c + C_RATE] != 0:
        m[c + C_TAT] = max(now, m[c + C_TAT]) + size * 8 * 1_000_000_000_000 // m[c + C_RATE]
    if m[c + C_PACKET_PS] != 0:
        m[c + C_PACKET_TAT] = max(now, m[c + C_PACKET_TAT]) + m[c + C_PACKET_PS]
    m[c + C_C_PACKETS] += 1
    m[c + C_C_BYTES] += size
