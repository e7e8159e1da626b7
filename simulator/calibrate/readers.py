"""What measuring programs print, read as observations: a metric of the simulator, or a sum of costs.

| program | what is taken |
| --- | --- |
| iperf3 ``--json`` | UDP: packets per second that arrived, lost share; TCP: rate, as frames of 1,518 B |
| netperf (``-- -k`` or JSON of a wrapper) | transactions per second, mean and p50 of the round trip |
| sockperf ``ping-pong`` | mean and percentiles of half a round trip, doubled |
| TRex (``get_stats`` as JSON) | received packets per second, average latency |
| NFVbench ``--json`` | packets per second at the no-drop rate |
| ``kvm-unit-tests`` vmexit | cycles of single exits: sums of costs, by the clock given |
| ``perf kvm stat report`` | shortest time of an exit to user space: less than what it costs, so with a wide error |

*Scope*: single results; what carries no cost (``ethtool -c`` settings, ``ethtool -S`` counters without a time) is refused with
what to do instead. *Validation*: ``tests/calibrate/test_readers.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from simulator.errors import BadValue, InputError

LEAST_ERROR = 0.01
_TCP_PAYLOAD, _TCP_FRAME, _UDP_HEADERS = 1448, 1518, 46
_EXIT_ERROR, _SHORTEST_ERROR = 0.05, 0.5
_VMEXIT = {
    "vmcall": "k_exit",
    "cpuid": "k_exit",
    "inl_from_qemu": "k_exit + q_exit + q_mmio",
    "inl_from_pmtimer": "k_exit + q_exit + q_mmio",
    "mmio_wildcard_eventfd": "k_exit + k_ioeventfd",
    "mmio_datamatch_eventfd": "k_exit + k_ioeventfd",
    "wr_tsc_deadline_msr": "k_timer",
    "tscdeadline": "k_timer",
}
"""Test of vmexit -> costs that it is the sum of."""
_TO_USER_SPACE = ("IO_INSTRUCTION", "EPT_MISCONFIG", "ioio", "npf")
_PERCENTILES = {"50.000": "latency.p50", "90.000": "latency.p90", "99.000": "latency.p99", "99.900": "latency.p99.9"}


@dataclass(frozen=True, slots=True)
class Observed:
    """A value in the metric's own unit (a sum of costs: ns), and how far off it may be, as a share of it."""

    what: str
    """A metric, or costs joined by `` + ``."""
    value: float
    error: float
    place: str

    @property
    def costs(self) -> tuple[str, ...]:
        """The costs that it is the sum of; empty for a metric."""
        return tuple(self.what.split(" + ")) if re.fullmatch(r"[a-z]_\w+( \+ [a-z]_\w+)*", self.what) else ()


