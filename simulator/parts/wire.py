"""The cable: one link per direction, and the far end, which is infinitely fast.

*Scope*: full duplex, no errors, no flow control frames. On top of a frame the wire carries 4 bytes FCS, 8 preamble, 12
gap.
*Validation*: tests/theory (14.88 million frames of 64 B per second on 10 Gbit/s), conformance vectors of links.
"""

from __future__ import annotations

from simulator.parts.settings import PortSettings
from simulator.parts.stages import WIRE
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import Link

FRAME_OVERHEAD_BYTES = 24
SEGMENT_HEADER_BYTES = 54


def add_wire(builder: PlanBuilder, port: PortSettings, name: str, target_kind: str, target: int) -> int:
    """One direction of the cable."""
    return builder.add(
        Link(
            name=name,
            rate_bps=port.rate_bps,
            propagation_ps=port.cable_ps,
            frame_overhead_bytes=FRAME_OVERHEAD_BYTES,
            segment_header_bytes=SEGMENT_HEADER_BYTES,
            stage=builder.stage(WIRE),
            target_kind=target_kind,
            target=target,
        )
    )
