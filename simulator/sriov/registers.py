"""The SR-IOV extended capability as a table: every register with its place, its bits and who may write them.

This table is what the device is built from, what ``sriovsim device --registers`` prints and what the reset values in
the tests refer to; offsets count from the start of the capability.

1. A ``Register`` has fields; a field is a range of bits with one access right.
2. Rights are those of the PCIe text: RO, HwInit (read-only once firmware has run), RW, RW1C (a written 1 clears).
3. A right that depends on state says so in ``rule``; ``function.py`` keeps the rule.

*Scope*: capability version 1, 64 bytes. *Validation*: ``tests/sriov/test_registers.py`` writes all ones and all zeros
to every register and compares what stays with the rights named here; ``tests/sriov/test_igb.py`` replays a recorded
session of reads and writes.
"""

from __future__ import annotations

from dataclasses import dataclass

CAPABILITY_ID = 0x0010
LENGTH_BYTES = 0x40

CONTROL, STATUS, INITIAL_VFS, TOTAL_VFS, NUM_VFS = 0x08, 0x0A, 0x0C, 0x0E, 0x10
DEPENDENCY_LINK, FIRST_VF_OFFSET, VF_STRIDE, VF_DEVICE_ID = 0x12, 0x14, 0x16, 0x1A
SUPPORTED_PAGES, SYSTEM_PAGE, VF_BAR0, MIGRATION_ARRAY = 0x1C, 0x20, 0x24, 0x3C

VF_ENABLE, MIGRATION_ENABLE, MIGRATION_INTERRUPT, VF_MSE, ARI_HIERARCHY = 1, 2, 4, 8, 16
MIGRATION_CAPABLE, ARI_PRESERVED = 1, 2


@dataclass(frozen=True, slots=True)
class Field:
    """Bits ``low`` to ``high`` of a register."""

    name: str
    high: int
    low: int
    access: str
    rule: str = ""

    @property
    def mask(self) -> int:
        """The field's bits within its register."""
        return (1 << self.high + 1) - (1 << self.low)


@dataclass(frozen=True, slots=True)
class Register:
    """A register of the capability."""

    name: str
    offset: int
    size: int
    fields: tuple[Field, ...]

    def mask(self, *access: str) -> int:
        """Return the bits with one of these rights."""
        return sum(field.mask for field in self.fields if field.access in access)


def _whole(name: str, offset: int, size: int, access: str, rule: str = "") -> Register:
    return Register(name, offset, size, (Field(name, 8 * size - 1, 0, access, rule),))


REGISTERS = (
    Register("Header", 0x00, 4, (
        Field("Capability ID", 15, 0, "RO"), Field("Version", 19, 16, "RO"), Field("Next", 31, 20, "RO"))),
    Register("SR-IOV Capabilities", 0x04, 4, (
        Field("VF Migration Capable", 0, 0, "HwInit"),
        Field("ARI Capable Hierarchy Preserved", 1, 1, "HwInit"),
        Field("VF 10-Bit Tag Requester", 2, 2, "HwInit"),
        Field("VF Migration Interrupt Message", 31, 21, "HwInit"))),
    Register("SR-IOV Control", CONTROL, 2, (
        Field("VF Enable", 0, 0, "RW", "cannot be set while NumVFs is above TotalVFs"),
        Field("VF Migration Enable", 1, 1, "RW", "RO 0 unless migration capable"),
        Field("VF Migration Interrupt", 2, 2, "RW", "RO 0 unless migration capable"),
        Field("VF Memory Space Enable", 3, 3, "RW", "no effect without VF Enable"),
        Field("ARI Capable Hierarchy", 4, 4, "RW", "in the lowest PF of the device only, while VF Enable is 0"))),
    Register("SR-IOV Status", STATUS, 2, (
        Field("VF Migration Status", 0, 0, "RW1C", "RO 0 unless migration capable"),)),
    _whole("InitialVFs", INITIAL_VFS, 2, "HwInit"),
    _whole("TotalVFs", TOTAL_VFS, 2, "HwInit"),
    _whole("NumVFs", NUM_VFS, 2, "RW", "while VF Enable is 0"),
    _whole("Function Dependency Link", DEPENDENCY_LINK, 1, "HwInit"),
    _whole("First VF Offset", FIRST_VF_OFFSET, 2, "RO", "may change with NumVFs and ARI Capable Hierarchy"),
    _whole("VF Stride", VF_STRIDE, 2, "RO", "may change with NumVFs and ARI Capable Hierarchy"),
    _whole("VF Device ID", VF_DEVICE_ID, 2, "HwInit"),
    _whole("Supported Page Sizes", SUPPORTED_PAGES, 4, "HwInit", "bit n: pages of 2^(n+12) bytes"),
    _whole("System Page Size", SYSTEM_PAGE, 4, "RW", "one supported bit, while VF Enable is 0"),
    *(_whole(f"VF BAR{bar}", VF_BAR0 + 4 * bar, 4, "RW", "address bits above the size, while VF Enable or MSE is 0")
      for bar in range(6)),
    _whole("VF Migration State Array", MIGRATION_ARRAY, 4, "RO"),
)  # fmt: skip
BY_NAME = {register.name: register for register in REGISTERS}
