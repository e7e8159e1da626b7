"""The sanity table as text: the page of the documentation and the short table of the README.

*Scope*: text only, from `figures.predictions`; numbers with three digits, so that both files are the same everywhere.
*Validation*: tests/validation/test_sanity.py.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from statistics import fmean

from simulator import costs
from tests.validation.figures import REPLICATIONS, Prediction, facts, summary

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "sanity.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- sanity table: begin -->", "<!-- sanity table: end -->"
FAR = 1.5
"""A deviation by more than this factor has an explanation."""

_INTRODUCTION = """# Predicted beside published: a sanity table of {count} figures

Published measurements whose set-up the simulator can express, and what it says about them with the catalogue as it is. No cost was
chosen with these figures in view; where one was read anew, it was for a better source or because it was booked twice
([costs](costs.md)). This is no validation: the test-beds differ from the
models in ways that the notes name, most costs are borrowed or assumed, and {far} of {count} figures are off by more than a factor
of {limit}. It shows of what size the errors are, and where.

On average the prediction is off by a factor of {mean} (geometric mean of the deviations, either way); half of the figures are within a factor of {median}.
Several figures of one source share its errors: averaged source by source the factor is {by_source}.

How sure is a prediction? Most costs have a range: that of their readings, or half to double where nobody measured. With all borrowed and
assumed costs of the host at the low ends of their ranges together, and then at the high ends, each prediction becomes a range, the column
*costs low to high*. {inside} of {count} published figures lie in it (**bold**). This is an envelope and no confidence
interval. Dearer is not always slower: a core that wakes late finds more packets at once, and works less. And the envelope says nothing about
cited costs, idle states (leaving one takes {wake}, none of it moved here), the adapter's facts, or what the model leaves
out: a figure outside has one of these for a reason.

`python -m tests.validation --write` computes the table anew; a test compares.
"""

_TABLE_NOTE = """
Predicted: mean of {replications} replications and their extremes. The extremes say how much chance is in the number, not how wrong the costs may be. Costs:
how many of the costs and facts that the scenario uses are cited, derived, borrowed and assumed.
"""


def digits(value: float) -> str:
    """Three significant digits without exponent."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def _range(prediction: Prediction) -> str:
    low, high = digits(min(prediction.values)), digits(max(prediction.values))
    return digits(prediction.mean) if low == high else f"{digits(prediction.mean)} ({low} to {high})"


def _envelope(prediction: Prediction) -> str:
    low, high = (digits(value) for value in prediction.envelope)
    text = low if low == high else f"{low} to {high}"
    return f"**{text}**" if prediction.is_inside else text


def _idle_exits() -> str:
    leave = [digits(state.leave.value / 1e6) for state in costs.host("modern").idle_states]
    return f"{leave[0]} to {leave[-1]} us on `modern`"


def is_far(prediction: Prediction) -> bool:
    return not 1 / FAR <= prediction.ratio <= FAR


def _row(number: int, found: Prediction) -> str:
    fact = found.fact
    statuses = "/".join(str(found.statuses[name]) for name in ("cited", "derived", "borrowed", "assumed"))
    cells = (
        str(number),
        f"{fact['figure']} [{fact['source']}]",
        f"{digits(fact['published'])} {fact['unit']}".removesuffix(" 1"),
        _range(found),
        f"{found.ratio:.2f}",
        _envelope(found),
        f"{found.host}, {found.nic}",
        statuses,
    )
    return f"| {' | '.join(cells)} |"


def _note(number: int, found: Prediction) -> str:
    fact = found.fact
    read = f", {fact['read']}" if "read" in fact else ""
    lines = [f"{number}. *{fact['where']}{read}*. Model: {fact['why']}. Differs: {fact['differs']}."]
    if "explained" in fact:
        lines.append(f"   **Off by {_factor(found)}**: {fact['explained']}.")
    return "\n".join(lines)


def _factor(found: Prediction) -> str:
    return f"a factor of {2**found.distance:.1f}"


def _by_source(found: list[Prediction]) -> float:
    sources = defaultdict(list)
    for prediction in found:
        sources[prediction.fact["source"].split("-")[0]].append(prediction.distance)
    return fmean(fmean(distances) for distances in sources.values())


def page(found: list[Prediction]) -> str:
    """The whole page."""
    mean, middle = (f"{2**value:.2f}" for value in summary(found))
    far = sum(is_far(prediction) for prediction in found)
    text = [
        _INTRODUCTION.format(
            count=len(found),
            far=far,
            limit=FAR,
            mean=mean,
            median=middle,
            by_source=f"{2 ** _by_source(found):.2f}",
            inside=sum(prediction.is_inside for prediction in found),
            wake=_idle_exits(),
        ),
        "| | figure | published | predicted | ratio | costs low to high | models | costs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(number, prediction) for number, prediction in enumerate(found, 1)),
        _TABLE_NOTE.format(replications=REPLICATIONS),
        "## Where each stands, which models, what differs\n",
        *(_note(number, prediction) for number, prediction in enumerate(found, 1)),
        "\n## Sources and test-beds\n",
        *(f"- **{key}**: {facts()['sources'][key]}. {bed}." for key, bed in facts()["testbeds"].items()),
        "\n## Left out\n",
        *(f"- {item['what']}: {item['why']}." for item in facts()["excluded"]),
    ]
    return "\n".join(text) + "\n"


def short(found: list[Prediction]) -> str:
    """What stands between the markers of the README."""
    mean, middle = (f"{2**value:.2f}" for value in summary(found))
    inside = sum(prediction.is_inside for prediction in found)
    rows = (
        f"| {fact['figure']} | {digits(fact['published'])} {fact['unit']} | {digits(p.mean)} | {p.ratio:.2f} |".replace(
            " 1 |", " |", 1
        )
        for p in found
        if (fact := p.fact)
    )
    return "\n".join(
        [
            f"{len(found)} published figures, untuned: off by a factor of {mean} on average, half of them within {middle}.",
            f"{inside} lie in the range of the prediction when all borrowed and assumed costs go to the ends of theirs.",
            "[Sources, test-beds and what differs](docs/explanation/sanity.md).",
            "",
            "| published figure | value | predicted | ratio |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def in_readme(text: str, table: str) -> str:
    """`text` with `table` between the markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"
