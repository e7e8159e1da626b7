"""Merging and addressing trees: laws of the merge on random trees, and each rule of paths by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.formats import yaml12
from simulator.formats.yaml12 import Node
from simulator.scenario.tree import absolute, expand, merge, put, split_path


def tree(value: Any, label: str = "f") -> Node:
    return yaml12.parse(json.dumps(value), label)


KEYS = st.sampled_from(["a", "b", "c"])
LEAVES = st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2)
MAPS = st.recursive(st.dictionaries(KEYS, LEAVES), lambda inner: st.dictionaries(KEYS, LEAVES | inner), max_leaves=8)


@given(MAPS)
def test_merging_a_tree_with_itself_changes_nothing(value: Any) -> None:
    assert merge(tree(value), tree(value)).plain() == value


@given(MAPS)
def test_an_empty_map_changes_nothing(value: Any) -> None:
    assert merge(tree(value), tree({})).plain() == value
    assert merge(tree({}), tree(value)).plain() == value


# a value that replaces a map forgets the map, so the law holds only where values and maps have keys of their own
SHAPED = st.recursive(
    st.dictionaries(st.sampled_from(["a", "b"]), LEAVES),
    lambda inner: st.builds(
        lambda maps, leaf: {**maps, "a": leaf}, st.dictionaries(st.sampled_from(["m", "n"]), inner), LEAVES
    ),
    max_leaves=8,
)


@given(SHAPED, SHAPED, SHAPED)
def test_merging_is_associative(first: Any, second: Any, third: Any) -> None:
    a, b, c = tree(first), tree(second), tree(third)
    assert merge(merge(a, b), c).plain() == merge(a, merge(b, c)).plain()


@given(MAPS, MAPS)
def test_what_is_laid_on_top_is_there(first: Any, second: Any) -> None:
    merged = merge(tree(first), tree(second)).plain()
    assert merged.keys() == first.keys() | second.keys()
    assert all(merged[key] == value for key, value in second.items() if not isinstance(value, dict))


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": None}}, {"a": {"y": 2}}),
        ({"a": 1}, {"a": None, "b": None}, {}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"m": {"kind": "gap", "interval": "1 us"}}, {"m": {"kind": "none"}}, {"m": {"kind": "none"}}),
        (
            {"m": {"kind": "gap", "interval": "1 us"}},
            {"m": {"interval": "2 us"}},
            {"m": {"kind": "gap", "interval": "2 us"}},
        ),
        ({"size": {"fixed": "64 B"}}, {"size": {"imix": "nfvbench"}}, {"size": {"imix": "nfvbench"}}),
    ],
)
def test_merge_by_hand(base: Any, over: Any, merged: Any) -> None:
    assert merge(tree(base), tree(over)).plain() == merged


def test_a_merged_value_keeps_its_place() -> None:
    merged = merge(tree({"a": {"x": 1, "y": 2}}, "base"), tree({"a": {"y": 3}}, "over"))
    assert isinstance(merged.value, dict)
    inner: Any = merged.value["a"].value
    assert (inner["x"].origin, inner["y"].origin) == ("base:1", "over:1")


SCENARIO = {"host": "modern", "guests": [{"name": "vm"}, {"name": "vn"}, {"name": "db"}], "traffic": [{"kind": "bulk"}]}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("guests.*.x", [True, True, True]),
        ("guests.v*.x", [True, True, False]),
        ("guests.1.x", [False, True, False]),
        ("guests.db.x", [False, False, True]),
    ],
)
def test_patterns_choose_items(path: str, changed: list[bool]) -> None:
    value = put(tree(SCENARIO), split_path(path, "p"), tree(7)).plain()
    assert [item.get("x") == 7 for item in value["guests"]] == changed


def test_items_without_a_name_go_by_their_kind() -> None:
    assert put(tree(SCENARIO), ("traffic", "bulk", "window"), tree(3)).plain()["traffic"] == [
        {"kind": "bulk", "window": 3}
    ]


def test_put_leaves_the_first_tree_alone() -> None:
    base = tree(SCENARIO)
    put(base, ("guests", "*", "x"), tree(7))
    assert base.plain() == SCENARIO


def test_null_deletes_and_missing_maps_are_made() -> None:
    assert put(tree({"a": {"b": 1}}), ("a", "b"), tree(None)).plain() == {"a": {}}
    assert put(tree({}), ("a", "b", "c"), tree(1)).plain() == {"a": {"b": {"c": 1}}}


def test_short_forms_are_written_out() -> None:
    assert expand(tree(SCENARIO)).plain()["host"] == {"model": "modern"}
    assert put(expand(tree(SCENARIO)), ("host", "cores"), tree(4)).plain()["host"] == {"model": "modern", "cores": 4}


def test_a_guest_key_stands_for_all_guests() -> None:
    assert absolute("datapath", "p", ("host",), ("datapath",)) == ("guests", "*", "datapath")
    assert absolute("host.cores", "p", ("host",), ("datapath",)) == ("host", "cores")


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", ".".join("a" * 17)])
def test_paths_refused(path: str) -> None:
    with pytest.raises(InputError, match="is not a dotted path"):
        split_path(path, "p")


def test_nothing_can_be_set_in_a_value() -> None:
    with pytest.raises(InputError, match="'host' is neither a map nor a list"):
        put(tree(SCENARIO), ("host", "cores"), tree(1))
