"""``ethtool`` of one or more interfaces: moderation (``-c``), rings (``-g``), channels (``-l``), driver, link speed.

1. A section begins with its title; outputs that were written one after another into one file are several sections.
2. Sections of one interface make one ``Tuning``; of maxima and current settings the current ones count.
3. Counters (``-S``) say nothing that a scenario could use: they are named and left out.

*Scope*: text for people; ``ethtool --json`` is refused where the sources are told apart.
*Validation*: ``tests/imports/test_ethtool.py`` on recorded outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from simulator.errors import BadValue
from simulator.imports.facts import Facts, Tuning
from simulator.imports.text import lines_of, number

MOST_SECTIONS = 4_096
_TITLES = {
    "coalesce": re.compile(r"Coalesce parameters for (\S{1,40}):"),
    "rings": re.compile(r"Ring parameters for (\S{1,40}):"),
    "channels": re.compile(r"Channel parameters for (\S{1,40}):"),
    "link": re.compile(r"Settings for (\S{1,40}):"),
    "driver": re.compile(r"driver: (\S{1,40})$"),
    "statistics": re.compile(r"(NIC) statistics:"),
}
_COMMAND = re.compile(r"[#$] ?ethtool(?: -[a-zA-Z-]+)? (\S{1,40})$")
_LIMIT = 10**9
Section = tuple[str, str, str | None, dict[str, str]]


def is_ethtool(lines: list[str]) -> bool:
    """Return whether a line is the title of a section that ethtool prints."""
    return any(pattern.match(line) for line in lines for pattern in _TITLES.values())


def read(text: str, label: str) -> Facts:
    """Return the tuning of every interface; ``InputError`` where only counters are in the file."""
    found: dict[str | None, Tuning] = {}
    counters = False
    for kind, place, interface, values in _sections(lines_of(text, label), label):
        if kind == "statistics":
            counters = True
            continue
        known = found.get(interface, Tuning(place, interface))
        found[interface] = _with(known, kind, values)
    if not found:
        what = "ethtool -S: counters since the driver was loaded, from which no rate follows" if counters else "empty"
        raise BadValue(label, f"is {what}; give the output of ethtool -c, -g, -l, -i or without an option")
    named = [interface for interface in found if interface is not None]
    if None in found and len(named) == 1:
        # ethtool -i does not say whose driver it prints; beside one interface it is that one's
        found[named[0]] = joined(found[named[0]], replace(found.pop(None), interface=named[0]))
    remarks = (f"{label}: ethtool -S counters are not read: no rate follows from them",) if counters else ()
    return Facts(tunings=tuple(found.values()), remarks=remarks)


def joined(first: Tuning, second: Tuning) -> Tuning:
    """Return what two outputs say of one interface; the first wins where both speak."""
    told = {name: getattr(first, name) or getattr(second, name) for name in Tuning.__dataclass_fields__}
    for name in ("rx_usecs", "cqe_rx"):
        told[name] = getattr(second if getattr(first, name) is None else first, name)
    return Tuning(**told | {"remarks": tuple(dict.fromkeys(first.remarks + second.remarks))})


def by_interface(tunings: tuple[Tuning, ...]) -> tuple[Tuning, ...]:
    """Return the tunings, those of one interface and no two drivers joined: ethtool may have been saved in pieces."""
    found: list[Tuning] = []
    index: dict[str, int] = {}
    for tuning in tunings:
        at = index.get(tuning.interface) if tuning.interface is not None else None
        if at is not None and len({found[at].driver, tuning.driver} - {None}) < 2:
            found[at] = joined(found[at], tuning)
            continue
        if tuning.interface is not None:
            index[tuning.interface] = len(found)
        found.append(tuning)
    return tuple(found)


def _sections(lines: list[str], label: str) -> Iterator[Section]:
    section: Section | None = None
    asked: str | None = None
    count, current = 0, False
    for at, line in enumerate(lines, 1):
        if command := _COMMAND.search(line):
            asked = command[1]
            continue
        title = next(((kind, found) for kind, pattern in _TITLES.items() if (found := pattern.match(line))), None)
        if title is not None:
            count += 1
            if count > MOST_SECTIONS:
                raise BadValue(f"{label}:{at}", f"is section {count:,}; no host has so many interfaces")
            if section is not None:
                yield section
            kind, found = title
            interface = asked if kind in ("driver", "statistics") else found[1]
            section = (kind, f"{label}:{at}", interface, {"driver": found[1]} if kind == "driver" else {})
            current = kind not in ("rings", "channels")
        elif section is not None:
            # rings and channels: the maxima come first, and only what is in force counts
            current = current or line.startswith("Current hardware settings")
            key, colon, value = line.strip().partition(":")
            if colon and current and len(section[3]) < 1_000:
                section[3][key.strip().lower()] = value.strip()
    if section is not None:
        yield section


def _with(known: Tuning, kind: str, values: dict[str, str]) -> Tuning:
    if kind == "coalesce":
        return _coalesce(known, values)
    if kind == "rings":
        return replace(
            known, rx_ring=number(values.get("rx"), _LIMIT) or None, tx_ring=number(values.get("tx"), _LIMIT) or None
        )
    if kind == "channels":
        each = number(values.get("combined"), _LIMIT) or number(values.get("rx"), _LIMIT)
        return replace(known, channels=each or None)
    if kind == "driver":
        return replace(known, driver=values["driver"], address=_pci(values.get("bus-info")))
    speed = re.fullmatch(r"([0-9]{1,7})Mb/s", values.get("speed", ""))
    remark = () if speed else ("the link has no speed: it is down or its cable is missing",)
    return replace(known, rate_bps=int(speed[1]) * 10**6 if speed else None, remarks=known.remarks + remark)


def _coalesce(known: Tuning, values: dict[str, str]) -> Tuning:
    adaptive = re.match(r"(on|off|n/a)\b", values.get("adaptive rx", ""))
    cqe = re.match(r"(on|off)\b", values.get("cqe mode rx", ""))
    remarks = list(known.remarks)
    if (sent := number(values.get("tx-usecs"), _LIMIT)) and sent != number(values.get("rx-usecs"), _LIMIT):
        remarks.append(f"tx-usecs {sent} differs from rx-usecs; nic.moderation is one for both directions")
    return replace(
        known,
        rx_usecs=number(values.get("rx-usecs"), _LIMIT),
        rx_frames=number(values.get("rx-frames"), _LIMIT),
        adaptive_rx=bool(adaptive and adaptive[1] == "on"),
        cqe_rx=None if cqe is None else cqe[1] == "on",
        remarks=tuple(remarks),
    )


def _pci(text: str | None) -> str | None:
    found = re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", text or "", re.IGNORECASE)
    return None if found is None else found[0].lower()
