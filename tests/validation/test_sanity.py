"""The sanity page and the README are the excerpt of the record, chosen by a rule and not by result."""

from __future__ import annotations

from tests.validation import table
from tests.validation.test_score import predicted


def test_the_page_is_current() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "python -m tests.validation --write"


def test_the_readme_is_current() -> None:
    readme = table.README.read_text(encoding="utf-8")
    assert readme == table.in_readme(readme, table.short()), "python -m tests.validation --write"


def test_the_point_in_the_middle_stands_for_its_kind() -> None:
    found = [
        predicted("far", "a", 1, 9),
        predicted("near", "a", 1, 1.1),
        predicted("middle", "a", 1, 0.5),
        predicted("farther", "a", 1, 5, path="vhost-net"),
        predicted("trend", "a", 1, 1, role="trend"),
        predicted("even", "b", 1, 2),
        predicted("odd", "b", 1, 3),
    ]
    # of two the farther one: nothing looks better than it is
    assert [(each.point.id, count) for each, count in table.middle(found)] == [
        ("middle", 3),
        ("farther", 1),
        ("odd", 2),
    ]
