"""VMDq (VT-c): the adapter sorts frames by guest into queue pairs of their own, and vhost-net copies them; no function is given away.

1. Receive: the adapter finds the guest's queue by address and VLAN; each queue has its vector and a core of the host. In its softirq the
   host's driver puts frames into the guest's tap queue, without looking anything up; the vhost thread copies them.
2. Transmit: the vhost thread hands its batch to the driver, which posts it on the guest's own ring. The adapter takes the rings in turn, and
   sends back in what is for another guest of it.

It stands between vhost-net and a virtual function: the bridge and its lock on one core are saved; the copy, the thread, kicks and
injected interrupts stay.

*Scope*: as vhost-net. Each queue has a core of its own unless `host.irq_cores` says otherwise. The adapter's number of pools (64 of an
82599) is not checked, and guest pages posted into the queue itself (zero copy) are not modelled. All costs are those of vhost-net,
without `s_bridge`. *Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths import paravirtual, vhost_net
from simulator.datapaths.model import Datapath

LOOKED_UP = ("s_bridge", "h_tap_enq")
_SEND = vhost_net.BACKEND.send
_STEPS = tuple(step for step in _SEND.steps if not (step.costs and set(step.costs) <= set(LOOKED_UP)))
BACKEND = replace(vhost_net.BACKEND, sorts=True, send=replace(_SEND, steps=_STEPS))

DATAPATH = Datapath(
    "vmdq",
    "virtio, vhost-net on queues of the adapter (VMDq)",
    paravirtual.MODES,
    partial(paravirtual.steps, BACKEND),
    partial(paravirtual.build, BACKEND),
    switch="linux-bridge",
    virtqueues=True,
)
