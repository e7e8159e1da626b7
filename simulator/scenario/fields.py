"""The kinds of value a scenario is made of: quantities with units, switches, names, lists of cores.

Each kind reads what a user may write, says in one sentence why it will not do, writes itself back as text that reads
the same, and describes itself in the JSON Schema that editors use.

*Scope*: single values; the maps they stand in are in ``host.py``, ``guest.py`` and ``traffic.py``.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from simulator import units
from simulator.errors import BadValue, InputError, unknown

MOST_CORES = 8192
SMALLEST_FRAME_BYTES = 64
"""With FCS; Ethernet has none below."""
_ON = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


class Strict(BaseModel):
    """A map whose keys are all known; it never changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


def changed(item: Strict, names: Iterable[str]) -> list[str]:
    """Return the fields of these names that are not as they are without being written, sorted."""
    fields = type(item).model_fields
    return sorted(name for name in names if getattr(item, name) != fields[name].default)


class FileReference(Strict):
    """A file beside the scenario that names it."""

    name: str
    path: Path = Field(exclude=True)


def refuse(error: InputError, *keys: str) -> PydanticCustomError:
    """Return ``error`` in the form that the validator collects; of a fault between keys of a map, the keys, the first one
    written in the map, which can be read without it."""
    return PydanticCustomError("refused", "{what}", {"what": error.message, "error": error, "keys": keys})


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is read, written and described."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    schema: Callable[[], dict[str, Any]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validate, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.schema()

    def _validate(self, value: Any) -> Any:
        try:
            return self.read(value)
        except InputError as error:
            raise refuse(error) from None


def quantity(dimension: units.Dimension, *, least: int = 0, off: bool = False) -> Kind:
    """Return the kind of a quantity; with ``off``, the word ``off`` means 0."""

    def read(value: Any) -> int:
        if off and value in ("off", False):
            return 0
        amount = units.parse(value, dimension)
        if amount < least:
            raise BadValue("", f"is less than {units.exact(least, dimension)}", value)
        return amount

    def write(value: int) -> str:
        return "off" if off and value == 0 else units.exact(value, dimension)

    def schema() -> dict[str, Any]:
        known = "|".join(name.replace("/", "\\/") for name in dimension.factors)
        pattern = rf"^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\s*({known}){'|off' if off else ''}$"
        shown: dict[str, Any] = {"type": "string", "pattern": pattern, "examples": [dimension.example]}
        return {"anyOf": [shown, {"const": False}]} if off else shown

    return Kind(read, write, schema)


def truth(value: Any) -> bool:
    """Read a switch."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _ON:
        return _ON[value]
    raise unknown("", "switch position", value, ("on", "off"))


def _read_cores(value: Any) -> tuple[int, ...]:
    pieces = value if isinstance(value, list) else str(value).split(",") if isinstance(value, (str, int)) else None
    if pieces is None or isinstance(value, bool) or not pieces:
        raise BadValue("", "is not a list of cores; write '0-3,8' or [0, 1]", value)
    cores = [core for piece in pieces for core in _core_range(piece)]
    if len(set(cores)) != len(cores):
        raise BadValue("", "names a core twice", value)
    return tuple(cores)


def _core_range(piece: Any) -> range:
    first, _, last = str(piece).strip().partition("-")
    bounds = [int(end) for end in (first, last or first) if end.isascii() and end.isdigit() and len(end) < 6]
    if isinstance(piece, bool) or len(bounds) != 2 or bounds[0] > bounds[1]:
        raise BadValue("", "is not a core or a range of cores such as '0-3'", piece)
    if bounds[1] >= MOST_CORES:
        raise BadValue("", f"is beyond core {MOST_CORES - 1}", piece)
    return range(bounds[0], bounds[1] + 1)


def name_of(what: str, choices: Callable[[], tuple[str, ...]]) -> Kind:
    """Return the kind of a name that must be one of ``choices()``."""

    def read(value: Any) -> str:
        # 82599 is a number to YAML and the name of an adapter to its reader
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or text not in choices():
            raise unknown("", what, value, choices())
        return text

    return Kind(read, str, lambda: {"type": "string", "enum": list(choices())})


def _identity(value: Any) -> Any:
    return value


SWITCH = Kind(truth, _identity, lambda: {"enum": [True, False, *sorted(_ON)]})
CORES = Kind(_read_cores, list, lambda: {"anyOf": [{"type": t} for t in ("string", "integer", "array")]})

Switch = Annotated[bool, SWITCH]
Cores = Annotated[tuple[int, ...], CORES]
Time = Annotated[int, quantity(units.TIME)]
PositiveTime = Annotated[int, quantity(units.TIME, least=1)]
TimePerByte = Annotated[int, quantity(units.TIME_PER_BYTE, least=1)]
TimeOrOff = Annotated[int, quantity(units.TIME, off=True)]
Size = Annotated[int, quantity(units.SIZE, least=1)]
Frame = Annotated[int, quantity(units.SIZE, least=SMALLEST_FRAME_BYTES)]
BitRate = Annotated[int, quantity(units.BIT_RATE, least=1)]
PacketRate = Annotated[int, quantity(units.PACKET_RATE, least=1)]
Length = Annotated[int, quantity(units.LENGTH)]
Clock = Annotated[int, quantity(units.FREQUENCY, least=100_000_000)]
Weight = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Ring = Annotated[int, Field(strict=True, ge=1, le=65_536)]
ScenarioName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,99}$")]
NAME = r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,63}$"
NO_NAME = "is not a name (letters, digits, space, '-' and '_', at most 64)"
Name = Annotated[str, Field(pattern=NAME)]
