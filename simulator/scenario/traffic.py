"""What is sent, to or from which guests, and how fast: one class for each kind of source.

1. ``direction: rx`` is towards the guests, ``tx`` from them; a request-response with ``rx`` has its client off the
   host.
2. An open loop has exactly one of ``rate`` (packets per second), ``throughput`` (bits of frames with FCS per second)
   and ``load`` (share of the port's line rate, preamble and gap included).
3. A rate is for each selected guest; with ``total: on`` it is for all of them together.

*Scope*: description only. Sizes are of frames with FCS.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simulator import units
from simulator.errors import BadValue, InputError
from simulator.scenario.choice import Duration, FrameSize
from simulator.scenario.fields import (
    FileReference,
    Frame,
    Kind,
    Name,
    PositiveTime,
    Strict,
    Switch,
    Time,
    quantity,
    refuse,
)

Direction = Literal["rx", "tx"]
MOST_CONNECTIONS = 4096
"""Connections are sources of their own, whose tables grow with them; flows of an open loop cost nothing."""
Flows = Annotated[int, Field(strict=True, ge=1, le=1_048_576)]
Selection = Annotated[str | tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=4096)]
_RATES = ("rate", "throughput", "load")
_LARGEST_SUPER_PACKET_BYTES = 65_536
_TCP_FRAME_BYTES = 58
"""Ethernet, IPv4 and TCP headers without options, and FCS."""
_RATE_KEYS = {
    units.PACKET_RATE.name: ("rate", "packets per second"),
    units.BIT_RATE.name: ("throughput", "bits per second"),
    units.RATIO.name: ("load", "a share of the line"),
}


def _rate(dimension: units.Dimension) -> Kind:
    """The kind of a rate, which knows the keys of the other two."""
    kind = quantity(dimension, least=1)

    def read(value: Any) -> Any:
        other = units.dimension_of(value)
        if other is not None and other is not dimension and other.name in _RATE_KEYS:
            key, words = _RATE_KEYS[other.name]
            raise BadValue("", f"is {words}, which is the key '{key}'", value)
        return kind.read(value)

    return Kind(read, kind.write, kind.schema)


class _Common(Strict):
    name: Name
    """Unique, the kind unless it is given; names the random numbers, so that two scenarios with the same names send the
    same packets."""
    guests: Selection = "all"
    """``all``, a name, a pattern such as ``vm*``, or a list of them."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_kind(cls, data: Any) -> Any:
        return {"name": data.get("kind")} | data if isinstance(data, dict) else data


class _Ways(_Common):
    direction: Direction = "rx"
    """``rx`` is towards the guests, ``tx`` from them; of requests and bulk data that of the client or sender."""
    sender: Selection | None = Field(default=None, alias="from")
    """Who sends, in place of guests and direction: guests as above, or ``peer``, the far end of the wire."""
    to: Selection | None = None
    """Who receives: guests or ``peer``. The k-th of from sends to the k-th of to, round the shorter list, and never to itself."""

    @model_validator(mode="after")
    def _both_ends(self) -> _Ways:
        given = [key for key, value in (("from", self.sender), ("to", self.to)) if value is not None]
        if len(given) == 1:
            raise refuse(InputError("", f"gives {given[0]} alone; from and to go together", None, ("from", "to")))
        if given and self.model_fields_set & {"guests", "direction"} and (self.guests, self.direction) != ("all", "rx"):
            raise refuse(InputError("", "says both from and to, and guests or direction: one way to say it is enough"))
        return self

    def turns_back(self) -> bool:
        """Return whether a guest that receives it sends something back."""
        return False

    def chain(self) -> Selection | None:
        """Return the guests between both ends."""
        return None


class _Rated(_Common):
    total: Switch = False
    """Whether the rate is for all selected guests together."""
    rate_millipps: Annotated[int, _rate(units.PACKET_RATE)] | None = Field(default=None, alias="rate")
    """Packets per second."""
    throughput_bps: Annotated[int, _rate(units.BIT_RATE)] | None = Field(default=None, alias="throughput")
    """Bits of frames with FCS per second."""
    load_ppm: Annotated[int, _rate(units.RATIO)] | None = Field(default=None, alias="load")
    """Share of the port's line rate, preamble and gap included."""
    overload: Switch = False
    """Whether more may be offered than the line carries; what it cannot take is then dropped at the generator."""

    def rates(self) -> tuple[str, ...]:
        """Return which of rate, throughput and load are given."""
        given = zip(_RATES, (self.rate_millipps, self.throughput_bps, self.load_ppm), strict=True)
        return tuple(name for name, value in given if value is not None)


