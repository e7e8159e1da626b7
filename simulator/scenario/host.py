"""The machine and its network adapter, as a scenario names them: a catalogued model, and what differs from it.

A host may also be a file of the reader's own, see :mod:`simulator.costs.hostfile`: ``host: ./rack-7.yaml``.

*Scope*: null (nothing written) means the catalogued model's own value.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from simulator import units
from simulator.errors import BadValue, unknown
from simulator.scenario import names
from simulator.scenario.fields import (
    MOST_CORES,
    BitRate,
    Clock,
    Cores,
    FileReference,
    Kind,
    Length,
    Name,
    PositiveTime,
    Ring,
    Size,
    Strict,
    Switch,
    Time,
    changed,
    name_of,
    refuse,
    truth,
)
from simulator.scenario.iommu import Iommu

IDEAL_HOST = "textbook"
"""The host whose sums are worked out by hand: no tick, no idle states, no spread of costs unless they are asked for."""
_LARGEST_FACTOR = 1_000_000
_COST_DIMENSIONS = (units.TIME, units.TIME_PER_BYTE)


def _read_cost(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_FACTOR:
        return str(value)
    dimension = units.dimension_of(value)
    if dimension not in _COST_DIMENSIONS:
        raise BadValue("", "is neither a time such as '600 ns' nor a time per byte such as '80 ps/B'", value)
    units.parse(value, dimension)
    return str(value)


def _read_model(value: Any) -> str | FileReference:
    known = names.hosts()
    if isinstance(value, FileReference):
        return value
    if isinstance(value, str) and value in known:
        return value
    raise unknown("", "host", value, known)


def _model_schema() -> dict[str, Any]:
    file = {"type": "string", "pattern": r"\.ya?ml$"}
    return {"anyOf": [{"type": "string", "enum": list(names.hosts())}, file]}


MODEL = Kind(_read_model, lambda value: value.name if isinstance(value, FileReference) else str(value), _model_schema)
COST = Kind(_read_cost, str, lambda: {"type": ["string", "integer"], "examples": ["600 ns", "80 ps/B", 2]})


class Scheduler(Strict):
    """How the host shares a core among threads: ``fair`` (latency, granularities) or ``rr`` (quantum)."""

    kind: Literal["fair", "rr"] = "fair"
    """The policy."""
    latency_ps: PositiveTime | None = Field(default=None, alias="latency")
    """``fair``: time in which every thread shall run once; null is the host model's."""
    minimum_granularity_ps: PositiveTime | None = Field(default=None, alias="minimum_granularity")
    """``fair``: shortest slice; null is the host model's."""
    wakeup_granularity_ps: Time | None = Field(default=None, alias="wakeup_granularity")
    """``fair``: lead that a waking thread needs to pre-empt; null is the host model's."""
    quantum_ps: PositiveTime | None = Field(default=None, alias="quantum")
    """``rr``: slice; null is 30 ms."""

    @model_validator(mode="after")
    def _fits_kind(self) -> Scheduler:
        other = {"fair": ("quantum_ps",), "rr": ("latency_ps", "minimum_granularity_ps", "wakeup_granularity_ps")}
        for name in other[self.kind]:
            if getattr(self, name) is not None:
                raise refuse(BadValue("", f"has no {name.removesuffix('_ps')}", self.kind))
        return self


class Capabilities(Strict):
    """Interrupt hardware, where it shall differ from the host model's."""

    apicv: Switch | None = None
    """Virtual APIC: interrupts and their end without exits; null is the host model's."""
    posted_interrupts: Switch | None = None
    """The adapter posts interrupts to a running vCPU; null is the host model's."""


class Softirq(Strict):
    """The host's softirq dispatcher."""

    demote: Switch = True
    """Whether long softirq work moves to ksoftirqd, as in Linux."""


