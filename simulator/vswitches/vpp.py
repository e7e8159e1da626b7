"""VPP: frames of up to 256 packets go through a graph of nodes, each of which works on all of them.

1. A frame costs the nodes' fixed part once, so that a packet is cheaper the more come together.

*Scope*: the graph is one sum; interrupt mode of input nodes is left out, threads poll.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from simulator.parts.settings import PolledSwitch
from simulator.vswitches.model import Carrier

VECTOR = 256
CARRIER = Carrier(
    "vpp", "VPP", "user", polled=PolledSwitch(frame=VECTOR, frame_costs=("s_vpp_frame",), packet_costs=("s_vpp_pk",))
)
