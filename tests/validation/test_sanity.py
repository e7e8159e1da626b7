"""The sanity table is what the simulator says today, every figure has its source, and large deviations are explained.

Fixed seeds: the predictions are the same on every machine. No test asks for a good prediction.
"""

from __future__ import annotations

import pytest

from simulator import units
from simulator.costs import host, hosts, nics
from simulator.costs.names import UNSPENT
from tests.validation import table
from tests.validation.figures import Prediction, at_end, facts, predictions

FIGURES = facts()["figures"]


@pytest.fixture(scope="module")
def found() -> list[Prediction]:
    return list(predictions())


def test_the_page_is_current(found: list[Prediction]) -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(found), "python -m tests.validation --write"


def test_the_readme_is_current(found: list[Prediction]) -> None:
    readme = table.README.read_text(encoding="utf-8")
    assert readme == table.in_readme(readme, table.short(found)), "python -m tests.validation --write"


def test_large_deviations_are_explained_and_small_ones_are_not_excused(found: list[Prediction]) -> None:
    for prediction in found:
        assert table.is_far(prediction) == ("explained" in prediction.fact), prediction.fact["id"]


@pytest.mark.parametrize("fact", FIGURES, ids=lambda fact: fact["id"])
def test_a_figure_says_where_it_comes_from(fact: dict[str, object]) -> None:
    assert fact["source"] in facts()["sources"]
    assert fact["source"] in facts()["testbeds"]
    assert {"figure", "published", "unit", "where", "why", "differs", "predict", "scenario"} <= set(fact)


def test_ids_are_unique_and_every_source_is_used() -> None:
    ids = [fact["id"] for fact in FIGURES]
    assert len(set(ids)) == len(ids) >= 20
    assert {fact["source"] for fact in FIGURES} == set(facts()["sources"]) == set(facts()["testbeds"])


def test_no_scenario_changes_a_cost() -> None:
    for fact in FIGURES:
        host = fact["scenario"]["host"]
        assert "costs" not in (host if isinstance(host, dict) else {}), fact["id"]


def test_models_are_of_the_catalogue_and_not_the_blackboard(found: list[Prediction]) -> None:
    for prediction in found:
        assert prediction.host in set(hosts()) - {"textbook"}
        assert prediction.nic in set(nics()) - {"textbook-nic"}


def test_factors() -> None:
    low, high = (
        Prediction({"published": 10.0}, values, ends, "modern", "e810", {})
        for values, ends in (((4.0, 6.0), (3.0, 10.0)), ((20.0, 20.0), (30.0, 25.0)))
    )
    assert (low.envelope, low.is_inside) == ((3, 10), True)
    assert (high.envelope, high.is_inside) == ((20, 30), False)
    assert (low.mean, low.ratio, low.distance) == (5, 0.5, 1)
    assert (high.ratio, high.distance) == (2, 1)
    assert table.is_far(low)
    assert table.is_far(high)


def test_costs_go_to_the_ends_of_their_ranges_and_cited_ones_stay() -> None:
    low, high = (at_end({"host": "modern"}, end)["host"]["costs"] for end in ("low", "high"))
    model = host("modern")
    assert (
        low.keys()
        == high.keys()
        == {name for name, entry in model.costs.items() if entry.status in ("borrowed", "assumed")} - set(UNSPENT)
    )
    assert units.parse(low["q_loop"], units.TIME) == model.cost("q_loop").low < model.cost("q_loop").high
    assert high["h_copy_fs"].endswith(" ps/B")


@pytest.mark.parametrize(("value", "text"), [(0.98512, "0.985"), (14.88, "14.9"), (10823, "10,800"), (7.7, "7.7")])
def test_digits(value: float, text: str) -> None:
    assert table.digits(value) == text
