"""What is right value by value and can be built, and still means nothing: windows without a packet, timeouts that
always fire.

*Scope*: one point, against the rate of its line. *Validation*: ``tests/unit/test_audit.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator import units
from simulator.errors import BadValue
from simulator.parts.wire import FRAME_OVERHEAD_BYTES
from simulator.scenario.checks import Fault
from simulator.scenario.choice import FrameSize
from simulator.scenario.fields import SMALLEST_FRAME_BYTES
from simulator.scenario.model import Scenario
from simulator.scenario.routes import routes
from simulator.scenario.traffic import Bulk, RequestResponse

_FCS_BYTES = 4
_BITS_PS = 8 * 10**12


def nonsense(scenario: Scenario, line_bps: int) -> Iterator[Fault]:
    """Yield every such fault with the location of the value it is about; a line of rate 0 takes no time."""
    if line_bps:
        yield from _window(scenario, line_bps)
        yield from _timeouts(scenario, line_bps)


def _wire_ps(frame_bytes: int, line_bps: int) -> int:
    return -(-(frame_bytes - _FCS_BYTES + FRAME_OVERHEAD_BYTES) * _BITS_PS // line_bps)


def _window(scenario: Scenario, line_bps: int) -> Iterator[Fault]:
    duration_ps, frame_ps = scenario.measurement.duration_ps, _wire_ps(SMALLEST_FRAME_BYTES, line_bps)
    if duration_ps < frame_ps:
        message = f"is shorter than one frame on this line, {units.exact_time(frame_ps)}: nothing can be measured"
        yield ("measurement", "duration"), BadValue("", message, units.exact_time(duration_ps))


def _timeouts(scenario: Scenario, line_bps: int) -> Iterator[Fault]:
    """Every client that times out sends again; what all send in one timeout must fit the line, or they drown it."""
    for index, item in enumerate(scenario.traffic):
        if isinstance(item, RequestResponse):
            clients, frame_bytes = item.outstanding, max(_largest(item.request), _largest(item.response))
        elif isinstance(item, Bulk):
            clients, frame_bytes = item.flows, item.segment_bytes
        else:
            continue
        ways = [way for way in routes(scenario, item) if None in way.nodes]  # between guests there may be no line
        together = clients * len(ways) // (len(scenario.nics) or 1)
        least_ps = together * _wire_ps(frame_bytes, line_bps)
        if item.timeout_ps < least_ps:
            what = "one frame takes" if together == 1 else f"the frames of {together} clients take"
            message = (
                f"is shorter than the {units.format_time(least_ps)} that {what} on this line: no answer can be in time"
            )
            yield ("traffic", index, "timeout"), BadValue("", message, units.exact_time(item.timeout_ps))


def _largest(size: FrameSize) -> int:
    if size.uniform is not None:
        return size.uniform.high_bytes
    return size.fixed_bytes or SMALLEST_FRAME_BYTES
