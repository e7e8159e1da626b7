"""Ticks, units and names of axes."""

from __future__ import annotations

import pytest

from simulator.charts import scales


@pytest.mark.parametrize(
    ("low", "high"), [(6.5, 10.5), (9.9, 10.1), (1, 1000), (0.3, 40), (1e-3, 1e7), (48, 75), (7, 7.5)]
)
def test_a_logarithmic_axis_has_a_handful_of_numbers(low: float, high: float) -> None:
    ticks = scales.log_ticks(low, high)
    assert 3 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)
    assert len({scales.plain(tick) for tick in ticks}) == len(ticks)
    assert not any("e" in scales.plain(tick) for tick in ticks)


def point(offered_pps: float, **parameters: str) -> dict[str, object]:
    return {"offered_pps": offered_pps, "delivered_pps": offered_pps, "parameters": parameters}


@pytest.mark.parametrize(
    ("points", "unit"),
    [
        ([point(1e3, rate="1 kpps"), point(2e3, rate="2 kpps")], "kpps"),
        ([point(5e5, rate="0.5 Mpps"), point(1e6, rate="1 Mpps"), point(100, rate="100 pps")], "Mpps"),
        ([point(1.4e6, size="64 B")], "Mpps"),
        ([point(900.0)], "pps"),
        ([point(5e4)], "kpps"),
    ],
)
def test_rates_are_in_the_unit_of_the_scenario_or_in_one_that_suits(points: list[dict[str, object]], unit: str) -> None:
    found = scales.rate_unit(points)
    assert found.name == unit
    assert found.of(found.size) == 1.0


@pytest.mark.parametrize(
    ("parameter", "name"),
    [("guests.*.count", "guests: count"), ("traffic.load.rate", "traffic load: rate"), ("seed", "seed")],
)
def test_an_axis_says_what_is_counted(parameter: str, name: str) -> None:
    assert scales.axis_name(parameter) == name


def test_all_lost_is_said_without_an_exponent() -> None:
    assert [scales.percent(share) for share in (1.0, 0.999, 0.125, 0.0003)] == ["100 %", "99.9 %", "12.5 %", "0.03 %"]


def test_no_loss_has_a_place_below_the_least_loss() -> None:
    assert scales.loss_place(0.0) == scales.NO_LOSS < scales.loss_place(1e-9) == scales.LEAST_LOSS
    assert scales.loss_place(1.0) == 1.0
    assert scales.loss_place(None) is None


@pytest.mark.parametrize(
    ("text", "value"), [("50 kpps", 5e7), ("3", 3.0), ("posted", None), ("inf", None), ("64 B", 64.0)]
)
def test_a_swept_value_is_a_number_if_it_is_one(text: str, value: float | None) -> None:
    assert scales.number(text) == value
