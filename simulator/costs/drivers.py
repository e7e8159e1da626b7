"""Drivers of network functions: by which rule each moderates interrupts, and with which numbers.

1. i40e (PF of X710 and XL710) and iavf (their VFs, and those of an E810) choose a gap by the average size of frames.
2. ixgbe (82599) does so for the whole vector, ixgbevf (its VFs) by three classes of bytes per microsecond.
3. ice (PF of an E810) and mlx5 let DIM walk through five profiles.

*Scope*: Linux 6.1 to 6.12, whose rules are the same; the rules themselves are the engines'.
*Validation*: ``tests/unit/test_costs.py`` recomputes every value from its reading.
"""

from __future__ import annotations

from simulator.costs.assemble import driver
from simulator.costs.compose import Row
from simulator.costs.model import Driver
from simulator.costs.names import DRIVER_PARAMETERS
from simulator.costs.readings import readings


def i40e() -> Driver:
    """PF driver of X710 and XL710."""
    rule = ("minimum_us", "maximum_us", "start_us", "settable_us", "countdown", "step_us", "intrl_step_us")
    limits = (
        *_read("i40e_itr_rule", *rule, "intrl_maximum_us"),
        _switched("intrl_us", "i40e_itr_rule", "off by default"),
    )
    return driver("i40e", "size", *limits, *_divisors("i40e_itr_divisor", "40g", "25g", "20g", "10g", "1g"))


def iavf() -> Driver:
    """VF driver of X710, XL710 and E810."""
    rule = _read("iavf_itr_rule", "minimum_us", "maximum_us", "start_us", "settable_us", "countdown", "step_us")
    speeds = ("100g", "50g", "40g", "25g", "20g", "10g", "1g")
    off = _switched("intrl_us", "iavf_itr_rule", "the driver sets none")
    return driver("iavf", "size", *rule, off, *_divisors("iavf_itr_divisor", *speeds))


def ixgbe() -> Driver:
    """PF driver of the 82599."""
    names = ("minimum_us", "maximum_us", "start_us")
    step = Row("step_us", "2", "us", "cited", ("ixgbe_itr_rule",), "ixgbe_itr_rule[4]")
    off = _switched("intrl_us", "ixgbe_itr_rule", "the driver has none")
    return driver(
        "ixgbe",
        "size_vector",
        *_read("ixgbe_itr_rule", *names),
        step,
        off,
        *_divisors("ixgbe_itr_divisor", "10g", "1g"),
    )


def ixgbevf() -> Driver:
    """VF driver of the 82599."""
    names = ("lowest_us", "low_us", "bulk_us", "low_above_bytes_per_us", "bulk_above_bytes_per_us", "start_us")
    off = _switched("intrl_us", "ixgbevf_itr_rule", "the driver has none")
    return driver("ixgbevf", "classes", *_read("ixgbevf_itr_rule", *names), off)


def ice() -> Driver:
    """PF driver of the E810: gaps only, a frame count of 0 ends none."""
    gaps = (*_read("ice_dim_rx", *_profiles("rx_us")), *_read("ice_dim_tx", *_profiles("tx_us")))
    frames = (
        *(_switched(name, "ice_dim_rx", "the driver sets no frame count") for name in _profiles("rx_frames")),
        *(_switched(name, "ice_dim_tx", "the driver sets no frame count") for name in _profiles("tx_frames")),
    )
    limit = _read("ice_intrl", "intrl_us", "intrl_maximum_us")
    fixed = _read("ice_fixed", "", "step_us", "settable_us")
    index = Row("start_index", "1", "1", "cited", ("dim_rule",), "dim_rule[3]", note="set by the driver")
    modes = (_switched("rx_cqe", "ice_dim_rx", "eqe"), _switched("tx_cqe", "ice_dim_tx", "eqe"))
    return driver("ice", "dim", *gaps, *frames, *limit, *fixed, *_dim(), index, *modes)


def mlx5() -> Driver:
    """Driver of ConnectX-4 and later, PF and VF."""
    profiles = (
        *_read("dim_rx_cqe", *_profiles("rx_us"), *_profiles("rx_frames")),
        *_read("dim_tx_eqe", *_profiles("tx_us"), *_profiles("tx_frames")),
    )
    index = Row("start_index", "0", "1", "cited", ("dim_rule",), "dim_rule[4]", note="zeroed memory, parked")
    modes = (
        Row("rx_cqe", "1", "bool", "cited", ("dim_rx_cqe",), "1", note="where the firmware supports it"),
        _switched("tx_cqe", "dim_tx_eqe", "eqe"),
    )
    off = _switched("intrl_us", "dim_rx_cqe", "the driver has none")
    return driver("mlx5", "dim", *profiles, *_dim(), index, *modes, off)


def fixed(name: str) -> Driver:
    """A driver that does not adapt."""
    return driver(name, "fixed")


def _read(reading: str, *names: str) -> tuple[Row, ...]:
    """One parameter per place of a reading; an empty name skips a place."""
    values = readings()[reading].values
    return tuple(
        Row(name, str(values[place]), DRIVER_PARAMETERS[name][0], "cited", (reading,), f"{reading}[{place}]")
        for place, name in enumerate(names)
        if name
    )


def _switched(name: str, reading: str, note: str) -> Row:
    """A parameter that is off in the source read."""
    return Row(name, "0", DRIVER_PARAMETERS[name][0], "cited", (reading,), "0", note=note)


def _divisors(reading: str, *speeds: str) -> tuple[Row, ...]:
    return _read(reading, *(f"divisor_{speed}" for speed in speeds))


def _profiles(name: str) -> tuple[str, ...]:
    return tuple(f"{name}_{profile}" for profile in range(5))


def _dim() -> tuple[Row, ...]:
    return _read("dim_rule", "events", "differs_percent", "tired", "start_profile")
