"""A forwarding table: from VLAN and destination to a port, from the flow to one of the port's queues.

*Scope*: known destinations and a default port. *Validation*: conformance vectors of lookups.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import inlined
from simulator.engines.compiled.kernel.clock.packets import P_DST, P_FLOW, P_VLAN

# switch
Y_MACS, Y_TABLE, Y_PORTS, Y_DEFAULT, Y_PLACE, Y_C_DROPPED = range(6)
SWITCH = 6


@inlined
def lookup(m, y, p):
    """Index of the output for p, or -1 if switch y knows none."""
    port = m[m[y + Y_TABLE] + m[p + P_VLAN] * m[y + Y_MACS] + m[p + P_DST]]
    if port < 0:
        port = m[y + Y_DEFAULT]
    if port < 0:
        return -1
    at = m[y + Y_PORTS] + 2 * port
    if m[p + P_FLOW] < 0:
        return m[at]  # not hashed
    hashed = ((m[p + P_FLOW] * 2654435761) & 0xFFFFFFFF) >> 16
    return m[at] + ((hashed * m[at + 1]) >> 16)
