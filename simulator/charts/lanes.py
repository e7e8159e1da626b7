"""The timeline of one packet as lanes: where it is, and who works meanwhile in guest, VMM, host, PCIe, NIC and wire.

1. Top lane: the stages of the packet, end to end; they add up to its latency.
2. Lanes below: what each place does while the packet is on its way, also what the packet does not wait for.

*Scope*: spans in, figure out; made by `simulator.explain.spans`. *Validation*: tests/unit/test_charts.py: a bar per span;
tests/unit/test_explain.py: the spans cover the latency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from simulator.charts import style
from simulator.charts.caption import MARK, cost_note, in_time
from simulator.charts.frame import finish, frame
from simulator.errors import SimulatorError

PACKET = "packet"
LANES = (PACKET, "guest", "VMM", "host", "PCIe", "NIC", "wire")
PS_PER_US = 10**6
CHARACTER_INCHES = 0.62 * style.TICK_POINTS / 72
AXES_INCHES, APART_INCHES = 11.2, 0.42
BAR_HEIGHT, LEAST_INCHES, TOP = 0.66, 0.035, -3.5
ROTATION, PLOT_INCHES = 30, 6.2
Span = Mapping[str, Any]


def timeline_chart(spans: Sequence[Span], title: str = "", cost_status: Mapping[str, int] | None = None) -> Figure:
    """Lanes over time in us. Each span has ``lane`` (one of `LANES`), ``step``, ``start_ps``, ``end_ps`` and perhaps
    ``label``, the accounting label that gives its colour, and ``core``. Raises SimulatorError without spans of the packet."""
    stages = [span for span in spans if span["lane"] == PACKET]
    if not stages:
        raise SimulatorError("there is no packet to draw")
    point = {"cost_status": dict(cost_status or {})}
    note = cost_note([point], "this path")
    figure, (axes,) = frame(title or "One packet's way")
    end = max(span["end_ps"] for span in stages)
    axes.set_xlim(0, end / PS_PER_US * 1.03)
    rows = _rows(spans)
    for span in spans:
        _bar(axes, span, *rows[_row(span)], end)
    _words(axes, spans, rows, end)
    _stage_words(axes, stages, end)
    axes.set_yticks(range(len(LANES)), labels=LANES)
    axes.set_ylim(len(LANES) - 0.4, TOP)
    style.dress(axes, f"One packet of 64 B into an idle guest {MARK if note else ''}".strip(), "time, us", grid="x")
    axes.tick_params(axis="y", length=0)
    axes.axhline(0.5, color="#4D4D4D", linewidth=1)
    labels = dict.fromkeys(span["label"] for span in spans if span.get("label"))
    handles = [Patch(facecolor=style.LABEL_COLOURS.get(n, style.GREY), label=style.WORDS.get(n, n)) for n in labels]
    return finish(figure, handles, [_seen(stages, end), note], plot_inches=PLOT_INCHES)


def _row(span: Span) -> tuple[str, str]:
    return span["lane"], span.get("core", "")


def _rows(spans: Sequence[Span]) -> dict[tuple[str, str], tuple[float, float]]:
    """(lane, core) -> (middle, height): cores that work at the same time share their lane's height."""
    found: dict[str, list[str]] = {}
    for lane, core in sorted({_row(span) for span in spans}):
        found.setdefault(lane, []).append(core)
    rows = {}
    for lane, cores in found.items():
        parts = len(cores) if _overlap([span for span in spans if span["lane"] == lane]) else 1
        for number, core in enumerate(cores):
            above = BAR_HEIGHT * ((number % parts + 0.5) / parts - 0.5)
            rows[lane, core] = (LANES.index(lane) + above, BAR_HEIGHT / parts)
    return rows


def _overlap(spans: Sequence[Span]) -> bool:
    ordered = sorted(spans, key=lambda span: span["start_ps"])
    return any(one["end_ps"] > other["start_ps"] for one, other in pairwise(ordered))


def _bar(axes: Axes, span: Span, middle: float, height: float, end: int) -> None:
    least = end * LEAST_INCHES / AXES_INCHES
    width = max(span["end_ps"] - span["start_ps"], least) / PS_PER_US
    edge = style.GREY if span["lane"] == PACKET else "white"
    axes.barh(
        middle, width, height, left=span["start_ps"] / PS_PER_US, color=_colour(span), edgecolor=edge, linewidth=0.8
    )


def _colour(span: Span) -> str:
    """The packet's stages have their names above them and need no colours; the rest has that of its label or lane."""
    if span["lane"] == PACKET:
        return style.PLAIN
    return style.LABEL_COLOURS.get(span.get("label", "")) or style.LANE_COLOURS.get(span["lane"], style.GREY)


def _words(axes: Axes, spans: Sequence[Span], rows: Mapping[tuple[str, str], tuple[float, float]], end: int) -> None:
    """Names of steps: inside where they fit, behind where nothing follows for long enough, otherwise none. A lane that
    is called like its step needs none."""
    inches = AXES_INCHES / (end * 1.03)
    # Cores that never work at the same time share one place, and so the room for words.
    for lane, (place, height) in dict.fromkeys((lane, where) for (lane, _), where in rows.items()):
        if lane == PACKET or height < BAR_HEIGHT:
            continue
        own = sorted((s for s in spans if s["lane"] == lane and s["step"] != lane), key=lambda span: span["start_ps"])
        for number, span in enumerate(own):
            free = (own[number + 1]["start_ps"] if number + 1 < len(own) else end) - span["end_ps"]
            need = CHARACTER_INCHES * (len(span["step"]) + 1)
            if need <= (span["end_ps"] - span["start_ps"]) * inches:
                middle = (span["start_ps"] + span["end_ps"]) / 2 / PS_PER_US
                axes.text(middle, place, span["step"], ha="center", va="center", fontsize=style.TICK_POINTS,
                          color=style.ink(_colour(span)))  # fmt: skip
            elif need + LEAST_INCHES <= free * inches:
                behind = max(span["end_ps"], span["start_ps"] + LEAST_INCHES / inches) / PS_PER_US
                axes.text(behind, place, f" {span['step']}", va="center", fontsize=style.TICK_POINTS)


def _stage_words(axes: Axes, stages: Sequence[Span], end: int) -> None:
    """Names of the stages above the top lane; neighbours too near for a name each share one."""
    inches = AXES_INCHES / (end * 1.03)
    groups: list[tuple[float, list[str]]] = []
    for span in stages:
        middle = (span["start_ps"] + span["end_ps"]) / 2
        if groups and (middle - groups[-1][0]) * inches < APART_INCHES:
            groups[-1][1].append(span["step"])
        else:
            groups.append((middle, [span["step"]]))
    for middle, names in groups:
        axes.annotate(
            _together(names), (middle / PS_PER_US, -BAR_HEIGHT / 2), (0, 4), textcoords="offset points", rotation=ROTATION,
            ha="left", va="bottom", rotation_mode="anchor", fontsize=style.TICK_POINTS, annotation_clip=False,
        )  # fmt: skip


def _together(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names)


def _seen(stages: Sequence[Span], end: int) -> str:
    start = min(span["start_ps"] for span in stages)
    longest = max(stages, key=lambda span: span["end_ps"] - span["start_ps"])
    length = longest["end_ps"] - longest["start_ps"]
    total = end - start
    return (
        f"Top: where the packet is; below: who works meanwhile. {in_time(total / PS_PER_US)} from the sender to the "
        f"application; longest: {longest['step']}, {in_time(length / PS_PER_US)}, {100 * length / total:.0f} %."
    )
