"""One page per host and per NIC: every value with its unit, range, status and where it was read.

*Scope*: the catalogue of ``simulator.costs``. *Validation*: tests/docs/test_generated.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generate.markdown import code, page, table
from simulator import costs
from simulator.citation import Citation, Cited
from simulator.costs.names import COSTS, DRIVER_PARAMETERS, HOST_FACTS, NIC_FACTS

HEAD = ("name", "meaning", "value", "range", "unit", "status", "sources", "how it was got")
EXPLAINED = """Status: *measured* with this project, *cited* from a source, *derived* from cited readings, *borrowed*
from another CPU or device, *assumed* where no source read gives the value. The weakest that is true is shown.
[Where the costs come from](../../../explanation/costs.md) says more. A range marked `~` was not measured: it is half to
double the value."""

STATES = {
    "latency": "exit latency by which the governor chooses",
    "residency": "target residency by which the governor chooses",
    "leave": "what leaving the state takes",
}


def pages() -> dict[str, str]:
    """One page for each machine of the catalogue."""
    found = {f"hosts/{name}.md": _host(costs.host(name)) for name in costs.hosts()}
    return found | {f"nics/{name}.md": _nic(costs.nic(name)) for name in costs.nics()}


def _host(host: costs.Host) -> str:
    listed = _Sources()
    values = [
        page("## Facts", _values(host.facts, HOST_FACTS, listed)),
        page("## Costs", _values(host.costs, COSTS, listed)),
        *_parts("## Idle states", STATES, [name for name in costs.every_entry(host) if "." in name], host, listed),
    ]
    about = f"{host.title}. Its NIC, unless a scenario names another one: [{host.default_nic}](../nics/{host.default_nic}.md)."
    return page(f"# Host {code(host.name)}", about, _summary(host), EXPLAINED, *values, listed.section())


def _nic(nic: costs.Nic) -> str:
    listed = _Sources()
    values = [page("## Facts", _values(nic.facts, NIC_FACTS, listed))]
    for function, driver in (("pf", nic.pf_driver), ("vf", nic.vf_driver)):
        head = f"## Driver of the {function.upper()}: {driver.name}, rule `{driver.rule}`"
        names = [f"{function}.{name}" for name in driver.parameters]
        values += _parts(head, {name: text for name, (_, text) in DRIVER_PARAMETERS.items()}, names, nic, listed)
    return page(f"# NIC {code(nic.name)}", f"{nic.title}.", _summary(nic), EXPLAINED, *values, listed.section())


def _parts(
    head: str, meanings: Mapping[str, str], names: Sequence[str], part: costs.Host | costs.Nic, listed: _Sources
) -> list[str]:
    """A section for idle states or for a driver; none if there is nothing in it."""
    entries = costs.every_entry(part)
    rows = [_row(name, entries[name], meanings[name.split(".")[1]], listed) for name in names]
    return [page(head, table(HEAD, rows))] if rows else []


def _summary(part: costs.Host | costs.Nic) -> str:
    counts = costs.summary(part)
    return table(list(counts), [[str(count) for count in counts.values()]])


class _Sources:
    """The sources of a page, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[Citation, int] = {}

    def marks(self, entry: Cited) -> str:
        """Links to the numbers of an entry's sources."""
        numbers = [self._numbers.setdefault(source, len(self._numbers) + 1) for source in entry.sources]
        return ", ".join(f"[{number}](#sources)" for number in numbers)

    def section(self) -> str:
        """The list of sources."""
        head = ("number", "source", "where", "hardware", "conditions", "confidence")
        rows = [
            (str(number), s.title, _where(s.url_or_doc), s.hardware, s.conditions, s.confidence)
            for s, number in self._numbers.items()
        ]
        return page("## Sources", table(head, rows)) if rows else ""


def _where(place: str) -> str:
    return f"<{place}>" if place.startswith(("http://", "https://")) and " " not in place else place


def _values(entries: Mapping[str, Cited], meanings: Mapping[str, tuple[str, str]], listed: _Sources) -> str:
    return table(HEAD, [_row(name, entry, meanings[name][1], listed) for name, entry in entries.items()])


def _row(name: str, entry: Cited, meaning: str, listed: _Sources) -> tuple[str, ...]:
    spread = f"{entry.low:,} to {entry.high:,}" if entry.low != entry.high else ""
    how = "; ".join(text for text in (code(entry.formula), entry.note) if text)
    return (
        code(name),
        meaning,
        f"{entry.value:,}",
        f"~ {spread}" if spread and entry.range_assumed else spread,
        entry.unit,
        entry.status,
        listed.marks(entry),
        how,
    )
