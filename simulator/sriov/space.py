"""Configuration space: 4,096 bytes of which a write changes only the bits that its masks allow.

1. Every bit has a value, a mask of writable bits and a mask of bits that a written 1 clears.
2. What is in neither mask is read-only: a write to it is taken and changes nothing, as the bus has it.
3. Which bits may be written can change with the state of the device; ``allow`` sets that.

*Scope*: accesses of 1, 2 or 4 aligned bytes, as the bus knows them. *Validation*: ``tests/sriov/test_registers.py``.
"""

from __future__ import annotations

from simulator.errors import BadValue

SIZE_BYTES = 4096


class ConfigSpace:
    """The bytes of one function with their masks; little-endian."""

    __slots__ = ("_clears", "_data", "_writable")

    def __init__(self) -> None:
        self._data = bytearray(SIZE_BYTES)
        self._writable = bytearray(SIZE_BYTES)
        self._clears = bytearray(SIZE_BYTES)

    def define(self, offset: int, size: int, value: int = 0, writable: int = 0, clears: int = 0) -> None:
        """Give ``size`` bytes their value and masks: what a reset, the device or its firmware sets."""
        for target, given in ((self._data, value), (self._writable, writable), (self._clears, clears)):
            target[offset : offset + size] = given.to_bytes(size, "little")

    def allow(self, offset: int, size: int, writable: int) -> None:
        """Change which bits may be written from now on."""
        self._writable[offset : offset + size] = writable.to_bytes(size, "little")

    def put(self, offset: int, size: int, value: int) -> None:
        """Set a value whatever the masks say: the device itself does so."""
        self._data[offset : offset + size] = value.to_bytes(size, "little")

    def read(self, offset: int, size: int) -> int:
        """Return the value of an aligned register."""
        _check(offset, size)
        return int.from_bytes(self._data[offset : offset + size], "little")

    def write(self, offset: int, size: int, value: int) -> None:
        """Write as software does: masks decide what happens to each bit."""
        _check(offset, size)
        if not 0 <= value < 1 << 8 * size:
            raise BadValue(f"configuration space, {offset:#x}", f"does not fit {size} bytes", value)
        for index, given in enumerate(value.to_bytes(size, "little"), offset):
            mask, old = self._writable[index], self._data[index]
            self._data[index] = (old & ~mask | given & mask) & ~(given & self._clears[index]) & 0xFF

    def lines(self) -> list[str]:
        """Return the sixteen-byte lines of ``lspci -xxxx``."""
        return [f"{at:02x}: {self._data[at : at + 16].hex(' ')}" for at in range(0, SIZE_BYTES, 16)]

    def __bytes__(self) -> bytes:
        return bytes(self._data)


def _check(offset: int, size: int) -> None:
    if size not in (1, 2, 4) or offset % size or not 0 <= offset <= SIZE_BYTES - size:
        raise BadValue(
            "configuration space", "is no aligned register of 1, 2 or 4 bytes below 0x1000", f"{offset:#x}+{size}"
        )
