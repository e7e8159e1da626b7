"""The choices of one scenario: its series, or where it has none, every datapath with a description; simulated, priced, described.

1. Each choice is simulated with the scenario's own traffic and guests; its sweep is left out. One that cannot be built stays in the table
   with the reason.
2. Money and watts come from the bill for one adapter: with virtual functions where the path has a function, with a bridge else.
3. Rows: the facts that are no numbers, then the numbers with their intervals, then watts and money with the range of the prices.

*Scope*: choices whose guests all use one datapath; of several the first one's facts are shown. *Validation*: tests/decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator import costs, units
from simulator.datapaths import datapath
from simulator.decide.facts import FACTS, ROWS, facts_of
from simulator.errors import InputError
from simulator.scenario import Scenario, load
from simulator.search.trials import NO_SWEEP, Trials
from simulator.sriov.bill import Bill, bills
from simulator.sriov.prices import Prices
from simulator.study.bill import load_of

DESIGNS = {True: ("VFs", "one adapter, VFs"), False: ("bridge", "one adapter, bridge")}
"""Whether the adapter's own switch carries the guests -> (series, design) of the bill."""
NUMBERS = (
    ("p99", "latency.p99"),
    ("mean", "latency.mean"),
    ("delivered", "delivered_pps"),
    ("loss", "loss_ratio"),
    ("host work, cores", "host_work_cores"),
    ("guest work, cores", "guest_work_cores"),
    ("polling, cores", "polling_cores"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One column: its datapath, its point's entry and bill, or why it has none."""

    name: str
    datapath: str
    entry: Mapping[str, Any] | None
    bill: Bill | None
    fault: str = ""
    max_vfs: int = 0


def decide(path: str, overrides: Sequence[str], prices: Prices, engine: str = "compiled") -> list[Choice]:
    """All choices of a scenario. Raises InputError if the scenario cannot be read or has nothing to choose from."""
    scenario = load(path, (*overrides, NO_SWEEP))
    if scenario.hosts:
        raise InputError(path, "has several hosts; a choice is what one host is to be")
    series = scenario.compare
    found = []
    for name in series or FACTS:
        own = () if series else (f"guests.*.datapath={name}", "guests.*.interrupts=automatic")
        trials = Trials(path, tuple(overrides), name if series else scenario.name, _always(own), engine)
        found.append(_choice(trials, name, _path(scenario, name), prices))
    if not any(choice.entry for choice in found):
        raise InputError(path, f"no choice can be simulated: {found[0].fault}")
    return found


def _path(scenario: Scenario, choice: str) -> str:
    """The datapath of a choice as far as the scenario says it without being built."""
    changes = scenario.compare.get(choice)
    return choice if changes is None else str(changes.get("datapath", scenario.guests[0].datapath))


def _always(settings: tuple[str, ...]) -> Callable[[Any], tuple[str, ...]]:
    return lambda _: settings


def _choice(trials: Trials, name: str, path: str, prices: Prices) -> Choice:
    trial = trials.run(name)
    if trial.entry is None:
        return Choice(name, path, None, None, trial.fault)
    point = trials.point(name)
    used = point.scenario.guests[0].datapath
    nic, host = point.scenario.nic.model, costs.host(point.scenario.host.source).name
    max_vfs = int(costs.nic(nic).facts["max_vfs"].value)
    series, design = DESIGNS[datapath(used).switch == "embedded"]
    try:
        made = bills(prices, nic, host, max_vfs, {series: load_of(point, trial.entry)})
    except InputError as error:
        return Choice(name, used, trial.entry, None, str(error), max_vfs)
    (bill,) = [one for one in made if one.design == design]
    return Choice(name, used, trial.entry, bill, max_vfs=max_vfs)


def rows(choices: Sequence[Choice], prices: Prices) -> list[tuple[str, ...]]:
    """The table as cells: facts, numbers, money."""
    found = [("", *(choice.name for choice in choices))]
    facts = [facts_of(choice.datapath) for choice in choices]
    for row in ROWS:
        cells = [one[row].text for one in facts]
        if row == "functions":
            cells = [_functions(text, choice) for text, choice in zip(cells, choices, strict=True)]
        found.append((row, *cells))
    for name, metric in NUMBERS:
        found.append((name, *(_number(choice.entry, metric) for choice in choices)))
    found.append(("what limits", *(_limit(choice) for choice in choices)))
    money = f"{prices.currency} {prices.year} over {prices.years.value:g} years"
    found.append(("watts", *(_sum(choice.bill, "watts") for choice in choices)))
    found.append((money, *(_sum(choice.bill, "money") for choice in choices)))
    return found


def table(choices: Sequence[Choice], prices: Prices) -> str:
    """The choices one under the other, since the statements are long: each row of each in a line of its own, then the sources."""
    cells = rows(choices, prices)
    width = max(len(choice.name) for choice in choices)
    lines = []
    for label, *values in cells[1:]:
        lines.append(label)
        lines += [f"  {choice.name.ljust(width)}  {value}" for choice, value in zip(choices, values, strict=True)]
    faults = [f"{choice.name}: {choice.fault}" for choice in choices if choice.fault]
    sources = dict.fromkeys(
        fact.source for choice in choices for fact in facts_of(choice.datapath).values() if fact.source
    )
    return "\n".join([*lines, *faults, "statements read in:", *(f"  {source}" for source in sources)])


def to_json(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """The choices as plain data."""
    return [
        {
            "choice": choice.name,
            "datapath": choice.datapath,
            "facts": {
                row: {"text": fact.text, "source": fact.source} for row, fact in facts_of(choice.datapath).items()
            },
            "entry": choice.entry,
            "watts": None if choice.bill is None else _range(choice.bill, "watts"),
            "money": None if choice.bill is None else _range(choice.bill, "money"),
            "fault": choice.fault,
        }
        for choice in choices
    ]


def _functions(text: str, choice: Choice) -> str:
    return f"{choice.max_vfs} VFs of this adapter" if choice.datapath == "sriov-vf" and choice.max_vfs else text


def _range(bill: Bill, kind: Any) -> dict[str, float]:
    low, high = bill.range(kind)
    return {"low": low, "sum": bill.total(kind), "high": high}


def _sum(bill: Bill | None, kind: Any) -> str:
    if bill is None:
        return "-"
    found = _range(bill, kind)
    return f"{found['sum']:,.0f} ({found['low']:,.0f} to {found['high']:,.0f})"


def _limit(choice: Choice) -> str:
    return str(choice.entry["bottleneck"]) if choice.entry else "cannot be built"


def _number(entry: Mapping[str, Any] | None, metric: str) -> str:
    if entry is None:
        return "-"
    group, _, part = metric.partition(".")
    value = entry["latency_us"][part] if part else entry[group]
    if value is None:
        return "unknown: too few packets"
    found = entry["ranges"].get(metric) or {}
    low, high = found.get("low"), found.get("high")
    between = (
        f" ({_written(metric, max(0.0, low))} to {_written(metric, high)})"
        if low is not None and high is not None and high != low
        else ""
    )
    return _written(metric, value) + between


def _written(metric: str, value: float) -> str:
    if metric.startswith("latency."):
        return units.format_time(value * 10**6)
    if metric == "loss_ratio":
        return units.format_ratio(value * 10**6)
    return units.format_packet_rate(value * 1000) if metric.endswith("_pps") else f"{value:.3g}"
