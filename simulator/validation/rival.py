"""A predictor that knows nothing but other people's measurements: what does it take to beat it?

1. The guess for a point is the median of all other groups' values of the same path, metric, unit and frame size.
2. Where no other group has that size, the median over all sizes; where no other group has the path and metric, nothing.
3. All roles but ``calibration`` count as knowledge, also points that the model cannot express; a measurement that stands in two
   places counts once. The scored group is left out.

*Scope*: paths are compared by family (``FAMILIES``), since every source words them its own way.
*Validation*: ``tests/validation/test_score.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from simulator.validation.model import Point, Source

FAMILIES = {
    "native, polled": ("native, polled", "native_dpdk", "native_user_driver"),
    "native": ("native", "native_kernel"),
    "passthrough, polled": ("sriov-vf, polled", "direct-assignment, polled", "sriov_vf_dpdk", "direct_assignment_dpdk"),
    "passthrough": ("sriov-vf", "direct-assignment", "sriov_vf", "direct_assignment"),
    "vhost-net": ("vhost-net", "vhost_net", "virtio_macvtap", "macvtap"),
    "vhost-net, polled": ("vhost-net, polled", "virtio_kernel_vswitch"),
    "virtio-qemu": ("virtio-qemu", "virtio_qemu"),
    "vhost-user": ("vhost-user", "vhost-user, polled", "vhost_user", "snabb_vhost_user"),
    "emulated-e1000": ("emulated-e1000", "emulated_e1000"),
}
"""Family -> the names of its paths in the files."""


def family(path: str) -> str:
    """What a path is called among sources; its own name where there is no family."""
    return next((name for name, paths in FAMILIES.items() if path in paths), path)


def guesses(sources: Sequence[Source], points: Iterable[Point]) -> dict[str, float]:
    """Point id -> the rival's guess, for the points where it has one."""
    known = [
        point for source in sources for point in source.points if point.role != "calibration" and not point.same_as
    ]
    found = {point.id: _guess(point, known) for point in points}
    return {name: value for name, value in found.items() if value is not None}


def _guess(point: Point, known: Sequence[Point]) -> float | None:
    alike = [other for other in known if other.group != point.group and _kind(other) == _kind(point)]
    same_size = [other for other in alike if other.frame_bytes == point.frame_bytes]
    values = [other.measured for other in same_size or alike]
    return median(values) if values else None


def _kind(point: Point) -> tuple[str, str, str, bool]:
    metric = point.metric.replace("round trip", "latency")
    return family(point.path), metric, point.unit, point.kept
