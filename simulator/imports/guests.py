"""The ``guests:`` of the scenario: one group for each guest that was read.

1. The interface that is simulated is the first of the fastest kind; the others become comments.
2. Names are cut to what the grammar allows and made unique.
3. vCPUs that may run on several cores get them in turn; guests that share a set begin where the last one ended, so
   that they do not all crowd on its first cores.

*Scope*: lines with comments; which guests there are is decided in ``combine.py``.
*Validation*: ``tests/imports/test_domain.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from simulator import costs, units
from simulator.imports.adapter import Chosen
from simulator.imports.adapters import GUEST_DRIVERS
from simulator.imports.facts import GuestFacts, Interface, Tuning
from simulator.imports.lines import Line, quoted
from simulator.imports.ways import missing, modelled_datapath, sentence
from simulator.scenario import names

_FASTEST = (
    "sriov-vf",
    "direct-assignment",
    "vdpa",
    "sub-function",
    "mediated-device",
    "vhost-user",
    "vhost-net",
    "macvtap",
)
_VIRTQUEUES = ("vhost-net", "macvtap", "virtio-qemu", "vhost-user", "vdpa")
_LARGEST_RING = 65_536
_SMALLEST_MTU, _LARGEST_MTU = 68, 9_216
_LONGEST_NAME = 60
MOST_NICS = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """What all guests have in common."""

    chosen: Chosen
    tunings: tuple[Tuning, ...]
    nearest: bool
    taken: dict[tuple[int, ...], int]
    """How many vCPUs have been dealt over each set of cores so far."""

    def channels(self) -> Tuning | None:
        """Return what ethtool says of an interface that may be the guest's: neither the adapter's own nor virtio."""
        facts = self.chosen.facts
        own = {facts.address, facts.interface} - {None} if facts is not None else set()
        may_be = (t for t in self.tunings if t.driver not in GUEST_DRIVERS and not own & {t.address, t.interface})
        return next((t for t in may_be if t.channels), None)

    def most_vfs(self) -> int:
        """Return how many virtual functions the adapter has."""
        return costs.nic(self.chosen.model).value("max_vfs")

    def vf_queues(self) -> int:
        """Return how many queue pairs a virtual function of the adapter has."""
        return costs.nic(self.chosen.model).value("vf_queues")


@dataclass(frozen=True, slots=True)
class Named:
    """The names given so far."""

    used: dict[str, int]

    def give(self, name: str) -> str:
        """Return ``name`` as the grammar allows it, with a number where it is taken."""
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name, flags=re.ASCII)[:_LONGEST_NAME].strip("-_") or "vm"
        given, count = plain, self.used.get(plain, 0)
        while given in self.used:
            count += 1
            given = f"{plain[: _LONGEST_NAME - 6]}-{count + 1}"
        self.used[given] = 0
        self.used[plain] = count
        return given


def simulated(guest: GuestFacts) -> Interface:
    """Return the interface that is simulated: the first of the fastest kind."""
    order = {name: rank for rank, name in enumerate(_FASTEST)}
    return min(guest.interfaces, key=lambda interface: order.get(interface.datapath, len(order)))


def guest_lines(guest: GuestFacts, named: Named, frame: Frame) -> tuple[list[Line], bool]:
    """Return the lines of a guest, and whether it is simulated (or only commented out)."""
    interface = simulated(guest)
    lacks = missing(interface)
    out = bool(lacks) and not frame.nearest
    lines = [Line("", f"guest {guest.name}: {sentence(name)}", 1) for name in lacks]
    if lacks:
        what = (
            "commented out: take the marks away, or import with --nearest, to let it stand in"
            if out
            else "it stands in here"
        )
        lines.append(Line("", f"guessed: {what}", 1))
    keys = list(_keys(guest, interface, named.give(guest.name), frame))
    for index, (text, comment) in enumerate(keys):
        lines.append(Line(f"- {text}", comment, 1, out) if index == 0 else Line(text, comment, 2, out))
    remarks = [*guest.remarks, *interface.remarks, *_others(guest, interface, modelled_datapath(interface))]
    lines += [Line("", f"{guest.name}: {remark}", 2) for remark in remarks]
    return lines, not out


def _keys(guest: GuestFacts, interface: Interface, name: str, frame: Frame) -> Iterator[tuple[str, str]]:
    renamed = "" if name == guest.name else f"; it is called {guest.name} there"
    yield f"name: {quoted(name)}", f"{guest.place}{renamed}"
    if guest.count:
        most = frame.most_vfs()
        fewer = f"; guessed: {most}, since {frame.chosen.model} has no more" if guest.count > most else ""
        yield f"count: {min(guest.count, most)}", f"guessed: {guest.guesses[0]}{fewer}"
    datapath = modelled_datapath(interface)
    yield f"datapath: {datapath}", _because(interface, guest)
    if interface.polled and datapath == "sriov-vf":
        yield "interrupts: poll", f"guessed: {interface.place} gives it to a user-space driver, which polls"
    elif datapath == "sriov-vf":
        yield "interrupts: automatic", "guessed: the best that the host model has"
    vcpus = guest.vcpus or 1
    yield (
        f"vcpus: {vcpus}",
        guest.vcpus_place or guest.place if guest.vcpus else "guessed: the files do not say how many",
    )
    if interface.macvtap not in (None, "bridge") and datapath == "macvtap":
        yield f"macvtap: {interface.macvtap}", f"{interface.place}, mode"
    yield from _queues(interface, datapath, vcpus, frame)
    same = sum(other.datapath == interface.datapath for other in guest.interfaces)
    if datapath in names.EMULATED and same > 1:
        yield f"nics: {min(same, MOST_NICS)}", f"{same} such interfaces"
    yield from _sizes(interface, datapath)
    yield from _placement(guest, frame)


def _because(interface: Interface, guest: GuestFacts) -> str:
    guesses = (*interface.guesses, *(guest.guesses if not guest.count else ()))
    return f"{interface.place}: {interface.what}" + "".join(f"; guessed: {guess}" for guess in guesses)


def _queues(interface: Interface, datapath: str, vcpus: int, frame: Frame) -> Iterator[tuple[str, str]]:
    if datapath.startswith("emulated-"):
        return
    most = min(vcpus, frame.vf_queues()) if datapath == "sriov-vf" else vcpus
    if interface.queues is not None:
        fewer = f"; {interface.queues} there, but {datapath} has at most {most} here" if interface.queues > most else ""
        yield f"queues: {min(interface.queues, most)}", f"{interface.place}{fewer}"
        return
    told = frame.channels()
    if datapath == "sriov-vf" and told is not None and told.channels is not None:
        yield (
            f"queues: {min(told.channels, most)}",
            f"guessed: ethtool -l of {told.interface} ({told.place}) is the guest's",
        )
    elif datapath == "sriov-vf" and most > 1:
        yield f"queues: {most}", "guessed: the driver takes one for each vCPU, as many as the function has"
    elif vcpus > 1:
        yield "queues: 1", f"{interface.place}: no number of queues is given, and one is the default"


def _sizes(interface: Interface, datapath: str) -> Iterator[tuple[str, str]]:
    if datapath in _VIRTQUEUES:
        for key, size in (("rx_ring", interface.rx_ring), ("tx_ring", interface.tx_ring)):
            if size is not None:
                yield f"{key}: {min(size, _LARGEST_RING)}", interface.place
    if interface.vlan:
        yield f"vlan: {interface.vlan}", interface.place
    if interface.mtu_bytes is not None and _SMALLEST_MTU <= interface.mtu_bytes <= _LARGEST_MTU:
        yield f"mtu: {interface.mtu_bytes} B", interface.place
    if interface.max_rate_bps is not None and datapath == "sriov-vf":
        yield f"max_rate: {units.exact(interface.max_rate_bps, units.BIT_RATE)}", interface.place
    if interface.offloads_off:
        yield f"offloads: {{{', '.join(f'{key}: off' for key in interface.offloads_off)}}}", interface.place


def _placement(guest: GuestFacts, frame: Frame) -> Iterator[tuple[str, str]]:
    if not guest.pins:
        yield "placement: pinned", "guessed: a core for each vCPU, since none is pinned"
        return
    sets = [set(pin) for pin in guest.pins if pin]
    cores = list(dict.fromkeys(core for pin in guest.pins for core in pin))
    exact = len(sets) == len(guest.pins) and all(len(pin) == 1 for pin in sets) and len(cores) == len(sets)
    if exact:
        yield f"placement: {{cores: {cores}}}", guest.pins_place
        return
    key = tuple(sorted(cores))
    first = frame.taken.get(key, 0)
    frame.taken[key] = first + len(guest.pins)
    turned = cores[first % len(cores) :] + cores[: first % len(cores)]
    yield (
        f"placement: {{cores: {turned}}}",
        f"guessed: {guest.pins_place}: vCPUs may move among these; here each stays on one, in turn",
    )


def _others(guest: GuestFacts, interface: Interface, datapath: str) -> Iterator[str]:
    if interface.max_rate_bps is not None and datapath != "sriov-vf":
        yield f"outbound bandwidth {units.exact(interface.max_rate_bps, units.BIT_RATE)}: only a virtual function has a max_rate"
    for other in guest.interfaces:
        if other is interface or (datapath in names.EMULATED and other.datapath == interface.datapath):
            continue
        lacks = "".join(f"; {sentence(name)}" for name in missing(other))
        yield f"{other.place}: {other.what} left out ({other.datapath}): a guest has one interface{lacks}"
