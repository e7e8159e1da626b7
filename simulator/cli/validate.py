"""``sriovsim validate``: predict published measurements and print how far off the predictions are.

*Scope*: arguments, progress and printing; the validation package does the work.
*Validation*: ``tests/validation/test_command.py``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from simulator.cli import options
from simulator.cli.progress import Progress


@click.command("validate")
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Only points whose id, test-bed or path fits, such as 'ixy*'; several add up. Bars are not looked at.",
)
@click.option("--jobs", type=click.IntRange(1, 1024), help="Simulations at once (default: one per core).")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of measured points, in place of those that come with the program.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results/validation"),
    show_default=True,
    help="Folder in which results are kept; only what changed is simulated again.",
)
@options.uncertainty
@options.as_json
def command(
    only: tuple[str, ...], jobs: int | None, data: Path | None, out: Path, uncertainty: bool, draws: int, as_json: bool
) -> None:
    """Predict published measurements on the test-beds that their authors describe, and print the score.

    Points that cannot be predicted are listed with the reason. Intervals hold how wrong the model was on other test-beds, and the
    ranges of the costs: without --uncertainty those of the last stored run.
    Exit code 3: a stored bar is missed.
    """
    from simulator import validation
    from simulator.errors import InputError
    from simulator.validation import elsewhere, record, text
    from simulator.validation.runs import Store, acting_hash
    from simulator.validation.uncertain import with_draws

    sources = validation.read(data)
    points = validation.chosen(sources, only)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(out), f"cannot be made a folder ({error.strerror})") from None
    workers = jobs or os.cpu_count() or 1
    with Progress() as progress:
        found = validation.predict(sources, points, Store(out), workers, progress)
    if uncertainty:
        with Progress() as progress:
            found = with_draws(sources, found, draws, Store(out), workers, progress)
    known = record.load()
    if data is None and not uncertainty:
        found = [record.with_intervals(prediction, known) for prediction in found]
    found = elsewhere.widened(found, record.predictions(known, validation.read()))
    score = validation.score(sources, found)
    score["run"] = {"program": acting_hash()}
    score["intervals"] = {"draws": draws} if uncertainty else dict(known.intervals) if data is None else {}
    score["bars"] = record.bars(score) if data is None and not only else []
    if as_json:
        options.print_json(score | {"predictions": [validation.entry(prediction) for prediction in found]})
    else:
        click.echo(text.report(score, score["intervals"]))
    sys.exit(3 if any(bar["kept"] is False for bar in score["bars"]) else 1 if score["unpredicted"] else 0)
