"""What happens to the running machine: one item of ``events``, and what is wrong with a list of them.

An item says when (``at``, from the beginning of the window), what (exactly one of ``numvfs``, ``plug``, ``unplug``, ``reset``, ``malicious``, ``rate``,
``link``, ``migrate``), and, if the waits of the real thing are too long for the window, how long it ``takes`` instead.

*Scope*: words and names; what the PF driver says to it is ``simulator.sriov.schedule``'s. *Validation*: ``tests/sriov/test_schedule.py``,
``tests/bad``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from simulator import units
from simulator.datapaths import datapath
from simulator.errors import BadValue, InputError, unknown
from simulator.scenario.fields import BitRate, PositiveTime, Size, Strict, Time, changed, quantity, refuse
from simulator.scenario.routes import adapters

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

VERBS = ("numvfs", "plug", "unplug", "reset", "malicious", "rate", "link", "migrate")
AT_ONCE = {
    "rate": "acts at once",
    "malicious": "acts at once",
    "link": "acts at once",
    "migrate": "takes what its memory takes",
}
MOVED = {"memory": "bytes", "bandwidth": "bps", "dirty": "bps", "downtime": "ps"}
PF = "pf"
MOST_TIMES = 10_000
RateOrOff = Annotated[int, quantity(units.BIT_RATE, off=True)]


class Happening(Strict):
    """One thing that happens while the scenario runs; exactly one of numvfs, plug, unplug, reset, malicious, rate, link, migrate."""

    at_ps: Time = Field(alias="at")
    """When, from the beginning of the window."""
    numvfs: Annotated[int, Field(strict=True, ge=0, le=65_535)] | None = None
    """Write this number to ``sriov_numvfs``; 0 takes all VFs away. If the first such event enables VFs, there are none before it."""
    plug: str | None = None
    """Give the VF to the guest of this name or pattern: hot plug."""
    unplug: str | None = None
    """Take the VF away from it: hot unplug."""
    reset: str | None = None
    """Reset the VF of this guest or pattern, or, with ``pf``, the physical function and with it all VFs."""
    malicious: str | None = None
    """The driver of this guest or pattern gives its VF a descriptor that no driver may write: the adapter stops the VF until it is ``reset``."""
    rate: str | None = None
    """Limit what the VF of this guest or pattern sends, ``to`` a rate."""
    to_bps: RateOrOff | None = Field(default=None, alias="to")
    """The rate of ``rate``, or ``off``."""
    link: Literal["up", "down", None] = None
    """Plug the cable of the port in, or pull it."""
    nic: str | None = None
    """Of several adapters, the one that ``numvfs``, ``link`` or ``reset: pf`` is about."""
    migrate: str | None = None
    """Move the VM of this name or pattern to an equal host: unplug, rounds of copying, downtime, plug."""
    memory_bytes: Size = Field(default=4 << 30, alias="memory")
    """Memory of the VM that is moved."""
    bandwidth_bps: BitRate = Field(default=10_000_000_000, alias="bandwidth")
    """Rate at which memory is copied; on a network of its own."""
    dirty_bps: RateOrOff = Field(default=1_000_000_000, alias="dirty")
    """Rate at which the VM writes to memory that was copied already."""
    downtime_ps: PositiveTime = Field(default=300_000_000_000, alias="downtime")
    """The VM is stopped when the rest can be copied in that time."""
    times: Annotated[int, Field(strict=True, ge=1, le=MOST_TIMES)] = 1
    """How often it happens."""
    every_ps: PositiveTime | None = Field(default=None, alias="every")
    """Time from one to the next, if it happens several times."""
    takes_ps: PositiveTime | None = Field(default=None, alias="takes")
    """How long it takes in place of the waits of hardware and drivers (100 ms and more); of ``unplug``, until the VF is gone."""

    @model_validator(mode="after")
    def _one_verb(self) -> Happening:
        given = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(given) != 1:
            found = ", ".join(given) or "none"
            raise refuse(InputError("", f"needs exactly one of {', '.join(VERBS)}; it has", found))
        if (self.to_bps is None) == (self.rate is not None):
            raise refuse(InputError("", "needs rate and to together, such as {rate: vm0, to: 2 Gbit/s}"))
        if (self.times > 1) != (self.every_ps is not None):
            raise refuse(InputError("", "needs times and every together, such as {reset: vm0, times: 20, every: 1 ms}"))
        if self.nic is not None and self.pattern is not None:
            raise refuse(BadValue("", f"is for numvfs, link and reset: pf; {given[0]} names guests", "nic"))
        if self.takes_ps is not None and given[0] in AT_ONCE:
            raise refuse(BadValue("", f"is for what has waits of its own; {given[0]} {AT_ONCE[given[0]]}", "takes"))
        if given[0] == "migrate" and self.dirty_bps >= self.bandwidth_bps:
            raise refuse(InputError("", "never ends: memory is written as fast as it is copied (dirty, bandwidth)"))
        strange = changed(self, {f"{key}_{unit}" for key, unit in MOVED.items()})
        if given[0] != "migrate" and strange:
            raise refuse(BadValue("", "is for migrate", strange[0].rpartition("_")[0]))
        return self

    @property
    def last_ps(self) -> int:
        """When it happens for the last time."""
        return self.at_ps + (self.times - 1) * (self.every_ps or 0)

    @property
    def verb(self) -> str:
        """Which of the keys it has."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def pattern(self) -> str | None:
        """The guests that it is about; None if it is about the port."""
        found: Any = getattr(self, self.verb)
        return (
            found if self.verb in ("plug", "unplug", "reset", "malicious", "rate", "migrate") and found != PF else None
        )