class Host(Strict):
    """One machine of the catalogue and what differs from it."""

    model: Annotated[str | FileReference, MODEL] = "modern"
    """Machine generation of the cost catalogue, or a host file beside the scenario: costs measured on a machine."""
    core_count: Annotated[int, Field(strict=True, ge=1, le=MOST_CORES)] | None = Field(default=None, alias="cores")
    """Cores of the host; null is as many as the guests, their helpers and the interrupts need."""
    clock_hz: Clock | None = Field(default=None, alias="clock")
    """Clock of all cores; null is the model's. Costs that sources give in cycles scale with it, those given in time stay."""
    tick: Switch
    """Timer tick on every core; on, but off on the textbook host."""
    idle: Annotated[str, name_of("idle word", names.idle_words)]
    """How deep an idle core sleeps: default (a governor chooses), c1, poll, or a tuned profile; poll on the textbook host."""
    noise: Annotated[str, name_of("noise", names.noise_words)] = "off"
    """What the kernel does besides on every core and vCPU: off, ordinary, isolated, nohz_full, rt_tick, rt."""
    smt: Switch = False
    """Whether cores 2n and 2n + 1 are hardware threads of one, which slow each other down."""
    backend_cores: Cores | None = None
    """Cores that vhost threads and QEMU's loops share in turn; null is a core of its own for each."""
    firewall: Literal["off", "filter", "conntrack"] = "off"
    """What the Linux bridge does to each frame besides: br_netfilter with an empty rule set, or connection tracking too."""
    iommu_pages: Literal["off", "4 KiB", "2 MiB", "1 GiB"] = "off"
    """Pages by which the IOMMU maps memory for good, such as a guest's: those that back it on the host; off: no translation is ever missing."""
    iommu: Iommu = Iommu()
    """Whether the host's own drivers map packets for their devices."""
    variability: Switch
    """Whether costs spread over the range of their sources; on, but off on the textbook host."""
    scheduler: Scheduler = Scheduler()
    """How threads share a core."""
    capabilities: Capabilities = Capabilities()
    """Interrupt hardware that differs from the model's."""
    softirq: Softirq = Softirq()
    """The host's softirq dispatcher."""
    costs: dict[str, Annotated[str, COST]] = Field(default_factory=dict, max_length=256)
    """Costs that shall differ from the catalogue; they count as assumed."""
    irq_cores: Cores | None = None
    """Cores that take the host's device interrupts."""

    _factors: dict[str, float] = PrivateAttr(default_factory=dict)
    """Factors of a machine drawn from the ranges of its costs, see ``drawn``; no file can say them."""

    @model_validator(mode="before")
    @classmethod
    def _ideal_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        real = data.get("model", "modern") != IDEAL_HOST
        given = dict(data)
        if "idle_states" in given:
            if "idle" in given:
                message = "goes together with idle, which says more"
                raise refuse(BadValue("", message, "idle_states"), "idle_states", "idle")
            on = truth(given.pop("idle_states"))
            given["idle"] = "default" if on else "poll"
        return {"tick": real, "idle": "default" if real else "poll", "variability": real} | given

    @property
    def source(self) -> str:
        """What ``costs.host`` knows the model by: its name, or the path of its file."""
        return str(self.model.path) if isinstance(self.model, FileReference) else self.model

    def cost_overrides(self) -> dict[str, int]:
        """Return the changed costs in the catalogue's units: ps, ns for names that end in ``_ns``, fs per byte for those
        in ``_fs``, plain numbers for factors."""
        return {name: _in_unit_of(name, text) for name, text in self.costs.items()}


def _in_unit_of(name: str, text: str) -> int:
    dimension = units.dimension_of(text)
    if dimension is None:
        return int(text)
    return units.parse(text, dimension) // (1000 if name.endswith("_ns") else 1)


