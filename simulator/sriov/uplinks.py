"""The monitor of a bond: which of its two adapters are used, and when that changes.

1. It looks at the links at multiples of ``miimon`` from the beginning of the window.
2. ``active-backup`` changes over only if the link in use is gone and the other is there, and does not go back by itself. The other
   modes use what has a link.
3. The change is one of the tables of the host's switch and of the switch outside, at the instant of the look.

*Scope*: without a preferred adapter and without delays for links that come up (Linux's defaults). That the switch outside has learnt the
new place takes no time: it is a frame's way. *Validation*: tests/phenomena/test_network.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.parts import bonds, network
from simulator.plan.model import Event, Plan
from simulator.scenario.host import Bond
from simulator.vswitches import linux_bridge


def choices(bond: Bond, links: Iterable[tuple[int, int, bool]]) -> Iterator[tuple[int, int]]:
    """(when, which adapters: first, second or both) at each change; `links` are (when, number of the adapter, whether it has a link)."""
    up, used = [True, True], bonds.FIRST if bond.mode == "active-backup" else bonds.BOTH
    changes = sorted(links, key=lambda change: change[0])
    looks = sorted({-(-at_ps // bond.miimon_ps) * bond.miimon_ps for at_ps, _, _ in changes})
    for look_ps in looks:
        while changes and changes[0][0] <= look_ps:
            _, number, state = changes.pop(0)
            up[number] = state
        chosen = _chosen(bond.mode, up, used)
        if chosen != used:
            used = chosen
            yield look_ps, used


def _chosen(mode: str, up: list[bool], used: int) -> int:
    if not any(up):
        return used
    if mode != "active-backup" and all(up):
        return bonds.BOTH
    return used if used != bonds.BOTH and up[used] and mode == "active-backup" else up.index(True)


def changed(plan: Plan, when_ps: int, adapter: str, outside: int, up: int) -> Iterator[Event]:
    """The entries of all tables that lead over a bond, towards the adapters `up`: in the host's tables, which are named after the first
    `adapter`, and in those of the switch outside, where its ports begin at `outside`."""
    for index, switch in enumerate(plan.switches):
        if switch.name.endswith(network.TABLES):
            first = outside
        elif switch.name.startswith(f"{adapter}.{linux_bridge.FROM_GUEST}"):
            first = 0
        else:
            continue
        for entry, port in enumerate(switch.table):
            if 0 <= port - first < len(bonds.PORTS):
                yield Event(when_ps, "entry", index, entry, first + bonds.moved(port - first, up))