class _OpenLoop(_Ways, _Rated):
    size: FrameSize = FrameSize.model_validate("64 B")
    """Sizes of the frames."""
    flows: Flows = 1
    """Flows per guest, drawn evenly."""
    echo: Switch = False
    """Whether the guest sends each packet back, as a reflector does; latency is then that of the way there and back."""
    through: Selection | None = None
    """Guests that forward the packets, one after the other, on the way between from and to: a chain."""
    reverse: Switch = False
    """Whether the chain is passed from its end: the last guest first, and of each its second interface."""
    spoofed: Switch = False
    """Whether the frames of a guest with a function of the adapter carry an address that is not its own."""

    @model_validator(mode="after")
    def _echo_comes_back(self) -> _OpenLoop:
        if self.echo and (self.direction == "tx" or self.to == "peer"):
            message = "is of packets towards a guest; from one nobody sends them back"
            raise refuse(BadValue("", message, "echo"), "echo", "direction", "to")
        if self.through is not None and self.to is None:
            message = "gives through without from and to, the ends of the chain"
            raise refuse(InputError("", message, None, ("from", "to")), "through", "from", "to")
        if self.spoofed and (self.through is not None or (self.direction == "rx" and self.sender in (None, "peer"))):
            message = "is of frames that guests send (direction: tx, or from), without a chain"
            raise refuse(BadValue("", message, "spoofed"), "spoofed", "direction", "from", "through")
        if self.reverse and self.through is None:
            message = "says reverse, and has no chain to pass from its end"
            raise refuse(InputError("", message, None, ("through",)), "reverse", "through")
        if self.through is not None and self.echo:
            raise refuse(BadValue("", "is not of a chain, whose packets do not come back", "echo"), "echo", "through")
        if self.sender == self.to == "peer" and self.through is None:
            raise refuse(
                InputError("", "goes from the far end to the far end; a chain names the guests between, as through")
            )
        return self

    def turns_back(self) -> bool:
        """Return whether a guest that receives it sends something back."""
        return self.echo

    def chain(self) -> Selection | None:
        """Return the guests between both ends."""
        return self.through

    @model_validator(mode="after")
    def _one_rate(self) -> _OpenLoop:
        if len(self.rates()) != 1:
            what = "gives " + " and ".join(self.rates()) if self.rates() else "gives no rate"
            raise refuse(InputError("", f"{what}; exactly one is needed", None, _RATES))
        return self


class Poisson(_OpenLoop):
    """Independent packets: exponential gaps."""

    kind: Literal["poisson"]
    """The kind of source."""
    new_flows_ppm: Annotated[int, quantity(units.RATIO)] = Field(default=0, alias="new_flows")
    """Share of the packets that are the first of a flow, which the switch's flow table does not know; below 100 %."""

    @model_validator(mode="after")
    def _some_are_known(self) -> Poisson:
        if self.new_flows_ppm >= 1_000_000:
            raise refuse(
                InputError("", "makes every packet the first of a flow; at most 99.9999 % can be"), "new_flows"
            )
        if self.new_flows_ppm and self.through is not None:
            raise refuse(
                InputError("", "says new_flows of a chain, whose forwarders address packets anew"), "new_flows"
            )
        return self


class Constant(_OpenLoop):
    """Equal gaps; the guests start at different instants of the first gap."""

    kind: Literal["constant"]
    """The kind of source."""


class Bursts(_OpenLoop):
    """Groups of ``burst`` packets, ``gap`` apart within the group, groups at the pace that gives the rate."""

    kind: Literal["bursts"]
    """The kind of source."""
    burst: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 32
    """Packets in a group."""
    gap_ps: Time = Field(default=0, alias="gap")
    """Time between packets of a group; 0 is back to back."""


class RequestResponse(_Ways):
    """``outstanding`` clients per guest, each with one request under way."""

    kind: Literal["request-response"]
    """The kind of source."""
    request: FrameSize = FrameSize.model_validate("64 B")
    """Sizes of requests."""
    response: FrameSize = FrameSize.model_validate("64 B")
    """Sizes of responses."""
    outstanding: Annotated[int, Field(strict=True, ge=1, le=4096)] = 1
    """Clients per guest, each with one request under way."""
    think: Duration = Duration.model_validate("0 ps")
    """Time from a response to the next request."""
    timeout_ps: PositiveTime = Field(default=200_000_000_000, alias="timeout")
    """After this time a request counts as lost and the next one goes out."""
    flows: Flows = 1
    """Flows per guest, drawn evenly."""

    def turns_back(self) -> bool:
        """Return whether a guest that receives it sends something back."""
        return True

    @model_validator(mode="after")
    def _fixed_response(self) -> RequestResponse:
        if self.response.fixed_bytes is None:
            raise refuse(InputError("", "a response has one fixed size, such as '64 B'"), "response")
        return self


