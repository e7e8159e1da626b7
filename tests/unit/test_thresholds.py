"""Limits by themselves: what is a threshold, what it can ask of a metric, and borders of shares."""

from __future__ import annotations

import pytest

from simulator.errors import BadValue, InputError
from simulator.formats.yaml12 import parse
from simulator.scenario.limits import faults_of
from simulator.scenario.thresholds import THRESHOLD, parse_threshold
from simulator.scenario.tree import find


def refused(text: str) -> str:
    """Why a threshold cannot be meant by itself; empty if it can."""
    return "; ".join(str(fault).removeprefix(": ") for _, fault in faults_of([parse_threshold(text)], []))


@pytest.mark.parametrize("text", ["steady", "latency.p99 < 3 us"])
def test_a_threshold_has_up_to_300_characters(text: str) -> None:
    assert parse_threshold(text.ljust(300)).metric == text.partition(" ")[0]
    with pytest.raises(BadValue, match="is not a threshold"):
        parse_threshold(text.ljust(301))


@pytest.mark.parametrize("text", ["< 100 %", "<= 1", "> 1", "> 100 %", "< 1", "< 101 %", ">= 100.1 %", "<= 5"])
def test_a_share_that_is_always_or_never_kept(text: str) -> None:
    verdict = "always" if text[0] == "<" else "never"
    assert refused(f"loss_ratio {text}").startswith(f"'loss_ratio' is at most 1, so this is {verdict} kept")


@pytest.mark.parametrize("text", [">= 1", ">= 100 %", "< 99.9 %", "> 0.5", "<= 0", "< 0.999"])
def test_a_share_that_may_be_kept_or_not(text: str) -> None:
    assert refused(f"loss_ratio {text}") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steady", ""), ("steady < 1", "'steady' is true or false; write it alone"), ("latency.p99", "'latency.p99' needs a limit, such as"),
        ("latency.p99 < 3", "'latency.p99' needs a limit with its unit, such as '10 us'"), ("host_work_cores < 3", ""),
        ("host_work_cores < 3 us", "'host_work_cores' is limited by a time, and its limit is a number of cores"),
        ("latency.p99 < 3 kpps", "'latency.p99' is limited by a packet rate, and its limit is a time, such as '10 us'"),
        ("latency.p99{guest=vm,direction=rx} < 1 us", ""),
        ("latency.p99{direction=rx} < 1 us", "'direction' is of guests; say which: {guest=...,direction=rx}"),
        ("latency.p99{guest=vm,direction=up} < 1 us", "'up' is not a known direction; choices: all, rx, tx"),
        ("exits_per_packet{guest=vm} < 1", "'exits_per_packet' is not a known metric of a guest"), ("latncy.p99 < 1 us", "'latncy.p99' is not a known metric"),
    ],
)  # fmt: skip
def test_what_a_limit_can_ask(text: str, said: str) -> None:
    assert refused(text).startswith(said) if said else refused(text) == ""


def test_a_threshold_is_a_text_of_at_most_300_characters() -> None:
    text = "latency.p99 < 1 us"
    assert parse_threshold(text.replace(" < ", " " * (300 - len(text) + 1) + "< ")).metric == "latency.p99"
    with pytest.raises(BadValue, match="is not a threshold"):
        parse_threshold(text.replace(" < ", " " * (301 - len(text) + 1) + "< "))
    assert THRESHOLD.read(text) == text
    for value in (7, None, ["latency.p99 < 1 us"]):
        with pytest.raises(BadValue, match="is not a threshold"):
            THRESHOLD.read(value)
    for wrong in (
        "latency.p99 < many",
        "latency.p99{series} < 1 us",
        "latency.p99{=a} < 1 us",
        "latency.p99{a=} < 1 us",
    ):
        with pytest.raises(InputError):
            parse_threshold(wrong)


def test_a_place_that_is_not_there_is_the_one_above_it() -> None:
    tree = parse("guests: [{name: vm}]\nhost: modern\n", "x")
    assert [find(tree, location)[1] for location in (("guests", 0, "name"), ("guests", 1), ("guests", "vm"), ("host", "model"), ("nic",), (0,))] == [
        ("guests", 0, "name"), ("guests",), ("guests",), ("host",), (), (),
    ]  # fmt: skip
