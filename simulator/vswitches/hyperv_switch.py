"""Hyper-V's extensible switch in the root partition: a table of addresses, and extensions that every frame passes one after the other.

1. Whoever brings the frame looks it up; `switch: {extensions: n}` says how many extensions (capture, filter, forward) it passes.

*Scope*: extensions cost a time and drop nothing. Frames of virtual functions by-pass switch and extensions, and their policies with them.
*Validation*: tests/phenomena/test_polled_switch.py; no time of the switch or of an extension is published.
"""

from __future__ import annotations

from simulator.vswitches.model import Carrier

CARRIER = Carrier(
    "hyperv-switch",
    "Hyper-V's extensible switch",
    "kernel",
    kernel_costs=("s_vmswitch",),
    extension_costs=("s_vmswitch_ext",),
)
