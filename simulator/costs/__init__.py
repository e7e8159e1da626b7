"""The catalogue of hosts and NICs: what each step of a packet's way costs, and who says so.

>>> from simulator.costs import host, hosts
>>> "textbook" in hosts()
True
>>> host("textbook").ps("k_exit")
700000

*Scope*: six hosts (a textbook one and five generations) and seven NICs; hosts of the reader's own in files.
*Validation*: ``tests/unit/test_costs.py`` recomputes the derived values; ``docs/explanation/costs.md`` says what is
assumed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from simulator.costs.model import Capabilities, Driver, Host, IdleState, Nic, every_entry, summary
from simulator.errors import unknown

__all__ = [
    "Capabilities",
    "Driver",
    "Host",
    "IdleState",
    "Nic",
    "every_entry",
    "host",
    "hosts",
    "is_host_file",
    "nic",
    "nics",
    "summary",
]

_HOSTS = {
    "textbook": "textbook",
    "legacy-2010": "legacy_2010",
    "haswell-2015": "haswell_2015",
    "modern": "modern",
    "sapphire-rapids": "sapphire_rapids",
    "genoa": "genoa",
}
_NICS = {
    "textbook-nic": "textbook_nic",
    "82599": "intel_82599",
    "x550": "intel_x550",
    "x710": "intel_x710",
    "e810": "intel_e810",
    "xl710": "intel_xl710",
    "connectx-5": "connectx_5",
    "connectx-6": "connectx_6",
}


def is_host_file(name: str) -> bool:
    """Whether a host is named by a file and not by a name of the catalogue."""
    return name.endswith((".yaml", ".yml"))


def hosts() -> tuple[str, ...]:
    """Names of the hosts."""
    return tuple(_HOSTS)


def nics() -> tuple[str, ...]:
    """Names of the NICs."""
    return tuple(_NICS)


def host(name: str) -> Host:
    """The host of that name, or in the host file of that path.

    An unknown name is an ``InputError`` with choices and the nearest one; a file raises ``ScenarioErrors`` with every
    fault of it.
    """
    if is_host_file(name):
        from simulator.costs import hostfile

        return hostfile.load(Path(name), hosts(), _catalogued)
    return _catalogued(name)


@cache
def _catalogued(name: str) -> Host:
    if name not in _HOSTS:
        raise unknown("host", "host", name, hosts())
    built = import_module(f"simulator.costs.generations.{_HOSTS[name]}").build()
    assert isinstance(built, Host)
    return built


@cache
def nic(name: str) -> Nic:
    """The NIC of that name. An unknown name is an ``InputError`` with choices and the nearest one."""
    if name not in _NICS:
        raise unknown("nic", "NIC", name, nics())
    built = import_module(f"simulator.costs.adapters.{_NICS[name]}").build()
    assert isinstance(built, Nic)
    return built
