"""YAML 1.2 core schema with places, the same from both of PyYAML's parsers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.formats import yaml12

PARSERS = [
    pytest.param(loader, id=loader.__name__)
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", None))
    if loader
]


@pytest.fixture(params=PARSERS, autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "_LOADER", request.param)


CORE = {
    "10:00.0": "10:00.0",
    "52:54:00:12:34:56": "52:54:00:12:34:56",
    "2026-01-01": "2026-01-01",
    "off": "off",
    "on": "on",
    "yes": "yes",
    "No": "No",
    "y": "y",
    "1e6": 1e6,
    "1E+2": 100.0,
    "1_000": "1_000",
    "1,000": "1,000",
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "-12": -12,
    "+3": 3,
    ".5": 0.5,
    "5.": 5.0,
    "0.1": 0.1,
    "true": True,
    "False": False,
    "TRUE": True,
    "tRUE": "tRUE",
    "null": None,
    "~": None,
    "": None,
    "'null'": "null",
    '"12"': "12",
    "64 B": "64 B",
    "80 %": "80 %",
    "vm*": "vm*",
    "0b1": "0b1",
    "1:30": "1:30",
}


@pytest.mark.parametrize("text", CORE)
def test_core_schema(text: str) -> None:
    value = yaml12.parse(f"key: {text}", "f").plain()["key"]
    assert value == CORE[text]
    assert type(value) is type(CORE[text])


def test_keys_are_text() -> None:
    assert yaml12.parse("off: 1\n10: 2\ntrue: 3\n'': 4", "f").plain() == {"off": 1, "10": 2, "true": 3, "": 4}


def test_lines_of_keys_and_values() -> None:
    tree = yaml12.parse("a: 1\nb:\n  - x\n  - c: 2\n    d:\n      3\n", "f")
    assert isinstance(tree.value, dict)
    items = tree.value["b"]
    assert isinstance(items.value, list)
    assert (items.key_origin, items.origin) == ("f:2", "f:3")
    assert [item.origin for item in items.value] == ["f:3", "f:4"]
    inner: Any = items.value[1].value
    assert (inner["d"].key_origin, inner["d"].origin) == ("f:5", "f:6")


def test_aliases_inside_a_file() -> None:
    assert yaml12.parse("a: &x {k: [1, 2]}\nb: *x", "f").plain() == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "f:2: 'a' is a duplicate key, first used at f:1"),
        ("{a: 1, a: 1}", "f:1: 'a' is a duplicate key, first used at f:1"),
        ("'1': a\n1: b", "f:2: '1' is a duplicate key, first used at f:1"),
        ("a: !x 1", "f:1: '!x' is a tag"),
        ("a: !!python/object/apply:os.system [x]", "is a tag"),
        ("a: {<<: {b: 1}}", "f:1: '<<' is a merge key"),
        ("a: .nan", "f:1: '.nan' is not a finite number"),
        ("a: -.inf", "f:1: '-.inf' is not a finite number"),
        ("a: 1e999", "f:1: '1e999' is not a finite number"),
        ("a: &a [*a]", "f:1: '*a' is an alias of the map or list it stands in"),
        ("a: *b", "f:1: '*b' is an alias without an anchor"),
        ("--- {a: 1}\n--- {b: 1}", "f:2: starts a second document"),
        ("? [a]\n: 1", "f:1: is a list or a map used as a key"),
        ("a:\n  b: c: d", "f:2: is not YAML"),
        ("a: [", "is not YAML"),
        ("a: b\x07", "f: is not YAML"),
        ("a: " + "[" * 100, "f:1: is nested more than 40 deep"),
        ("a: " + "7" * 5000, "is a number of more than 40 characters"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        yaml12.parse(text, "f")
    assert says in str(caught.value)


def test_alias_bomb_is_counted_before_it_bursts() -> None:
    rows = ["a0: &a0 [" + "1," * 9 + "1]"]
    rows += [f"a{level}: &a{level} [" + ",".join([f"*a{level - 1}"] * 10) + "]" for level in range(1, 30)]
    with pytest.raises(InputError, match="holds more than 200,000 values, aliases included"):
        yaml12.parse("\n".join(rows), "f")


def test_the_limit_counts_each_value_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "MOST_NODES", 100)
    assert len(yaml12.parse("[" + "1," * 98 + "1]", "f").plain()) == 99
    with pytest.raises(InputError, match="more than 100 values"):
        yaml12.parse("[" + "1," * 99 + "1]", "f")


@given(st.text())
@example("&a")
@example("*")
@example("a: &x\nb: *x")
@example("\ufeff")
@example("\x00")
@example("%YAML 3.0\n---\n")
def test_any_text_gives_a_tree_or_an_input_error(text: str) -> None:
    try:
        yaml12.parse(text, "f").plain()
    except InputError as error:
        assert str(error).startswith("f")  # noqa: PT017


# JSON writes what lies beyond the basic plane as two surrogates, which YAML does not join
TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
# A key on one line with its value may have 1,024 characters in YAML, of which JSON may spend six on one.
KEY = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=160)
LEAF = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT


@given(st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(KEY, inner), max_leaves=12))
def test_json_is_yaml(value: object) -> None:
    assert yaml12.parse(json.dumps(value), "f").plain() == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfea\x00", "is UTF-16 text; save it as UTF-8"),
        (b"a: 1\nb: \xff", ":2: is not UTF-8 text (byte 8)"),
        (b"a" * 1_000_001, "is larger than 1,000,000 bytes"),
        (b"", ":1: is empty"),
        (b"# only a comment\n", "is empty"),
        (b"- a\n", "must hold a mapping"),
    ],
)
def test_files(data: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(data)
    with pytest.raises(InputError) as caught:
        yaml12.load(file)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


def test_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert yaml12.load(file).plain() == {"a": 1, "b": 2}


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read: "):
            yaml12.load(path)
