"""``python -m benchmarks.fuzz --plans 50000 --jobs 2``: both engines on as many random plans as there is time for.

1. Seeds are worked off in chunks by processes; a line per chunk tells how far and how fast.
2. Each plan is compared as it is and, with ``--mutants``, once more with a few numbers and words changed.
3. The first difference is shrunk and printed as a table, with the log lines before it and the call that repeats it.

*Scope*: agreement only; the size that every change runs is ``tests/engines/test_agreement.py``.
*Validation*: tests/unit/test_benchmarks_fuzz.py.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field

import click

from simulator.plan.model import Plan
from simulator.plan.table import as_table
from tests.engines.agreement import Coverage, compare
from tests.engines.available import ENGINES
from tests.engines.mutation import mutate
from tests.engines.random_plans import random_plan
from tests.engines.shrinking import shrink

CHUNK = 100
PAIR = (ENGINES["reference"], ENGINES["compiled"])

Case = tuple[int, bool]
"""A seed, and whether the plan is to be mutated."""


@dataclass(slots=True)
class Part:
    """What one chunk of seeds has shown."""

    coverage: Coverage = field(default_factory=Coverage)
    differences: list[tuple[Case, str]] = field(default_factory=list)


def plan_of(case: Case) -> tuple[Plan, int]:
    """The plan of a case and how long it runs (ps)."""
    plan, until_ps = random_plan(case[0])
    return (mutate(plan, case[0]) if case[1] else plan), until_ps


def work(first: int, count: int, mutants: bool) -> Part:
    """Compare the engines on ``count`` seeds from ``first`` on."""
    part = Part()
    for seed in range(first, first + count):
        for case in ((seed, False), (seed, True)) if mutants else ((seed, False),):
            plan, until_ps = plan_of(case)
            difference = compare(PAIR, plan, until_ps, seed, part.coverage)
            if difference is not None:
                part.differences.append((case, difference))
    return part


def parts(first: int, plans: int, jobs: int, mutants: bool) -> Iterator[Part]:
    """The chunks, in the order in which they get done."""
    starts = [(start, min(CHUNK, first + plans - start)) for start in range(first, first + plans, CHUNK)]
    if jobs == 1:
        yield from (work(start, count, mutants) for start, count in starts)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(work, start, count, mutants) for start, count in starts]):
            yield done.result()


def explain(case: Case) -> str:
    """The smallest plan found that shows the difference of ``case``, as text."""
    plan, until_ps = plan_of(case)

    def fails(candidate: Plan, candidate_until_ps: int) -> bool:
        return compare(PAIR, candidate, candidate_until_ps, case[0]) is not None

    plan, until_ps = shrink(plan, until_ps, fails)
    return f"{as_table(plan)}\nuntil {until_ps} ps: {compare(PAIR, plan, until_ps, case[0])}\n\n{plan!r}"


@click.command()
@click.option("--plans", default=50_000, show_default=True, type=click.IntRange(1), help="How many seeds.")
@click.option("--first", default=100_000, show_default=True, type=click.IntRange(0), help="The first seed.")
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--mutants/--no-mutants", default=True, show_default=True, help="Run a mutant of every plan too.")
def main(plans: int, first: int, jobs: int, mutants: bool) -> None:
    """Compare both engines on random plans; exit status 1 if they ever differ."""
    coverage, differences = Coverage(), list[tuple[Case, str]]()
    start_s = time.perf_counter()
    for part in parts(first, plans, jobs, mutants):
        coverage.merge(part.coverage)
        differences += part.differences
        speed = coverage.plans / (time.perf_counter() - start_s)
        click.echo(f"{coverage.plans} runs, {speed:.0f}/s, {len(differences)} differences", err=True)
    click.echo(str(coverage))
    for case, text in differences:
        click.echo(f"plan_of({case}): {text}")
    if differences:
        click.echo(explain(differences[0][0]))
        sys.exit(1)


if __name__ == "__main__":
    main()
