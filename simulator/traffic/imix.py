"""Five published IMIX definitions as streams of frame lengths.

Sizes are frames with FCS, as their users write them; streams give the model's length, which is without FCS.

*Scope*: sizes are drawn independently; no definition states an order of its frames.

*Validation*: tests/unit/test_traffic_sizes.py (packet and byte shares by hand).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.errors import unknown
from simulator.formats.pcap import FCS_BYTES
from simulator.plan import draws


@dataclass(frozen=True, slots=True)
class Imix:
    """`packets`: (frame size with FCS in bytes, how many of them in one repetition of the mix)."""

    packets: tuple[tuple[int, int], ...]
    source: str
    status: str = "cited"


IMIXES: Mapping[str, Imix] = MappingProxyType(
    {
        "csit_imix_v4_1": Imix(
            ((64, 28), (570, 16), (1518, 4)), "FDio/csit, docs/content/overview/csit/test_tags.md and rls1701 reports"
        ),
        "nf_service_density_draft": Imix(
            ((64, 7), (570, 4), (1518, 1)), "FDio/csit, docs/ietf/draft-mkonstan-nf-service-density-01.md"
        ),
        "nfvbench": Imix(((64, 7), (594, 4), (1518, 1)), "opnfv/nfvbench, nfvbench/traffic_gen/traffic_utils.py"),
        "trex_stl_imix_py": Imix(
            ((64, 28), (594, 16), (1518, 4)), "trex-core, scripts/stl/imix.py (60, 590, 1514 there: FCS added here)"
        ),
        "snabb_lwaftr_imix": Imix(
            ((64, 5), (594, 3), (1500, 1)),
            "Igalia/snabb issue 645; whether sizes include FCS is not said there",
            "assumed",
        ),
    }
)


def imix(name: str) -> Imix:
    """The named mix; InputError lists the names."""
    if name not in IMIXES:
        raise unknown("imix", "IMIX", name, tuple(IMIXES))
    return IMIXES[name]


def length_stream(stream_name: str, mix: Imix) -> draws.Stream:
    """Frame lengths without FCS in bytes, each with its share of packets."""
    return draws.table(stream_name, [size - FCS_BYTES for size, _ in mix.packets], [count for _, count in mix.packets])
