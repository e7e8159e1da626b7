"""The ``nic:`` of the scenario: which of the adapters that were read it is, and what of it the grammar can say.

1. Virtual functions among the adapters are set aside. The adapter that was asked for is taken, else the one whose
   virtual functions the guests have, else the one that has most of them, else the fastest that the catalogue knows.
2. Model, rate and slot come from the adapter; rings and moderation from ethtool.
3. The other adapters become comments.

*Scope*: one adapter, as the grammar has one.
*Validation*: ``tests/imports/test_lspci.py``, ``tests/imports/test_ethtool.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator import units
from simulator.costs.pcie import usable_rate_bps
from simulator.errors import InputError, unknown
from simulator.imports.adapters import DEFAULT, GUEST_DRIVERS, Part, model_of, part_of, rate_in
from simulator.imports.facts import AdapterFacts, Facts, Interface, Tuning
from simulator.imports.lines import Line, word

_MELLANOX = ("mlx4_en", "mlx5_core")
LARGEST_RING = 65_536
MOST_FRAMES = 65_535


@dataclass(frozen=True, slots=True)
class Chosen:
    """The adapter of the scenario."""

    facts: AdapterFacts | None
    part: Part | None
    model: str
    rate_bps: int | None
    others: tuple[AdapterFacts, ...] = ()
    virtual: tuple[AdapterFacts, ...] = ()


def choose(found: Facts, interfaces: list[Interface], wanted: str | None) -> Chosen:
    """Return the adapter of the scenario; ``InputError`` for a wanted address that is not among those read."""
    merged = _merged(found.adapters)
    physical = [adapter for adapter in merged if not adapter.virtual]
    virtual = tuple(adapter for adapter in merged if adapter.virtual)
    if wanted is not None:
        known = [adapter.address for adapter in physical if adapter.address]
        address = wanted.lower() if wanted.count(":") > 1 else f"0000:{wanted.lower()}"
        if address not in known:
            raise unknown("--adapter", "adapter of these files", wanted, known)
        physical.sort(key=lambda adapter: adapter.address != address)
    else:
        used = {interface.address for interface in interfaces if interface.address}
        physical.sort(key=lambda adapter: _rank(adapter, used), reverse=True)
    if not physical:
        return _from_function(found, interfaces, virtual)
    first = physical[0]
    part = _part(first)
    rate = first.rate_bps or _tuned_rate(found.tunings) or rate_in(first.name) or (part.rate_bps if part else None)
    return Chosen(first, part, model_of(part, rate), rate, tuple(physical[1:]), virtual)


def _part(adapter: AdapterFacts) -> Part | None:
    return part_of(adapter.vendor, adapter.device, adapter.name, adapter.driver)


def _from_function(found: Facts, interfaces: list[Interface], virtual: tuple[AdapterFacts, ...]) -> Chosen:
    """Return what a virtual function, or the driver of an interface, tells of an adapter that was not read itself."""
    ids = next((interface.vendor_device for interface in interfaces if interface.vendor_device), None)
    vendor, device = ids or (None, None)
    driver = next((tuning.driver for tuning in found.tunings if tuning.driver), None)
    part = _part(virtual[0]) if virtual else part_of(vendor, device, "", driver)
    rate = _tuned_rate(found.tunings) or (part.rate_bps if part else None)
    return Chosen(None, part, model_of(part, rate), rate, (), virtual)


def _tuned_rate(tunings: tuple[Tuning, ...]) -> int | None:
    return next((tuning.rate_bps for tuning in tunings if tuning.rate_bps), None)


def _merged(adapters: tuple[AdapterFacts, ...]) -> list[AdapterFacts]:
    """Return the adapters, of each address one: what a later file says of it goes before, gaps are filled."""
    found: dict[str, AdapterFacts] = {}
    for index, adapter in enumerate(adapters):
        key = adapter.address or f"#{index}"
        before = found.get(key)
        if before is not None:
            filled = {
                name: getattr(before, name)
                for name in AdapterFacts.__dataclass_fields__
                if not getattr(adapter, name) and name != "remarks"
            }
            adapter = replace(adapter, **filled, remarks=tuple(dict.fromkeys(before.remarks + adapter.remarks)))
        found[key] = adapter
    return list(found.values())


def _rank(adapter: AdapterFacts, used: set[str]) -> tuple[int, int, bool, int]:
    part = _part(adapter)
    rate = adapter.rate_bps or rate_in(adapter.name) or (part.rate_bps if part else 0) or 0
    return len(used & set(adapter.vf_addresses)), adapter.vfs or 0, part is not None and not part.alias, rate


def nic_lines(chosen: Chosen, tunings: tuple[Tuning, ...]) -> Iterator[Line]:
    """Yield the lines of ``nic:``."""
    yield Line("nic:")
    yield Line(f"model: {word(chosen.model)}", _model_comment(chosen), 1)
    facts = chosen.facts
    if chosen.rate_bps:
        stated = facts is not None and facts.rate_bps == chosen.rate_bps
        tuned = next((tuning.place for tuning in tunings if tuning.rate_bps == chosen.rate_bps), None)
        source = facts.place if facts is not None and stated else tuned
        yield Line(
            f"rate: {units.exact(chosen.rate_bps, units.BIT_RATE)}", source or "guessed: by the name of the part", 1
        )
    if facts is not None:
        yield from _slot(facts)
        for remark in facts.remarks:
            yield Line("", f"{facts.place}: {remark}", 1)
        if facts.total_vfs is not None:
            yield Line("", f"{facts.place}: {facts.vfs or 0} of at most {facts.total_vfs} virtual functions exist", 1)
    yield from _tuned(chosen, tunings)
    for other in chosen.others:
        yield Line("", f"left out, one adapter is modelled: {_title(other)} ({other.place})", 1)
    if chosen.virtual:
        first = chosen.virtual[0].place
        yield Line("", f"virtual functions in the files: {len(chosen.virtual)}, the first at {first}", 1)


def _title(adapter: AdapterFacts) -> str:
    part = _part(adapter)
    ids = f"[{adapter.vendor}:{adapter.device}]" if adapter.vendor and adapter.device else ""
    name = adapter.name or (part.title if part else "")
    return " ".join(piece for piece in (adapter.address, adapter.interface, name, ids) if piece) or "an adapter"


def _model_comment(chosen: Chosen) -> str:
    facts, part = chosen.facts, chosen.part
    if facts is None and part is None:
        return "guessed: the files name no adapter"
    title = _title(facts) if facts is not None else part.title if part else ""
    place = f"{facts.place}: " if facts is not None else "guessed from a virtual function or a driver: "
    if facts is not None and part is None and not (facts.name or facts.vendor):
        return f"guessed: {facts.place} does not say what {title} is"
    if part is None:
        return (
            f"{place}{title} is unknown here; guessed: {chosen.model} stands in, so its costs and limits are that one's"
        )
    if part.alias:
        return f"{place}{title} is not modelled; guessed: the nearest in rate, {chosen.model}, so limits and costs are that one's"
    if chosen.model == DEFAULT and part.virtual and facts is None:
        return f"{place}{title}; guessed: {chosen.model}"
    return f"{place}{title}"


def _slot(facts: AdapterFacts) -> Iterator[Line]:
    sizes = (("mps", facts.mps_bytes), ("mrrs", facts.mrrs_bytes))
    parts = []
    if facts.generation and facts.lanes and _is_known_slot(facts.generation, facts.lanes):
        parts = [f"generation: {facts.generation}", f"lanes: {facts.lanes}"]
    elif facts.generation and facts.lanes:
        yield Line(
            "",
            f"{facts.place}: the slot runs at generation {facts.generation} x{facts.lanes}, which is not modelled; "
            "guessed: the slot of the model",
            1,
        )
    parts += [f"{key}: {size} B" for key, size in sizes if size]
    if parts:
        yield Line(f"pcie: {{{', '.join(parts)}}}", f"{facts.place}: the slot as it runs", 1)
    else:
        yield Line("", "guessed: the slot of the model, since the files do not show it (lspci -vvv as root does)", 1)


def _is_known_slot(generation: int, lanes: int) -> bool:
    try:
        usable_rate_bps(generation, lanes)
    except InputError:
        return False
    return True


def _tuned(chosen: Chosen, tunings: tuple[Tuning, ...]) -> Iterator[Line]:
    inside = [t for t in tunings if t.driver in GUEST_DRIVERS]
    for t in inside:
        yield Line(
            "",
            f"{t.place}: {t.interface or 'the interface'} is a guest's ({t.driver}), so its settings are not here",
            1,
        )
    tuned = [t for t in tunings if (t.rx_usecs is not None or t.rx_ring or t.tx_ring) and t not in inside]
    own = {chosen.facts.address, chosen.facts.interface} if chosen.facts is not None else set()
    tuned.sort(key=lambda t: not ({t.address, t.interface} - {None}) & own)
    if not tuned:
        yield Line("", "guessed: rings and moderation of the model (ethtool -g and -c would say)", 1)
        return
    first = tuned[0]
    name = f"{first.place}: ethtool of {first.interface or 'an interface'}"
    if not ({first.address, first.interface} - {None}) & own:
        yield Line("", f"guessed: {first.interface or 'the interface'} of ethtool is on this adapter", 1)
    for key, size in (("rx_ring", first.rx_ring), ("tx_ring", first.tx_ring)):
        if size:
            yield Line(f"{key}: {min(size, LARGEST_RING)}", name, 1)
    if first.channels:
        yield Line("", f"{name}: {first.channels} channels on the host, for which there is no key", 1)
    if first.rx_usecs is not None:
        yield from _moderation(chosen, first, name)
    for remark in first.remarks:
        yield Line("", f"{first.place}: {remark}", 1)
    for other in tuned[1:]:
        yield Line("", f"left out, one adapter is modelled: {other.place}: ethtool of {other.interface}", 1)


def _moderation(chosen: Chosen, tuning: Tuning, name: str) -> Iterator[Line]:
    assert tuning.rx_usecs is not None
    if tuning.adaptive_rx:
        yield Line(
            "moderation: {kind: adaptive}",
            f"{name}: adaptive RX is on, so rx-usecs {tuning.rx_usecs} is where it begins",
            1,
        )
        return
    frames = tuning.rx_frames if tuning.rx_frames and tuning.rx_frames <= MOST_FRAMES else None
    if tuning.rx_usecs == 0:
        yield Line("moderation: {kind: none}", f"{name}: rx-usecs 0", 1)
        return
    kind, why = _kind(chosen, tuning, frames)
    held = f", frames: {frames}" if frames and kind != "gap" else ""
    read = f"rx-usecs {tuning.rx_usecs}" + (f", rx-frames {frames}" if frames else "")
    yield Line(f"moderation: {{kind: {kind}, interval: {tuning.rx_usecs} us{held}}}", f"{name}: {read}; {why}", 1)


def _kind(chosen: Chosen, tuning: Tuning, frames: int | None) -> tuple[str, str]:
    driver = tuning.driver or (chosen.facts.driver if chosen.facts is not None else None)
    vendor = chosen.part.vendor if chosen.part is not None else None
    if tuning.cqe_rx is not None:
        return ("coalesce-cqe" if tuning.cqe_rx else "coalesce-eqe"), f"CQE mode RX {'on' if tuning.cqe_rx else 'off'}"
    if driver in _MELLANOX or vendor == "15b3":
        return "coalesce-eqe", "guessed: the timer runs from the last event, as mlx5 has it without CQE mode"
    if frames:
        return "coalesce", "guessed: a timer from the first packet, since frames are counted too"
    known = driver is not None or vendor == "8086"
    return (
        "gap",
        "a gap between interrupts, as Intel's drivers have it" if known else "guessed: a gap between interrupts",
    )
