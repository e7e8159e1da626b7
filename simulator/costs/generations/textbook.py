"""The textbook host: round expectations of a modern server, all assumed, with single-packet sums that fit on a
blackboard.

*Scope*: goldens and statements about direction; never a statement about a real machine.
*Validation*: ``tests/unit/test_costs.py`` adds the reference sums from these values.
"""

from __future__ import annotations

from simulator.costs.assemble import assemble_host, machine
from simulator.costs.compose import assumed
from simulator.costs.expectations import every_name, expected
from simulator.costs.model import Host

_POLLING = (
    assumed("halt_poll_max_ns", "200000", "ns", "Linux default on x86"),
    assumed("halt_poll_grow", "2", "ratio"),
    assumed("halt_poll_grow_start_ns", "10000", "ns"),
    assumed("halt_poll_shrink", "2", "ratio"),
)

_GUEST = (
    assumed("pv_eoi", "0", "bool", "the sums pay each end of interrupt"),
    assumed("guest_nohz", "0", "bool", "the sums contain no timer"),
)

_IOMMU = (
    assumed("iotlb_entries", "64", "entries"),
    assumed("iommu_walk", "300", "ns"),
    assumed("iommu_walkers", "4", "walkers"),
    assumed("iommu_nested_walk", "400", "ns"),
)


def build() -> Host:
    """The host ``textbook``."""
    return assemble_host(
        name="textbook",
        title="Textbook server (every value assumed)",
        default_nic="textbook-nic",
        families=(),
        rows=(*expected(*every_name()), *_POLLING),
        facts=machine(
            assumed("cpu_hz", "3000000000", "Hz"), cores="16", apicv=True, posted=True, guest=_GUEST, iommu=_IOMMU
        ),
        exact=True,
    )
