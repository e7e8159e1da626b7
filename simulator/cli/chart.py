"""``sriovsim chart``: one kind of chart from a result folder, as PNG and SVG, or its numbers as CSV.

*Scope*: arguments, files, printing; the charts package draws, and nothing simulates.
*Validation*: ``tests/unit/test_charts.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from simulator.cli import options, pictures


@click.command("chart")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--kind", default="overview", show_default=True, help="Which chart (sriovsim list charts).")
@click.option(
    "--at",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only the points with this value: rate='400 kpps', series='VF, posted'.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write (default: chart-KIND beside the results).")
@click.option("--format", "form", help="png or svg (default: both, or what --out ends in).")
@click.option("--table", "as_table", is_flag=True, help="Print the numbers of the chart as CSV instead.")
@options.as_json
def command(
    results: Path, kind: str, at: tuple[str, ...], out: Path | None, form: str | None, as_table: bool, as_json: bool
) -> None:
    """Draw RESULTS, a result folder or its result.json, as one kind of chart."""
    from simulator import charts

    charts.kind_named(kind)
    where = dict(_condition(text) for text in at)
    folder = results if results.is_dir() else results.parent
    into = {} if as_table else pictures.files(folder / f"chart-{kind}", out, form)
    document = _sound(results, charts.read, results)
    if as_table:
        found = _sound(results, charts.table, document, kind, where)
        if as_json:
            options.print_json(
                {"kind": kind, "rows": found.astype(object).where(found.notna(), None).to_dict("records")}
            )
        else:
            click.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    pictures.write(_sound(results, charts.chart, document, kind, where), into)
    if as_json:
        options.print_json({"kind": kind, "files": [str(path) for path in into]})
    else:
        click.echo("\n".join(str(path) for path in into))


def _sound(results: Path, make: Callable[..., Any], *arguments: Any) -> Any:
    """What ``make`` gives. A document that another program has touched can be wrong in any place: whatever drawing
    trips over is a fault of the file, told as one."""
    from simulator.errors import InputError, show

    try:
        return make(*arguments)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        what = f"{type(error).__name__} {show(str(error))}"
        raise InputError(str(results), f"is damaged, or no result of this version ({what})") from None


def _condition(text: str) -> tuple[str, str]:
    from simulator.errors import BadValue

    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise BadValue("--at", "is not of the form key=value", text)
    return key.strip(), value.strip()
