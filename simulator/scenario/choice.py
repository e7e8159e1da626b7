"""Maps of which exactly one key is written: a size is fixed, a mix, a distribution or a uniform range.

A plain text stands for the first key: ``size: 64 B`` is ``size: {fixed: 64 B}``.

*Scope*: sizes, times and places of vCPUs.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from simulator.errors import BadValue
from simulator.scenario import names
from simulator.scenario.fields import Cores, Frame, Strict, Time, name_of, refuse


class OneOf(Strict):
    """A map of which exactly one key is written; ``first`` is the key that a plain text stands for."""

    first: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return {cls.first: data}
        if len(data) != 1:
            known = tuple(field.alias or name for name, field in cls.model_fields.items())
            raise refuse(BadValue("", "must have exactly one key", data, known))
        return data

    @model_serializer(mode="wrap")
    def _written_key(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}


class SizeRange(Strict):
    """Sizes drawn evenly, both ends included."""

    low_bytes: Frame = Field(alias="from")
    """Smallest size."""
    high_bytes: Frame = Field(alias="to")
    """Largest size."""

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, data: Any) -> Any:
        return {"from": data[0], "to": data[1]} if isinstance(data, list) and len(data) == 2 else data

    @model_validator(mode="after")
    def _ordered(self) -> SizeRange:
        if self.low_bytes > self.high_bytes:
            raise refuse(BadValue("", "ends before it starts"))
        return self


class TimeRange(Strict):
    """Times drawn evenly, both ends included."""

    low_ps: Time = Field(alias="from")
    """Shortest time."""
    high_ps: Time = Field(alias="to")
    """Longest time."""

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, data: Any) -> Any:
        return {"from": data[0], "to": data[1]} if isinstance(data, list) and len(data) == 2 else data

    @model_validator(mode="after")
    def _ordered(self) -> TimeRange:
        if self.low_ps > self.high_ps:
            raise refuse(BadValue("", "ends before it starts"))
        return self


class FrameSize(OneOf):
    """Frame sizes with FCS, as the field counts them: 64 B is the smallest Ethernet frame."""

    first: ClassVar[str] = "fixed"
    fixed_bytes: Frame | None = Field(default=None, alias="fixed")
    """All frames have this size."""
    imix: Annotated[str, name_of("packet mix", names.imixes)] | None = None
    """A packet mix of the field, by name."""
    distribution: Annotated[str, name_of("size distribution", names.distributions)] | None = None
    """A measured distribution of sizes, by name."""
    uniform: SizeRange | None = None
    """Drawn evenly, as ``[64 B, 1518 B]`` or ``{from, to}``."""


class Duration(OneOf):
    """A time that is fixed or drawn."""

    first: ClassVar[str] = "fixed"
    fixed_ps: Time | None = Field(default=None, alias="fixed")
    """Always this time."""
    exponential_ps: Time | None = Field(default=None, alias="exponential")
    """The mean."""
    uniform: TimeRange | None = None
    """Drawn evenly, as ``[1 us, 5 us]`` or ``{from, to}``."""


class Placement(OneOf):
    """Where the vCPUs of a group of guests run."""

    first: ClassVar[str] = "kind"
    kind: Annotated[str, name_of("placement", lambda: ("pinned",))] | None = None
    """``pinned``: each vCPU has a core of its own."""
    cores: Cores | None = None
    """These cores, handed out in turn."""
    share: Annotated[int, Field(strict=True, ge=1, le=1024)] | None = None
    """The vCPUs of the group share so many cores, handed out in turn."""
