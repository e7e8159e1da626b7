"""An SR-IOV device as frozen data: what its capability says, how large its windows are, who drives it, who says so.

1. ``Bar`` is one base address register, ``Port`` what differs from one PF of the device to the next.
2. ``Origin`` says for named fields where their values were read, with the status of ``simulator.citation``.
3. A device that is added is one more ``Model`` in ``catalogue.py`` and no code.

*Scope*: one kind of PF per device. Express, power management and error reporting registers are those of the 82576 in
every model, except link speed and width. *Validation*: ``tests/sriov/test_devices.py`` (every number has an origin; the
registers of each model against recorded dumps).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator.citation import Status

Kind = Literal["network", "storage"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A base address register: how much it decodes, and of what kind."""

    size_bytes: int
    is_64bit: bool = True
    prefetchable: bool = True
    is_io: bool = False

    @property
    def type_bits(self) -> int:
        """The read-only low bits of the register."""
        return 1 if self.is_io else 4 * self.is_64bit | 8 * self.prefetchable


@dataclass(frozen=True, slots=True)
class Port:
    """First VF Offset of one PF, with ARI Capable Hierarchy and without."""

    offset_ari: int
    offset_plain: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the values of ``fields`` come from."""

    fields: str
    """Names of fields of ``Model``, separated by spaces."""
    status: Status
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """One device, as it is shipped."""

    name: str
    title: str
    kind: Kind
    vendor_id: int
    device_id: int
    vf_device_id: int
    names: tuple[str, str, str]
    """Vendor, PF and VF, as ``lspci`` names them."""
    total_vfs: int
    ports: tuple[Port, ...]
    vf_stride: int
    pf_bars: Mapping[int, Bar]
    vf_bars: Mapping[int, Bar]
    pf_msix: int
    vf_msix: int
    pf_driver: str
    vf_driver: str
    link_mbit_s: int
    """Speed of a port; 0 for a device without one."""
    pcie_generation: int
    pcie_lanes: int
    origins: tuple[Origin, ...]
    class_code: int = 0x020000
    revision: int = 1
    subsystem: tuple[int, int] = (0, 0)
    supported_pages: int = 0x553
    msix_bar: int = 3
    pba_offset: int = 0x2000
    vf_msix_pool: int = 0
    """Vectors that the PF driver may share out among VFs; 0: each VF has its fixed number."""
    initial_vfs: int | None = None
    """None: as TotalVFs, which every device without VF migration must have."""
    migration: bool = False
    acs: bool = False
    """Whether PF and VFs have Access Control Services; a device without it and with VF-to-VF traffic inside is still
    taken as isolated by Linux where each function stands alone behind its port."""
    checks_page_size: bool = True
    """Emulated devices take any System Page Size at any time."""
    vf_memory_bit: bool = False
    """Whether a VF's Memory Space bit can be set; by the specification it is 0, and the PF's MSE decides."""
    extended: Mapping[str, int] = field(default_factory=lambda: {"AER": 0x100, "ARI": 0x150, "SR-IOV": 0x160})
    """Extended capabilities of the PF by offset; VFs have all but SR-IOV."""

    @property
    def sriov_offset(self) -> int:
        """Where the SR-IOV capability of the PF begins."""
        return self.extended["SR-IOV"]
