"""Who maps packets for devices: the host's drivers behind its IOMMU, and the driver in a guest behind a virtual one.

*Scope*: words; what mapping costs is ``simulator.parts.mapping``'s. *Validation*: ``tests/unit/test_scenario_grammar.py``, ``tests/bad``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from simulator.errors import BadValue
from simulator.scenario.fields import Strict, refuse

MAPS = ("lazy", "strict")


class _Mapped(Strict):
    """A mode, and what it means for received packets; one word is the mode."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, data: Any) -> Any:
        if data is False:  # the word off, as older YAML reads it
            data = "off"
        return {"mode": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _fits_mode(self) -> _Mapped:
        mode, pages = getattr(self, "mode"), getattr(self, "receive_pages")  # noqa: B009  (fields of the subclasses)
        if pages == "mapped" and mode not in MAPS:
            raise refuse(BadValue("", f"is for modes {' and '.join(MAPS)}; the mode is {mode}", pages), "receive_pages")
        return self


class Iommu(_Mapped):
    """The host's IOMMU. A word is its mode: ``iommu: strict``."""

    mode: Literal["off", "passthrough", "lazy", "strict"] = "passthrough"
    """Host drivers: ``passthrough`` uses memory as it is, ``lazy`` and ``strict`` map each packet, and forget what is unmapped 256 at a time
    or at once. ``off``: there is no IOMMU, so that no function can be given to a guest and interrupts are not remapped."""
    receive_pages: Literal["kept", "mapped"] = "kept"
    """Whether the driver keeps its receive pages mapped and uses them again, or maps every received packet anew."""


class VirtualIommu(_Mapped):
    """The IOMMU of a guest that has a function of the adapter. A word is its mode: ``viommu: strict``."""

    mode: Literal["off", "passthrough", "lazy", "strict"] = "off"
    """What the guest's driver does behind it, as for the host's; ``off``: the guest has none."""
    translation: Literal["shadow", "nested"] = "shadow"
    """``shadow``: the hypervisor keeps a copy of the guest's table, so that each map and unmap exits; ``nested``: the hardware walks both
    tables, so that only invalidations exit and walks are longer."""
    receive_pages: Literal["kept", "mapped"] = "kept"
    """As the host's."""
