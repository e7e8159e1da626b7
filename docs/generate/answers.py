"""The page of how good the answers are: coverage of intervals, bounds, searches, what precision costs, and what a large sweep stands, from
the stored records of ``results/answers``.

*Scope*: nothing is simulated here; each section names its command. *Validation*: tests/docs/test_answers.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import sqrt
from pathlib import Path
from typing import Any

from generate.markdown import code, page, table

FOLDER = Path(__file__).resolve().parent.parent.parent / "results" / "answers"
Record = Mapping[str, Any]
INTRODUCTION = """# How good the answers are

Campaigns that take minutes, too long for every change. Each was run by the command that stands above its table, on the day and with the version of the program
that stand below it, and is printed from the file that it wrote. [How sure is a number?](../../explanation/statistics.md) says what is done and why."""


_ON_COVERAGE = """How often a 95 % interval holds the truth when somebody states neither warm-up nor replications. Truths are formulas; that of the VF path is
simulated with another seed, together over a hundred times as long as a trial, and its own standard errors stand behind it. *filled* begins
with 4,000 packets in the queue; without the cut of the warm-up its intervals hold the truth hardly ever: the cut is what makes them right."""
_ON_POLLING = "Poll modes with more to do than a core can come near it:"
_ON_SCANS = """Where loss does not grow with the rate in the simulation, the scan has a region: from the last rate before the first loss to the one after
the last rate without. Packets are those of both answers, as a share of the scan's."""
_ON_PRICES = """Beside it the least fixed number of replications that reaches the same, which nobody knows before."""
_ON_RATIOS = """The ratio of two mean latencies that differ in one cost by 5 %: half widths of its interval with common random numbers and without, and how
many times the packets the latter would take for the same."""


def pages(folder: Path = FOLDER) -> dict[str, str]:
    """The one page; a section for each record that is there."""
    found = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in SECTIONS
        if (folder / f"{name}.json").exists()
    }
    return {
        "answers.md": page(INTRODUCTION, *(part for name, record in found.items() for part in _section(name, record)))
    }


def _section(name: str, record: Record) -> tuple[str, ...]:
    run = record["run"]
    title, command, parts = SECTIONS[name]
    stamp = f"{run['date']}, version {run['version']}, source {code(run['source_sha256'][:12])}."
    return f"## {title}", f"```text\n{command}\n```", *parts(record), stamp


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _coverage(record: Record) -> tuple[str, ...]:
    rows = []
    for case in record["cases"]:
        trials = case["trials"]
        shares = {figure: count / trials for figure, count in case["covered"].items()}
        shown = {figure: f"{share:.1%} ± {sqrt(share * (1 - share) / trials):.1%}" for figure, share in shares.items()}
        own = case["truth_errors_us"]
        doubt = f" (± {own[0]:.2g}, {own[1]:.2g})" if any(own) else ""
        truth = "{:.5g}, {:.5g}".format(*case["truth_us"]) + doubt
        rows.append((case["case"], truth, f"{trials:,}", shown["mean"], shown["p99"], f"{case['replications']:.1f}",
                     _share(case["reached"], trials), f"{case['warmup_us'] / 1000:.1f} ms"))  # fmt: skip
    head = (
        "case",
        "truth: mean, p99 in us",
        "trials",
        "mean covered",
        "p99 covered",
        "replications",
        "precision reached",
        "warm-up",
    )
    return (
        _ON_COVERAGE,
        table(head, rows),
    )


def _bounds(record: Record) -> tuple[str, ...]:
    drawn = record["random"]
    full = [
        (row["path"], row["host"], f"{row['size_bytes']} B", row["bottleneck"], _share(row["delivered"], row["bound"]))
        for row in record["saturated"]
    ]
    ran = sum(drawn["ran"].values())
    return (
        f"{ran:,} random scenarios over {len(drawn['ran'])} paths; {len(drawn['above'])} delivered more than their bound. {_ON_POLLING}",
        table(("path", "host", "frame", "first that is full", "delivered, of the bound"), full),
        "What the bound leaves out of vhost-user is a part of the doorbell for buffers: a run may give back up to 63 at once, and gives back 32.",
    )


def _search(record: Record) -> tuple[str, ...]:
    rates = [
        (
            row["path"],
            *(text for name in ("ndr", "pdr") for text in _beside(row[name])),
            _share(row["packets"], row["scan_packets"]),
        )
        for row in record["rates"]
    ]
    parts = (
        f"NDR and PDR, in packets per second, beside a scan of every rate in steps of {record['resolution']:.0%}. {_ON_SCANS}",
        table(("path", "NDR", "scan", "PDR", "scan", "packets"), rates),
    )
    if guests := record.get("guests"):
        wrong = sum(not row["agrees"] for row in guests)
        own = [
            (row["path"], row["level"], str(row["searched"]), str(row["scanned"]), str(row["trials"])) for row in guests
        ]
        said = f"The largest number of guests that keep a level, {len(guests)} questions, {wrong} of them wrong:"
        parts += (said, table(("path", "level", "searched", "scanned", "trials"), own))
    return parts


def _beside(found: Record) -> tuple[str, str]:
    low, high = found["scan_pps"]
    return f"{found['pps']:,}" + ("" if found["agrees"] else " (not agreed)"), f"{low:,} to {high:,}"


def _price(record: Record) -> tuple[str, ...]:
    rows = [
        (
            row["path"],
            str(row["replications"]),
            f"{row['half_width']:.1%}",
            f"{row['cpu_s']:.2f}",
            str(row["least_fixed"]),
            f"{row['least_fixed_cpu_s']:.2f}",
        )
        for row in record["precision"]
    ]
    spent = sum(row["cpu_s"] for row in record["precision"])
    every = sum(record["fixed"] * row["cpu_s_each"] for row in record["precision"])
    shared = [
        (
            row["path"],
            code(row["cost"]),
            f"{row['ratio']:.4f}",
            f"± {row['half_width_shared']:.2g}",
            f"± {row['half_width_own']:.2g}",
            f"{row['packets_saved']:,.0f}",
        )
        for row in record["shared"]
    ]
    said = (
        f"p99 within {record['goal']:.0%} at 95 %, eight guests on each path. {_ON_PRICES} All six take {spent:.1f} CPU s; who fixes one "
        f"number for all of them has to take {record['fixed']}, and spends {every:.1f}."
    )
    return (
        said,
        table(("path", "replications", "half width", "CPU s", "least fixed number", "its CPU s"), rows),
        _ON_RATIOS,
        table(("path", "cost", "ratio", "common", "own", "packets saved, times"), shared),
    )


def _sweeps(record: Record) -> tuple[str, ...]:
    return (table(("measured", "value"), [(row["what"], row["value"]) for row in record["rows"]]),)


SECTIONS: Mapping[str, tuple[str, str, Callable[[Record], tuple[str, ...]]]] = {
    "coverage": ("How often an interval holds the truth", "python -m tests.statistics --write", _coverage),
    "price": ("What precision costs", "python -m tests.statistics.price --write", _price),
    "bounds": ("Bounds", "python -m tests.bounds 5000 --write", _bounds),
    "search": ("Searches", "python -m tests.search --near --write", _search),
    "sweeps": ("Large sweeps", "python -m tests.campaign.sweeps --write", _sweeps),
}
"""Record -> title, command, and what is said and shown of it."""
