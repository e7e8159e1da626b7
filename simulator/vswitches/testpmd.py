"""testpmd as a switch: bursts of 32, forwarding without a table; the yardstick for the other polling switches.

*Scope*: real testpmd joins ports in pairs; here it finds the port by the address for nothing.
*Validation*: tests/golden/test_vhost_user.py.
"""

from __future__ import annotations

from simulator.parts.settings import PolledSwitch
from simulator.vswitches.model import Carrier

CARRIER = Carrier("testpmd", "DPDK testpmd", "user", polled=PolledSwitch(frame=32))
