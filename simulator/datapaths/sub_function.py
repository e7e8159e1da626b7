"""A sub-function (scalable IOV): queues of the physical function that are lent to a guest, without a function of their own on the bus.

1. The way of data is a virtual function's: own queues, own window of doorbells, the embedded switch.
2. Its vectors are the parent's, shared with its siblings: the host passes interrupts on, and cannot post them to one guest.

*Scope*: one at a time is created in software, which is not simulated. A vector that is shared is not woken for others here. Their
number is not limited by `max_vfs`.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths import sriov_vf
from simulator.datapaths.model import Datapath

MODES = ("legacy", "apicv", "poll")

DATAPATH = Datapath(
    "sub-function",
    "sub-function of the adapter",
    MODES,
    sriov_vf.steps,
    partial(sriov_vf.build, modes=MODES),
    switch="embedded",
)