def functions(scenario: Scenario) -> tuple[str, ...]:
    """The guests that have a VF, in the order of the VFs."""
    owners = (group for group in scenario.guests if datapath(group.datapath).switch == "embedded")
    return tuple(name for group in owners for name in group.members())


def meant(pattern: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that the pattern names."""
    return tuple(name for name in names if fnmatchcase(name, pattern))


def event_faults(scenario: Scenario) -> Iterator[tuple[tuple[int | str, ...], InputError]]:
    """Guests without a VF, events after the end, plugs of poll-mode ports: what the list shows without a driver."""
    owners, length_ps = functions(scenario), scenario.measurement.duration_ps
    adapter_names = [name or None for name, _ in adapters(scenario)]
    for number, item in enumerate(scenario.events):
        if item.pattern is not None and not meant(item.pattern, owners):
            yield ("events", number, item.verb), unknown("", "guest with a virtual function", item.pattern, owners)
        if item.pattern is None and item.nic not in adapter_names:
            yield ("events", number, "nic"), _adapter_fault(item, adapter_names)
        if item.last_ps >= length_ps:
            key, which = ("at", "") if item.times == 1 else ("times", "the last time ")
            message = f"{which}is not before the end of the window, {units.format_time(length_ps)}"
            yield ("events", number, key), BadValue("", message, units.exact_time(item.last_ps))
    if any(item.link is None for item in scenario.events) and not owners:
        yield ("events",), InputError("", "need a guest with a virtual function (datapath sriov-vf)")
    if scenario.events and scenario.measurement.warmup_ps is None:
        message = "has to be stated where there are events: they count from its end"
        yield ("measurement",), InputError("", "warmup " + message)
    interval = scenario.measurement.interval_ps
    if interval is not None and length_ps > MOST_INTERVALS * interval:
        message = f"divides the window into more than {MOST_INTERVALS:,}"
        yield ("measurement", "interval"), BadValue("", message, units.exact_time(interval))


def _adapter_fault(item: Happening, names: list[str | None]) -> InputError:
    known = tuple(name for name in names if name)
    if not known:
        return InputError("", "is for a host with several adapters (nics)", item.nic)
    if item.nic is None:
        return InputError("", f"is needed where there are several adapters: {', '.join(known)}")
    return unknown("", "adapter", item.nic, known)


MOST_INTERVALS = 10_000