def read(path: Path, clock_hz: float | None) -> tuple[Observed, ...]:
    """All observations of a file; ``InputError`` if it is of no kind that is known, or holds nothing that tells of a cost."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadValue(str(path), f"cannot be read: {error.strerror}") from None
    content = _json(text)
    for known, reader in _READERS:
        if known(text, content):
            found = tuple(reader(text, content, str(path), clock_hz))
            if not found:
                raise InputError(str(path), "holds no number from which a cost follows")
            return found
    raise InputError(str(path), "is the output of no program that calibrate reads", None, tuple(PROGRAMS))


PROGRAMS = ("iperf3", "netperf", "sockperf", "trex", "nfvbench", "vmexit", "perf kvm stat")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _iperf3(_: str, content: Any, place: str, __: float | None) -> Iterator[Observed]:
    end, start = content["end"], content.get("start", {}).get("test_start", {})
    rates = [interval["sum"]["bits_per_second"] for interval in content.get("intervals", []) if "sum" in interval]
    error = _spread(rates)
    if start.get("protocol", "TCP").upper() == "UDP":
        found = end["sum"]
        lost = found.get("lost_percent", 0) / 100
        yield Observed("delivered_pps", found["packets"] * (1 - lost) / found["seconds"], error, place)
        if lost > 0:
            yield Observed("loss_ratio", lost, max(error, 0.1), place)
    else:
        yield Observed(
            "throughput_bps", end["sum_received"]["bits_per_second"] * _TCP_FRAME / _TCP_PAYLOAD, error, place
        )


def _spread(values: list[float]) -> float:
    """Error of a mean, as a share of it."""
    if len(values) < 2 or not mean(values):
        return 0.05
    error: float = stdev(values) / mean(values) / len(values) ** 0.5
    return max(LEAST_ERROR, error)


def _netperf(text: str, content: Any, place: str, _: float | None) -> Iterator[Observed]:
    pairs = content if isinstance(content, dict) else dict(re.findall(r"^(\w+)=(\S+)", text, re.MULTILINE))
    names = {
        "mean_latency": "latency.mean",
        "p50_latency": "latency.p50",
        "p90_latency": "latency.p90",
        "p99_latency": "latency.p99",
    }
    for key, value in pairs.items():
        if key.lower() in names:
            yield Observed(names[key.lower()], float(value), 0.03, place)
        elif key.upper() == "TRANSACTION_RATE":
            yield Observed("delivered_pps", float(value), 0.02, place)


def _sockperf(text: str, _: Any, place: str, __: float | None) -> Iterator[Observed]:
    for number in re.findall(r"Summary: Latency is ([\d.]+) usec", text):
        yield Observed("latency.mean", 2 * float(number), 0.03, place)
    for share, number in re.findall(r"percentile\s+([\d.]+)\s*=\s*([\d.]+)", text):
        if share in _PERCENTILES:
            yield Observed(_PERCENTILES[share], 2 * float(number), 0.03, place)


def _trex(_: str, content: Any, place: str, __: float | None) -> Iterator[Observed]:
    rate = content["global"].get("rx_pps")
    if rate:
        yield Observed("delivered_pps", float(rate), 0.02, place)
    for stream in content.get("latency", {}).values():
        average = stream.get("latency", {}).get("average") if isinstance(stream, dict) else None
        if average:
            yield Observed("latency.mean", float(average), 0.05, place)


def _nfvbench(_: str, content: Any, place: str, __: float | None) -> Iterator[Observed]:
    for chain in content["benchmarks"]["network"]["service_chain"].values():
        for result in chain["result"]["result"].values():
            if "ndr" in result:
                yield Observed("delivered_pps", float(result["ndr"]["rate_pps"]), 0.05, place)


def _vmexit(text: str, _: Any, place: str, clock_hz: float | None) -> Iterator[Observed]:
    if clock_hz is None:
        raise InputError(place, "gives cycles: state the clock of the TSC as 'clock: 2.4 GHz' beside the file")
    for name, cycles in re.findall(r"^(\w+)\s+(\d+)\s*$", text, re.MULTILINE):
        if name in _VMEXIT:
            yield Observed(_VMEXIT[name], int(cycles) / clock_hz * 1e9, _EXIT_ERROR, f"{place}: {name}")


def _perf(text: str, _: Any, place: str, __: float | None) -> Iterator[Observed]:
    for name, shortest in re.findall(r"^\s*(\w+)\s+\d+\s+[\d.]+%\s+[\d.]+%\s+([\d.]+)us", text, re.MULTILINE):
        if name in _TO_USER_SPACE:
            yield Observed("q_exit + q_mmio", float(shortest) * 1000, _SHORTEST_ERROR, f"{place}: {name}")


def _settings(_: str, __: Any, place: str, ___: float | None) -> Iterator[Observed]:
    raise InputError(
        place, "is ethtool -c: settings of the adapter, no costs; state them as nic.moderation of the scenario"
    )


def _counters(_: str, __: Any, place: str, ___: float | None) -> Iterator[Observed]:
    raise InputError(
        place,
        "is ethtool -S: counters since the driver was loaded, from which no rate follows; give the rate between two readings as "
        "'metric: delivered_pps' with 'value'",
    )


Reader = Callable[[str, Any, str, float | None], Iterator[Observed]]
_READERS: tuple[tuple[Callable[[str, Any], bool], Reader], ...] = (
    (lambda _, content: isinstance(content, dict) and "end" in content and "start" in content, _iperf3),
    (lambda _, content: isinstance(content, dict) and "benchmarks" in content, _nfvbench),
    (lambda _, content: isinstance(content, dict) and "global" in content, _trex),
    (lambda _, content: isinstance(content, dict) and any("latency" in str(key).lower() for key in content), _netperf),
    (
        lambda text, _: re.search(r"^(TRANSACTION_RATE|MEAN_LATENCY|P50_LATENCY)=", text, re.MULTILINE) is not None,
        _netperf,
    ),
    (lambda text, _: "sockperf" in text, _sockperf),
    (lambda text, _: re.search(r"^(vmcall|cpuid|inl_from_\w+)\s+\d+\s*$", text, re.MULTILINE) is not None, _vmexit),
    (lambda text, _: re.search(r"VM-EXIT\s+Samples", text) is not None, _perf),
    (lambda text, _: re.search(r"^Coalesce parameters for", text, re.MULTILINE) is not None, _settings),
    (lambda text, _: re.search(r"^NIC statistics:", text, re.MULTILINE) is not None, _counters),
)