class Pcie(Strict):
    """The slot of the adapter."""

    generation: Annotated[int, Field(strict=True, ge=1, le=6)] | None = None
    """PCIe generation; null is the adapter's."""
    lanes: Literal[1, 2, 4, 8, 16, None] = None
    """Lanes; null is the adapter's."""
    mps_bytes: Size | None = Field(default=None, alias="mps")
    """Largest payload of a packet on the bus, a power of two from 128 B to 4 KiB; null is the adapter's."""
    mrrs_bytes: Size | None = Field(default=None, alias="mrrs")
    """Largest read request, a power of two from 128 B to 4 KiB; null is the adapter's."""

    @model_validator(mode="after")
    def _powers_of_two(self) -> Pcie:
        for name, size in (("mps", self.mps_bytes), ("mrrs", self.mrrs_bytes)):
            if size is not None and size not in (128, 256, 512, 1024, 2048, 4096):
                raise refuse(
                    BadValue("", f"as {name} is not a power of two from 128 B to 4 KiB", units.exact(size, units.SIZE))
                )
        return self


class Arbiter(Strict):
    """How the adapter's transmit engine serves its functions: ``rr`` by packets, ``drr`` by bytes and weight."""

    kind: Literal["rr", "drr"] = "rr"
    """The policy."""
    quantum_bytes: Size = Field(default=1500, alias="quantum")
    """``drr``: bytes per turn and unit of weight."""


class Moderation(Strict):
    """When a completion becomes an interrupt.

    ``adaptive``: as the driver of each function does it by default; ``none``: at once; ``gap``: not sooner than ``interval`` after
    the last; ``coalesce``: ``interval`` after the first completion or after ``frames``; ``coalesce-eqe``: ``gap``, or after
    ``frames``; ``coalesce-cqe``: ``interval`` after the last completion, or after ``frames``.
    """

    kind: Literal["adaptive", "none", "gap", "coalesce", "coalesce-eqe", "coalesce-cqe"]
    """The rule."""
    interval_ps: PositiveTime | None = Field(default=None, alias="interval")
    """Its time; every kind but ``adaptive`` and ``none`` needs it."""
    frames: Annotated[int, Field(strict=True, ge=1, le=65_535)] | None = None
    """Completions that do not wait for the interval; ``coalesce`` kinds only."""

    @model_validator(mode="after")
    def _fits_kind(self) -> Moderation:
        timeless = self.kind in ("adaptive", "none")
        if (self.interval_ps is None) != timeless:
            need = "takes no interval" if timeless else "needs an interval such as '50 us'"
            raise refuse(BadValue("", need, self.kind))
        if self.frames is not None and not self.kind.startswith("coalesce"):
            raise refuse(BadValue("", "takes no frames", self.kind))
        return self


class Nic(Strict):
    """One adapter of the catalogue and what differs from it."""

    model: Annotated[str, name_of("NIC", names.nics)] = "e810"
    """Adapter of the cost catalogue."""
    rate_bps: BitRate | None = Field(default=None, alias="rate")
    """Rate of the port; null is the adapter's."""
    cable_mm: Length | None = Field(default=None, alias="cable")
    """Length of the cable, 5 ns per metre; null is none."""
    pcie: Pcie = Pcie()
    """The slot."""
    rx_ring: Ring | None = None
    """Receive descriptors of every queue whose guest asks for none; null is the adapter's."""
    tx_ring: Ring | None = None
    """Transmit descriptors of every queue whose guest asks for none; null is the adapter's."""
    drop_enable: Switch | None = None
    """Whether a frame without a descriptor is dropped at once or waits in the packet buffer and blocks what follows."""
    far: Literal["cores", "cores and memory", None] = None
    """What is on another NUMA node than the adapter; null is nothing."""
    arbiter: Arbiter = Arbiter()
    """How the transmit engine serves its functions."""
    moderation: Moderation | None = None
    """When a completion becomes an interrupt; null is the adapter's default."""
    loopback_bps: BitRate | None = Field(default=None, alias="loopback")
    """Cap of the embedded switch's traffic between two functions; null is the adapter's."""

    _factors: dict[str, float] = PrivateAttr(default_factory=dict)
    """As those of the host."""


