"""The vector of a function as its driver sets it up: the rule by which it adapts, and the values that it starts with.

1. i40e, iavf and ixgbe choose by average frame size, ixgbevf by bytes per microsecond, ice and mlx5 by DIM's profiles.
2. The divisor of the size rules is that of the link's speed; a jiffy is that of the driver's kernel.

*Scope*: receive and transmit completions share a vector. DIM's two directions have one kind of timer: that of the receive
side (mlx5 restarts it at each completion for received packets only).
*Validation*: conformance vectors of each rule; tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.costs.model import Driver
from simulator.parts.settings import PortSettings
from simulator.plan.model import INFINITE_PS, Moderator

_US_PS = 10**6
_PS_PER_SECOND = 10**12
_SPEEDS = ("100g", "50g", "40g", "25g", "20g", "10g", "1g")
_PROFILES = range(5)


def of_driver(vector: Moderator, port: PortSettings, *, virtual: bool, tick_hz: int) -> Moderator:
    """`vector` as the driver of that function leaves it after loading."""
    driver = port.model.vf_driver if virtual else port.model.pf_driver
    jiffy_ps = _PS_PER_SECOND // tick_hz
    match driver.rule:
        case "size" | "size_vector":
            start_ps = driver.value("start_us") * _US_PS
            arguments = (
                driver.value("minimum_us"),
                driver.value("maximum_us"),
                _divisor(driver, port.rate_bps),
                jiffy_ps,
            )
            sent_ps = start_ps if driver.rule == "size" else vector.tx_interval_ps
            vector = replace(vector, kind="gap", interval_ps=start_ps, tx_interval_ps=sent_ps)
            return replace(vector, adapt=driver.rule, adapt_args=arguments, least_gap_ps=_least_gap_ps(driver))
        case "classes":
            delays = tuple(driver.value(name) for name in ("lowest_us", "low_us", "bulk_us"))
            start_ps = driver.value("start_us") * _US_PS
            return replace(vector, kind="gap", interval_ps=start_ps, adapt="classes", adapt_args=delays)
        case "dim":
            return _dim(vector, driver)
    return replace(vector, kind=port.model.moderation, interval_ps=port.model.value("itr_default"))


def _least_gap_ps(driver: Driver) -> int:
    return driver.value("intrl_us") * _US_PS


def _divisor(driver: Driver, rate_bps: int) -> int:
    """That of the fastest speed that the link reaches; the driver takes 10 Gbit/s for speeds that it does not know."""
    known = {speed: f"divisor_{speed}" for speed in _SPEEDS if f"divisor_{speed}" in driver.parameters}
    for speed, name in known.items():
        if rate_bps == int(speed.removesuffix("g")) * 10**9:
            return driver.value(name)
    return driver.value("divisor_10g")


def _dim(vector: Moderator, driver: Driver) -> Moderator:
    def row(name: str) -> tuple[int, ...]:
        return tuple(driver.value(f"{name}_{profile}") for profile in _PROFILES)

    def frames(name: str) -> tuple[int, ...]:
        return tuple(count or INFINITE_PS for count in row(name))

    start = driver.value("start_profile")
    counts = any(row("rx_frames"))
    return replace(
        vector,
        kind="coal_cqe" if driver.value("rx_cqe") else "coal_eqe" if counts else "gap",
        interval_ps=row("rx_us")[start] * _US_PS,
        frames=frames("rx_frames")[start],
        tx_interval_ps=row("tx_us")[start] * _US_PS,
        tx_frames=frames("tx_frames")[start],
        adapt="dim",
        adapt_args=(
            driver.value("start_index"),
            *row("rx_us"),
            *frames("rx_frames"),
            *row("tx_us"),
            *frames("tx_frames"),
        ),
        least_gap_ps=_least_gap_ps(driver),
    )
