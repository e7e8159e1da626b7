"""A mix file: which captures are connections of the mix, how often each starts, and on which side the guest is.

    title: SFR application mix
    guest: 22.0.0.0/8
    connections:
      - {capture: dns.pcap, connections_per_s: 2400}
    missing:
      - {capture: Video_Calls.pcap, connections_per_s: 11.4}

`guest` is an IP address, a network or a MAC address; a connection may state its own. `missing` names what the mix has
at its origin but not here: it is never played, only reported. `source` and `notes` are text that rides with results.

*Scope*: the file is read as YAML 1.2 (`formats.yaml12`); rates are taken as the decimal numbers that are written.

*Validation*: tests/unit/test_traffic_capture.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from simulator.errors import BadValue, InputError, unknown
from simulator.formats.yaml12 import Node, load

_TOP = ("title", "source", "notes", "guest", "connections", "missing")
_ENTRY = ("capture", "connections_per_s", "guest")


@dataclass(frozen=True, slots=True)
class Connection:
    """One capture as a connection template; `guest` is empty for a missing one."""

    capture: str
    connections_per_s: Fraction
    guest: str


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix as its file states it."""

    path: Path
    title: str
    connections: tuple[Connection, ...]
    missing: tuple[Connection, ...]
    notes: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where the captures lie."""
        return self.path.parent


def load_mix(path: str | Path) -> Mix:
    """Read a mix file; InputError names file and line."""
    source = Path(path)
    try:
        root = load(source)
    except InputError as error:
        # Anybody's file can be named as a mix, so what is in it is not printed.
        raise InputError(error.place, f"a mix {error.message}" if error.value is not None else error.message) from None
    top = _mapping(root, _TOP)
    guest = _text(top["guest"]) if "guest" in top else None
    connections = tuple(_connection(node, guest) for node in _items(top, "connections"))
    if not connections:
        raise BadValue(root.origin, "a mix needs at least one connection", choices=_TOP)
    names = [entry.capture for entry in connections]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise BadValue(top["connections"].origin, "is named twice", repeated)
    title = _text(top["title"]) if "title" in top else source.stem
    missing = tuple(_connection(node, "") for node in _items(top, "missing"))
    return Mix(source, title, connections, missing, tuple(_text(top[key]) for key in ("source", "notes") if key in top))


def _connection(node: Node, guest: str | None) -> Connection:
    entry = _mapping(node, _ENTRY)
    for key in _ENTRY[:2]:
        if key not in entry:
            raise BadValue(node.origin, f"a connection needs {key}", choices=_ENTRY)
    side = _text(entry["guest"]) if "guest" in entry else guest
    if side is None:
        raise BadValue(node.origin, "name the guest's side here or for the whole mix")
    name = _text(entry["capture"])
    if Path(name).name != name:
        message = "is not a plain file name: a capture lies in the mix file's folder"
        raise BadValue(entry["capture"].origin, message, name)
    return Connection(name, _rate(entry["connections_per_s"]), side)


def _rate(node: Node) -> Fraction:
    number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    # The shortest decimal of a float is the number as written, so 34.2 stays 171/5.
    rate = Fraction(str(node.value)) if number else Fraction(0)
    if not Fraction(1, 1000) <= rate <= 10**9:
        raise BadValue(node.origin, "is no connections_per_s: a number from 0.001 to 1000000000", node.plain())
    return rate


def _mapping(node: Node, allowed: tuple[str, ...]) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise BadValue(node.origin, "stands where a mapping is expected", node.plain(), choices=allowed)
    for key, value in node.value.items():
        if key not in allowed:
            raise unknown(value.key_origin, "key of a mix", key, allowed)
    return node.value


def _items(top: dict[str, Node], key: str) -> list[Node]:
    if key not in top:
        return []
    value = top[key].value
    if not isinstance(value, list):
        raise BadValue(top[key].origin, "stands where a list is expected", top[key].plain())
    return value


def _text(node: Node) -> str:
    if not isinstance(node.value, str) or not node.value:
        raise BadValue(node.origin, "stands where text is expected", node.plain())
    return node.value
