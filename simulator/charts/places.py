"""Places where packets are dropped, in words: ``vm1.q0.rx`` is "vm1: receive ring 0".

1. The last word of a place is its kind, a ``q0`` before it the number of a queue, what is before that the owner.
2. With more places than can be told apart, first the numbers are left out ("vm: receive ring"), then the owners ("receive
   rings").

*Scope*: names that the parts give; an unknown kind keeps its own. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_PLACES = 8
KINDS = {
    "rx": "receive ring", "tx": "transmit ring", "socket": "socket buffer", "send": "send queue", "tap": "tap queue",
    "parser": "parser", "buffer": "packet buffer", "prefetch": "prefetch buffer", "ingress": "switch, inbound", "egress": "switch, outbound",
    "from_wire": "from the wire", "from_guest": "from the guests", "forward": "forwarding table", "by_flow": "queue choice",
}  # fmt: skip
OWNERS = {"port": "NIC", "bridge": "bridge"}


def places(points: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Place -> the name it is drawn under."""
    found = dict.fromkeys(place for point in points for place in point["drops"])
    ways = (place_name, lambda place: place_name(re.sub(r"\d+", "", place)), _kind)
    for way in ways:
        names = {place: way(place) for place in found}
        if len(set(names.values())) <= MOST_PLACES:
            break
    return names


def place_name(place: str) -> str:
    """The owner of a place, what it is, and the number of its queue."""
    *owner, kind = place.split(".")
    queue = ""
    if owner and re.fullmatch(r"q\d*", owner[-1]):
        queue = f" {owner.pop()[1:]}".rstrip()
    name = ".".join(owner)
    return f"{OWNERS.get(name, name)}: {KINDS.get(kind, kind)}{queue}" if name else f"sender {kind}"


def _kind(place: str) -> str:
    owner, _, kind = place.rpartition(".")
    return f"{KINDS.get(kind, 'others')} (all)" if owner else "senders (all)"
