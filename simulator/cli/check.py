"""``sriovsim check``: read a scenario, wire all its points, simulate nothing.

*Scope*: text of what the scenario package says.
*Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

from typing import Any

import click

from simulator.cli import options


@click.command("check")
@click.argument("scenario", required=False)
@options.settings
@click.option("--resolved", is_flag=True, help="Print every value and where it comes from.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for editors.")
@options.as_json
def command(scenario: str | None, settings: tuple[str, ...], resolved: bool, schema: bool, as_json: bool) -> None:
    """Validate SCENARIO and all points of its comparison and sweep, without simulating."""
    if schema:
        _print_schema()
        return
    if scenario is None:
        raise click.UsageError("Missing argument 'SCENARIO'.")
    from simulator import scenario as grammar
    from simulator.scenario.audit import study
    from simulator.sriov.schedule import require_granted

    loaded, found = study(scenario, settings)
    require_granted((point.scenario for point in found), loaded)
    origins = grammar.origins(loaded)
    if as_json:
        content: dict[str, Any] = {"scenario": loaded.name, "hash": grammar.scenario_hash(loaded), "points": len(found)}
        options.print_json(content | {"resolved": grammar.resolved(loaded), "origins": origins})
    elif resolved:
        click.echo(grammar.as_yaml(loaded), nl=False)
    else:
        series = len({point.series for point in found})
        click.echo(f"{scenario}: valid; {len(found)} points in {series} series, {loaded.runs_in_words}")
    from simulator.scenario.build import warnings

    for warning in warnings(point.scenario for point in found):
        click.echo(warning, err=True)


def _print_schema() -> None:
    import json

    from simulator.scenario import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
