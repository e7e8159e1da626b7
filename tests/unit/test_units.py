"""Units: every unit once by hand, round trips on random integers, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import units
from simulator.errors import BadValue

BY_HAND = [
    (units.TIME, {"10 us": 10_000_000, "1.5 ms": 1_500_000_000, "250 ns": 250_000, "3 s": 3 * 10**12, "7ps": 7}),
    (units.TIME, {"2 min": 120 * 10**12, "1 µs": 10**6, "1 μs": 10**6, "1e3 ns": 10**6, "0.001 ns": 1}),
    (units.SIZE, {"64 B": 64, "1.5 KiB": 1536, "64 KB": 64_000, "1 kB": 1000, "2 MiB": 2 << 20, "1 GB": 10**9}),
    (units.BIT_RATE, {"9.5 Gbit/s": 9_500_000_000, "10 Gbps": 10**10, "1.2 GB/s": 9_600_000_000, "1 KiB/s": 8192}),
    (units.BIT_RATE, {"100 Mb/s": 10**8, "5 bit/s": 5, "3 kbit/s": 3000, "1 Tbps": 10**12, "1 B/s": 8}),
    (units.PACKET_RATE, {"1.2 Mpps": 1_200_000_000, "300 kpps": 300_000_000, "0.5 pps": 500, "1 Gpps": 10**12}),
    (units.FREQUENCY, {"2.4 GHz": 2_400_000_000, "250 Hz": 250}),
    (units.LENGTH, {"5 m": 5000, "3 mm": 3, "2 cm": 20, "1.5 km": 1_500_000}),
    (units.RATIO, {"80 %": 800_000, "12.5%": 125_000, "3 ppm": 3}),
    (units.TIME_PER_BYTE, {"80 ps/B": 80_000, "1 ns/B": 10**6, "5 fs/B": 5}),
]


@pytest.mark.parametrize(
    ("dimension", "text", "base"),
    [(dimension, text, base) for dimension, cases in BY_HAND for text, base in cases.items()],
)
def test_by_hand(dimension: units.Dimension, text: str, base: int) -> None:
    assert units.parse(text, dimension) == base


@pytest.mark.parametrize("dimension", units.DIMENSIONS, ids=lambda d: d.name)
@given(share=st.fractions(0, 1), small=st.integers(0, 100_000))
def test_exact_text_reads_back(dimension: units.Dimension, share: Fraction, small: int) -> None:
    for value in (int(share * dimension.largest), small):
        assert units.parse(units.exact(value, dimension), dimension) == value


@pytest.mark.parametrize("dimension", units.DIMENSIONS, ids=lambda d: d.name)
def test_examples_and_shown_units_are_valid(dimension: units.Dimension) -> None:
    assert units.parse(dimension.example, dimension) > 0
    assert all(shown in dimension.factors for shown in dimension.shown)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("10", "has no unit; write it out, such as '10 us'"),
        (10, "has no unit"),
        (1.5, "has no unit"),
        (True, "'true' is not a time"),
        (None, "is not a time"),
        ([1], "is not a time"),
        ("", "is not a time"),
        ("us", "is not a time"),
        ("-3 us", "is negative"),
        ("1,000 us", "is not a time"),
        ("1 000 us", "is not a time"),
        ("0x10 us", "is not a time"),
        ("5 uS", "did you mean 'us'?"),
        ("5 msec", "did you mean 'ms'?"),
        ("5 Mpps", "is a packet rate, not a time"),
        ("0.1 ps", "is not a whole multiple of 1 ps"),
        ("1e-13 s", "is not a whole multiple of 1 ps"),
        ("1e999 s", "is more than the largest time"),
        ("1e99999999 s", "is not a time"),
        ("1000001 s", "is more than the largest time"),
        ("nan s", "is not a time"),
        ("inf s", "is not a time"),
        ("٣ s", "is not a time"),
        ("9" * 200 + " s", "is not a time"),
    ],
)
def test_refused(value: object, says: str) -> None:
    with pytest.raises(BadValue) as caught:
        units.parse_time(value)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


def test_bits_and_bytes_are_not_confused() -> None:
    assert units.parse_bit_rate("1 GB/s") == 8 * units.parse_bit_rate("1 Gb/s")
    assert units.parse_size("1 KiB") - units.parse_size("1 KB") == 24


@pytest.mark.parametrize("text", ["1 mpps", "1 Mps", "1 MPPS"])
def test_milli_is_never_mega(text: str) -> None:
    with pytest.raises(BadValue, match="did you mean 'Mpps'"):
        units.parse_packet_rate(text)


@pytest.mark.parametrize(
    ("value_ps", "digits", "text"),
    [
        (0, 3, "0 ps"),
        (999, 3, "999 ps"),
        (1000, 3, "1.00 ns"),
        (999_960, 3, "1.00 us"),
        (999_400, 3, "999 ns"),
        (12_345_678, 3, "12.3 us"),
        (12_345_678, 5, "12.346 us"),
        (-1500, 3, "-1.50 ns"),
        (Fraction(1, 3), 3, "0.33 ps"),
    ],
)
def test_format_time(value_ps: int, digits: int, text: str) -> None:
    assert units.format_time(value_ps, digits) == text


def test_format_the_others() -> None:
    assert units.format_bit_rate(9_412_345_678) == "9.41 Gbit/s"
    assert units.format_packet_rate(1_200_000_000) == "1.20 Mpps"
    assert units.format_size(1536) == "1.50 KiB"
    assert units.format_ratio(125_000) == "12.5 %"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10 us", "time"),
        ("64 B", "size"),
        ("1 Gbps", "bit rate"),
        ("1 pps", "packet rate"),
        ("80 %", "ratio"),
        ("5 m", "length"),
    ],
)
def test_dimension_of(text: str, name: str) -> None:
    found = units.dimension_of(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("value", ["10", "10 parsec", 10, None, "us"])
def test_dimension_of_nothing(value: object) -> None:
    assert units.dimension_of(value) is None


def test_no_unit_has_two_meanings() -> None:
    names = [name for dimension in units.DIMENSIONS for name in dimension.factors]
    assert len(names) == len(set(names))