class Bulk(_Ways):
    """A TCP stream whose sender always has something to write: a window of segments, and acknowledgements the other way."""

    kind: Literal["bulk"]
    """The kind of source."""
    window: Annotated[int, Field(strict=True, ge=1, le=65_536)] = 64
    """Most unacknowledged packets per connection, as its buffers allow."""
    congestion: Literal["cubic", "reno", "none"] = "cubic"
    """How the window opens from ten segments and closes on loss: to 0.7 of it and 0.53 segments a round (cubic, on short paths), to a half
    and one segment (reno), not at all (none)."""
    message_bytes: Annotated[int, quantity(units.SIZE, least=1)] | None = Field(default=None, alias="message")
    """Bytes that each call of the application writes or reads; small writes share a segment. null: one call for each packet that the
    stack handles."""
    nodelay: Switch = False
    """Whether every message is a segment of its own (TCP_NODELAY, nothing left to merge with)."""
    segment_bytes: Frame = Field(default=1518, alias="segment")
    """Size of a full frame."""
    super_packet_bytes: Frame | None = Field(default=None, alias="super_packet")
    """Size of the packets that the guest's stack handles when it segments late and merges early; null: one frame
    each."""
    ack_every: Annotated[int, Field(strict=True, ge=1, le=1024)] = 2
    """Frames that one acknowledgement answers; of what was merged, or sent as one super-packet, it answers all."""
    timeout_ps: PositiveTime = Field(default=200_000_000_000, alias="timeout")
    """Without an acknowledgement for so long, the connection starts again with one packet."""
    flows: Annotated[int, Field(strict=True, ge=1, le=MOST_CONNECTIONS)] = 1
    """Connections per guest."""

    def turns_back(self) -> bool:
        """Return whether a guest that receives it sends something back."""
        return True

    @model_validator(mode="after")
    def _super_packet_holds_segments(self) -> Bulk:
        size = self.super_packet_bytes
        if size is not None and not self.segment_bytes <= size <= _LARGEST_SUPER_PACKET_BYTES:
            limits = f"from one segment, {units.exact(self.segment_bytes, units.SIZE)}, to 64 KiB"
            message = f"as super_packet is not {limits}"
            raise refuse(BadValue("", message, units.exact(size, units.SIZE)), "super_packet", "segment")
        return self

    @model_validator(mode="after")
    def _message_is_a_segment(self) -> Bulk:
        if self.nodelay and not 0 < (self.message_bytes or 0) <= self.segment_bytes - _TCP_FRAME_BYTES:
            most = units.exact(max(1, self.segment_bytes - _TCP_FRAME_BYTES), units.SIZE)
            raise refuse(
                InputError("", f"says nodelay, which needs a message that fits a segment, at most {most}"),
                "nodelay",
                "message",
            )
        return self


def _read_file(value: Any) -> FileReference:
    if not isinstance(value, FileReference):
        raise BadValue("", "is not the name of a file", value)
    return value


FILE = Kind(_read_file, lambda value: value.name, lambda: {"type": "string"})
InputFile = Annotated[FileReference, FILE]


class Capture(_Rated):
    """Recorded packets: one ``file`` with its own timing, or a ``mix`` of connections; a rate rescales time."""

    kind: Literal["capture"]
    """The kind of source."""
    file: InputFile | None = None
    """A capture in pcap or pcapng format, plain or packed with gzip or zstd, beside the scenario; it is repeated when it
    ends."""
    mix: InputFile | None = None
    """A mix file: captures that are connections, and how often each starts."""
    guest_side: Annotated[str, Field(max_length=80)] | None = None
    """Address, MAC or network of the guest's side in the capture; a mix names its own."""
    strict: Switch = False
    """Whether a capture that would have to be mended is refused: times out of order, a record cut or contradicting
    itself, frames of other hosts, above the MTU or not of Ethernet."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Capture:
        if (self.file is None) == (self.mix is None):
            raise refuse(InputError("", "needs exactly one of file and mix", None, ("file", "mix")))
        if len(self.rates()) > 1:
            raise refuse(
                InputError("", "gives " + " and ".join(self.rates()) + "; at most one is possible", None, _RATES)
            )
        if self.mix is not None and self.guest_side is not None:
            message = "as guest_side does not go with a mix, which names its own"
            raise refuse(BadValue("", message, self.guest_side), "guest_side", "mix")
        return self


KINDS = ("poisson", "constant", "bursts", "request-response", "bulk", "capture")

Traffic = Annotated[Poisson | Constant | Bursts | RequestResponse | Bulk | Capture, Field(discriminator="kind")]
