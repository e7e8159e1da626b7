"""What a result document must look like for charts: the keys they read, with types and bounds.

The document may hold more; what is missing or of another kind is named with its place, as in ``points[3].latency_us.p99``.

*Scope*: shape, not truth: numbers that do not belong together are drawn as they stand. *Validation*:
tests/unit/test_charts_damaged.py: damaged documents are refused in one line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from simulator.errors import InputError

Text = Annotated[str, StringConstraints(max_length=2000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Amount = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**18)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Latency(_Strict):
    mean: Amount | None
    p50: Amount | None
    p90: Amount | None
    p99: Amount | None
    p99_9: Amount | None = Field(alias="p99.9")
    p99_99: Amount | None = Field(alias="p99.99")
    max: Amount | None


class _Stage(_Strict):
    name: Name
    wait_us: Amount
    service_us: Amount


class _Exact(_Strict):
    count: Count
    minimum_ps: Count | None = None


class _Balance(_Strict):
    offered: Count


class _Range(_Strict):
    min: Amount | None
    max: Amount | None


class _Guest(_Strict):
    offered_pps: Amount | None
    delivered_pps: Amount | None
    throughput_bps: Amount | None
    latency_us: _Latency


class _Point(_Strict):
    series: Text
    datapath: Name
    interrupts: Text = ""
    parameters: dict[Name, Text]
    offered_pps: Amount | None
    delivered_pps: Amount | None
    throughput_bps: Amount | None
    latency_us: _Latency
    loss_ratio: Amount | None
    host_cores_busy: Amount | None
    guest_cores_busy: Amount | None
    host_work_cores: Amount | None = None
    guest_work_cores: Amount | None = None
    polling_cores: Amount | None = None
    exits_per_packet: Amount | None
    steady: bool | Amount | Text | None = None
    stages: list[_Stage]
    exits: dict[Name, Count]
    drops: dict[Name, Count]
    work_split: dict[Name, dict[Name, Amount]] | None = None
    latency_exact: _Exact
    conservation: _Balance
    ranges: dict[Name, _Range] = {}
    cost_status: dict[Name, Count] = {}
    replications: Annotated[int, Field(ge=1, le=10**6)] = 1
    window_s: Amount | None = None
    line_rate_bps: Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)] | None = None
    bottleneck: Text = ""
    hosts: dict[Text, dict[Name, Amount | None]] | None = None
    guests: dict[Name, dict[Literal["all", "rx", "tx"], _Guest]] | None = None


class _Document(_Strict):
    scenario: Name
    title: Text = ""
    thresholds: list[Text] = []
    points: list[_Point]


_ADAPTER = TypeAdapter(_Document)


def checked(document: Any, file: Path) -> None:
    """Raises InputError that names the file, the first place that is wrong, and how many more there are."""
    try:
        _ADAPTER.validate_python(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        said = f"{_place(faults[0]['loc'])}: {faults[0]['msg'].lower()}{more}"
        raise InputError(str(file), f"is damaged or of an older version: {said}") from None
    if len({tuple(point["parameters"]) for point in document["points"]}) > 1:
        raise InputError(str(file), "is damaged: its points do not have the same swept parameters")


def _place(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".")
