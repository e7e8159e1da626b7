"""``sriovsim search``: an answer with its certificate instead of a table of points.

*Scope*: arguments and printing; the searches are in ``simulator/search``. *Validation*: ``tests/search/test_searches.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from simulator.cli import options

LARGEST = 256


@click.command("search")
@options.scenario
@click.option("--ndr", is_flag=True, help="Highest rate without loss (NDR) and with 0.5 % of it (PDR), by MLRsearch.")
@click.option("--onset", is_flag=True, help="Rate at which any of the replications begins to lose packets.")
@click.option(
    "--most", metavar="WHAT", help="Largest number of guests (or a dotted path) that keeps the service level."
)
@click.option(
    "--fewest", metavar="WHAT", help="Smallest number of cores that the guests share, queues, or a dotted path."
)
@click.option(
    "--candidate", "texts", multiple=True, metavar="HOST + NIC", help="A machine; the cheapest that keeps it is found."
)
@click.option(
    "--slo",
    help="Service level, such as 'p99 < 100 us and loss < 1e-4 and steady' (default: the scenario's thresholds).",
)
@click.option("--series", "only", multiple=True, help="Series of the comparison to search (default: all).")
@click.option("--up-to", type=click.IntRange(1, 4096), default=LARGEST, show_default=True, help="Largest number tried.")
@click.option(
    "--resolution",
    metavar="SHARE",
    default="1 %",
    show_default=True,
    help="Relative width of the final gap between rates.",
)
@click.option("--prices", type=click.Path(path_type=str), help="Price and power file instead of the shipped one.")
@options.settings
@options.seed
@options.as_json
def command(scenario: str, settings: tuple[str, ...], seed: int | None, as_json: bool, **asked: Any) -> None:
    """Search SCENARIO for a rate, a number or a machine, series by series; its sweep is left out.

    Each answer has its certificate: the last point that passes and the first that fails, with intervals, and what limits the failing one.
    """
    kinds = [name for name in ("ndr", "onset", "most", "fewest", "texts") if asked[name]]
    if len(kinds) != 1:
        raise click.UsageError("Say one thing to search for: --ndr, --onset, --most, --fewest or --candidate.")
    overrides = options.overrides(settings, seed)
    from simulator.scenario import load

    loaded = load(scenario, overrides)
    from simulator.errors import InputError, unknown
    from simulator.search import slo, trials

    known = trials.series_of(scenario, overrides)
    for name in asked["only"]:
        if name not in known:
            raise unknown("--series", "series", name, known)
    service = asked["slo"] or " and ".join(loaded.thresholds)
    if kinds[0] in ("most", "fewest", "texts") and not service:
        raise InputError("--slo", f"is missing, and the scenario has no thresholds; such as '{slo.EXAMPLE}'")
    thresholds = slo.parse(service) if service else ()
    answers = []
    for name in asked["only"] or known:
        for answer in _answers(kinds[0], scenario, overrides, name, thresholds, asked):
            answers.append(answer)
            if not as_json:
                click.echo(answer.text())
    if as_json:
        options.print_json({"answers": [answer.to_json() for answer in answers]})


def _answers(
    kind: str, scenario: str, overrides: tuple[str, ...], series: str, thresholds: Any, asked: dict[str, Any]
) -> Iterable[Any]:
    from simulator.search import machines, numbers, throughput
    from simulator.search.trials import Trials
    from simulator.sriov.prices import load_prices

    if kind == "texts":
        pairs = machines.candidates(asked["texts"])
        return [
            machines.cheapest(
                machines.trials_of(scenario, overrides, series), thresholds, pairs, load_prices(asked["prices"])
            )
        ]
    if kind in ("ndr", "onset"):
        found = throughput.trials_of(scenario, overrides, series)
        share = _share(asked["resolution"])
        return throughput.ndr_and_pdr(found, share) if kind == "ndr" else [throughput.onset(found, share)]
    word = asked[kind]
    counted = Trials(scenario, overrides, series, numbers.setting(word))
    search = numbers.most if kind == "most" else numbers.fewest
    return [search(counted, thresholds, word, asked["up_to"])]


def _share(text: str) -> float:
    from simulator import units
    from simulator.errors import InputError

    try:
        share = units.parse(text, units.RATIO) / 10**6
    except InputError as error:
        raise error.at("--resolution") from None
    if not 0 < share < 0.5:
        raise InputError("--resolution", "is not between 0 and 50 %", text)
    return share
