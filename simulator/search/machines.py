"""The cheapest of some machines that keeps what is asked.

1. A candidate is a host and an adapter of the catalogue. Each is simulated in full.
2. Those that keep the service level are ranked by money over the years of the price file: adapters, cables, switch ports, cores kept busy,
   energy. Ranges of the prices stand beside the sum.
3. The certificate is the whole list: what each costs, and why those that fail do.

*Scope*: what the bill counts; servers themselves are not in it. *Validation*: tests/search/test_searches.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator import costs
from simulator.errors import InputError
from simulator.scenario import Threshold
from simulator.search.slo import Verdict
from simulator.search.trials import Trial, Trials, judged
from simulator.sriov.bill import bills
from simulator.sriov.prices import Prices
from simulator.study.bill import load_of

DESIGN = {"sriov-vf": ("VFs", "one adapter, VFs"), "vhost-net": ("bridge", "one adapter, bridge")}
"""Datapath -> (series, design) of the bill; other paths go over one adapter with a bridge."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One candidate: what it costs (low, sum, high) and whether it keeps the service level."""

    host: str
    nic: str
    trial: Trial
    verdict: Verdict
    money: tuple[float, float, float] | None = None

    @property
    def name(self) -> str:
        """Host and adapter."""
        return f"{self.host} + {self.nic}"


def candidates(texts: Sequence[str]) -> list[tuple[str, str]]:
    """(host, adapter) of texts such as ``modern + e810``. Raises InputError for unknown names."""
    found = []
    for text in texts:
        host, plus, nic = (part.strip() for part in text.partition("+"))
        if not plus:
            raise InputError("--candidate", "is not a host and an adapter, such as 'modern + e810'", text)
        costs.host(host)
        costs.nic(nic)
        found.append((host, nic))
    return found


def trials_of(path: str, overrides: tuple[str, ...], series: str) -> Trials:
    """Trials whose values are (host, adapter)."""
    return Trials(path, overrides, series, lambda pair: (f"host.model={pair[0]}", f"nic.model={pair[1]}"))


def cheapest(
    trials: Trials, thresholds: Sequence[Threshold], pairs: Sequence[tuple[str, str]], prices: Prices
) -> Ranking:
    """All candidates, ranked."""
    found = []
    for host, nic in pairs:
        trial = trials.run((host, nic))
        verdict = judged(trial, thresholds)
        found.append(Machine(host, nic, trial, verdict, money_of(trials, trial, prices) if trial.entry else None))
    ranked = sorted(found, key=lambda machine: (not machine.verdict.kept, machine.money[1] if machine.money else 0.0))
    return Ranking(trials.series, tuple(ranked), prices)


def money_of(trials: Trials, trial: Trial, prices: Prices) -> tuple[float, float, float]:
    """(low, sum, high) of the bill of a candidate's run."""
    host, nic = trial.value
    point, entry = trials.point(trial.value), trial.entry
    assert entry is not None
    series, design = DESIGN.get(point.scenario.guests[0].datapath, DESIGN["vhost-net"])
    loads = {series: load_of(point, entry)}
    max_vfs = costs.nic(nic).facts["max_vfs"].value
    (bill,) = [one for one in bills(prices, nic, host, max_vfs, loads) if one.design == design]
    low, high = bill.range("money")
    return low, bill.total("money"), high


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates: those that keep what is asked first, the cheapest before the dearer ones."""

    series: str
    machines: tuple[Machine, ...]
    prices: Prices

    def text(self) -> str:
        """One line for each candidate."""
        money = f"{self.prices.currency} {self.prices.year} over {self.prices.years.value:g} years"
        return "\n".join([f"{self.series}: cheapest machine, in {money} (low to high)", *map(_line, self.machines)])

    def to_json(self) -> dict[str, Any]:
        """The ranking as plain data."""
        return {
            "series": self.series,
            "question": "cheapest machine",
            "machines": [_data(one) for one in self.machines],
        }


def _line(machine: Machine) -> str:
    money = "no price" if machine.money is None else "{1:,.0f} ({0:,.0f} to {2:,.0f})".format(*machine.money)
    chance = "" if machine.verdict.sure else " (chance could turn it)"
    state = "keeps it" if machine.verdict.kept else f"does not: {'; '.join(machine.verdict.reasons)}"
    return f"  {machine.name}: {money}: {state}{chance}"


def _data(machine: Machine) -> dict[str, Any]:
    return {
        "host": machine.host,
        "nic": machine.nic,
        "kept": machine.verdict.kept,
        "sure": machine.verdict.sure,
        "reasons": list(machine.verdict.reasons),
        "money": None if machine.money is None else dict(zip(("low", "sum", "high"), machine.money, strict=True)),
        "entry": machine.trial.entry,
    }