class NamedNic(Nic):
    """One of several adapters."""

    name: Name | None = None
    """What guests call it by; null is nic0, nic1, ... in order."""


class Bond(Strict):
    """Two adapters of a host as one under its kernel's switch; ``active-backup`` is ``{mode: active-backup}``."""

    mode: Literal["active-backup", "layer2", "layer3+4"]
    """active-backup: the second takes over when the first has no link; the others share: layer2 by both addresses, layer3+4 by flow too."""
    miimon_ps: PositiveTime = Field(default=100_000_000_000, alias="miimon")
    """How often the links are looked at, from the beginning of the window; a change is acted upon at the next look."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, data: Any) -> Any:
        return {"mode": data} if isinstance(data, str) else data


class VirtualSwitch(Strict):
    """What carries packets between guests and the wire."""

    kind: Annotated[str, name_of("switch", names.switches)] = "automatic"
    """``automatic`` is what the datapaths need; another name stands for all of its family (adapter, kernel, user space)."""
    cores: Cores | None = None
    """Cores of the polling threads of ovs-dpdk, vpp or testpmd, one on each; null is one core of its own."""
    masks: Annotated[int, Field(strict=True, ge=1, le=4096)] = 1
    """ovs-kernel: masks of its flow table that a packet tries in the mean."""
    smc: Switch = False
    """ovs-dpdk: whether signatures of flows are cached behind the exact-match cache."""
    megaflows: Annotated[int, Field(strict=True, ge=1, le=100_000_000)] = 1
    """ovs-dpdk: entries of the flow table that the traffic needs, both directions together: as many as rules that name single flows,
    few if wildcards cover them. Beyond 200,000 none is installed, and each packet of such a flow is an upcall."""
    output_batching: Switch = True
    """ovs-dpdk: off, as before release 2.9, the packets of a burst are sent flow by flow, each with a doorbell."""
    extensions: Annotated[int, Field(strict=True, ge=0, le=64)] = 0
    """hyperv-switch: extensions that a frame passes."""
    mode: Literal["veb", "vepa"] = "veb"
    """The adapter's switch: veb carries frames between its guests itself, vepa sends them all to the wire, which sends them back."""
    bond: Bond | None = None
    """linux-bridge, ovs-kernel: the host's two nics are one under it; null: each has a switch of its own."""


class FurtherHost(Strict):
    """A host beside the first one; what it does not say is as there."""

    name: Name
    """Unique; names its cores and adapters in results, and is what guests call it by."""
    host: Host | None = None
    """The machine; null is as the first."""
    nic: Nic | None = None
    """Its adapter; null is as the first host's, all of them if it has several."""
    nics: Annotated[tuple[NamedNic, ...], Field(max_length=64)] = ()
    """Several adapters, in place of nic."""
    switch: VirtualSwitch | None = None
    """What carries packets there; null is as on the first."""


class Network(Strict):
    """What joins adapters outside of their hosts: a switch, or for two hosts a cable; ``cable`` is ``{kind: cable}``."""

    kind: Literal["switch", "cable"] = "switch"
    """switch: takes in a frame whole, queues it for its way out, and the far end is behind it too; cable: from one host to the other."""
    latency_ps: Time = Field(default=0, alias="latency")
    """What the switch takes from the last bit in until the frame is in its queue."""
    buffer_bytes: Size | None = Field(default=None, alias="buffer")
    """What each way out of the switch holds; null is 1,000 frames."""
    far_rate_bps: BitRate | None = Field(default=None, alias="far_rate")
    """Rate of the far end's cable to the switch; null: the far end is infinitely fast."""

    @model_validator(mode="after")
    def _a_cable_is_bare(self) -> Network:
        if self.kind == "cable" and (strange := changed(self, {"latency_ps", "buffer_bytes", "far_rate_bps"})):
            key = strange[0].rpartition("_")[0]
            raise refuse(BadValue("", "is of a switch; how long a cable is says nic.cable", key), "kind", key)
        return self
