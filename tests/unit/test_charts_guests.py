"""The chart of guests: a row per entry and direction, a dot per single guest, and sentences that follow from them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import charts
from simulator.errors import InputError


def numbers(p99: float | None, offered: float = 1000.0, delivered: float = 900.0) -> dict[str, Any]:
    latency = {"mean": p99, "p50": p99, "p90": p99, "p99": p99, "p99.9": None, "p99.99": None, "max": p99}
    return {"offered_pps": offered, "delivered_pps": delivered, "throughput_bps": 8e6, "latency_us": latency}


def document(**guests: dict[str, Any]) -> dict[str, Any]:
    renamed = {name.replace("__", "#"): found for name, found in guests.items()}
    point = {
        "series": "", "datapath": "sriov-vf", "interrupts": "posted", "parameters": {}, "offered_pps": 1.0, "delivered_pps": 1.0,
        "throughput_bps": 1.0, "latency_us": numbers(5.0)["latency_us"], "loss_ratio": 0.0, "steady": 1, "guests": renamed,
    }  # fmt: skip
    return {"schema": 1, "scenario": "two", "title": "two", "points": [point]}


def caption_of(found: dict[str, Any]) -> str:
    return " ".join(text.get_text() for text in charts.chart(found, "guests").texts).replace("\n", " ")


def test_a_row_for_each_entry_and_direction_and_its_single_guests_in_the_table() -> None:
    one, other = numbers(10.0), numbers(20.0)
    found = document(
        vm={"all": one, "rx": one, "tx": other}, vm__0={"all": one, "rx": one}, vm__1={"all": other, "tx": other}, idle={"all": numbers(7.0)}
    )  # fmt: skip
    names = [text.get_text() for text in charts.chart(found, "guests").axes[0].get_yticklabels()]
    assert names == ["vm received", "vm sent", "idle"]
    rows = [
        (row["guest"], row["direction"], row["latency_p99_us"])
        for row in charts.table(found, "guests").to_dict("records")
    ]
    assert rows == [("vm", "rx", 10), ("vm#0", "rx", 10), ("vm", "tx", 20), ("vm#1", "tx", 20), ("idle", "all", 7)]


def test_the_longest_tail_and_unequal_guests_are_said() -> None:
    unequal = document(
        vm={"all": numbers(30.0), "rx": numbers(30.0)}, vm__0={"rx": numbers(10.0)}, vm__1={"rx": numbers(40.0)}, other={"rx": numbers(5.0)}
    )  # fmt: skip
    assert "Slowest: vm received, p99 30.0 us." in caption_of(unequal)
    assert "p99 10.0 us for vm#0, 40.0 us for vm#1." in caption_of(unequal)
    equal = document(vm={"rx": numbers(30.0)}, vm__0={"rx": numbers(30.0)}, vm__1={"rx": numbers(31.0)})
    assert "Guests of one entry are served alike." in caption_of(equal)
    assert "Slowest" not in caption_of(equal)


def test_an_older_result_is_refused_in_one_line() -> None:
    found = document()
    del found["points"][0]["guests"]
    with pytest.raises(
        InputError, match=r"result\.json: has no guests: written by an older version; run the scenario again"
    ):
        charts.chart(found, "guests")


def test_a_dot_of_one_guest_is_explained_where_there_are_several() -> None:
    def keys(found: dict[str, Any]) -> list[str]:
        return [text.get_text() for legend in charts.chart(found, "guests").legends for text in legend.get_texts()]

    of_all = [f"{name} of all guests of the entry" for name in ("p50", "p99")]
    several = document(vm={"rx": numbers(30.0)}, vm__0={"rx": numbers(10.0)}, vm__1={"rx": numbers(40.0)})
    assert keys(several) == [*of_all, "one guest (its p99)"]
    assert keys(document(vm={"rx": numbers(30.0)}, vm__0={"rx": numbers(30.0)})) == of_all
