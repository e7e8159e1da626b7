"""macvtap: vhost-net whose frames pass a table of addresses on the host's device instead of a bridge.

1. Receive: in the host's softirq a hash of the address finds the guest's queue; the vhost thread reads it as it reads a tap.
2. Transmit: the vhost thread hands its batch to the device below, or, in mode bridge, into a sibling's queue.
3. Mode vepa sends frames for siblings to the wire too, and the switch outside sends them back; private lets no sibling be reached;
   passthru gives the guest an adapter for itself.

*Scope*: passthru costs the same look-up. The host does not reach its guests. The queue holds 500
frames, a tap's 1,000. No cost of the look-up was published (`s_macvlan` is assumed).
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from simulator.datapaths import paravirtual, vhost_net
from simulator.datapaths.model import Datapath

QUEUE_PACKETS = 500
"""Linux drivers/net/macvtap.c: tx_queue_len."""
_CARRIED = replace(vhost_net.BACKEND, carrier="s_macvlan", tap_packets=QUEUE_PACKETS)
BACKEND = replace(_CARRIED, send=replace(_CARRIED.send, steps=paravirtual.carried(_CARRIED, _CARRIED.send.steps)))

DATAPATH = Datapath(
    "macvtap",
    "virtio, vhost-net over macvtap",
    paravirtual.MODES,
    partial(paravirtual.steps, BACKEND),
    partial(paravirtual.build, BACKEND),
    switch="linux-bridge",
    virtqueues=True,
)
