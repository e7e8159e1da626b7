"""A process of the host itself behind its own bridge: the host as an end of traffic, to guests and to the wire.

1. A frame for the host's address leaves the bridge upwards, through the host's stack, into the socket of the process.
2. What it sends passes the host's stack and the bridge into a guest's tap queue, or into the host's driver.

*Scope*: as of a container, without the pair. Frames from guests and from the wire alike come in through the backlog of the core; a real
bridge hands them up in the context that brought them. The process is not held back by a full tap queue: what is full drops.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from functools import partial

from simulator.datapaths import container
from simulator.datapaths.model import Datapath

DATAPATH = Datapath(
    "host",
    "process of the host behind its own bridge",
    ("native",),
    partial(container.steps, ("s_bridge",), ()),
    partial(container.build, ("s_bridge",), ()),
    switch="linux-bridge",
    on_host=True,
)
