"""What a builder must know of host, NIC and guest: numbers only, no YAML, no units, defaults from the catalogue.

*Scope*: NICs of one port each; frame lengths are without FCS, times are ps.
*Validation*: tests/unit/test_build.py builds every combination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator import units
from simulator.costs import Host, Nic
from simulator.errors import InputError
from simulator.plan.model import INFINITE_PS

CABLE_PS_PER_M = 5_000
FLUSHED_TOGETHER = 256
"""Entries of a core's queue of addresses that are unmapped and not yet forgotten (Linux drivers/iommu/dma-iommu.c, IOVA_DEFAULT_FQ_SIZE)."""
FUNCTIONS = ("sriov-vf", "vdpa", "sub-function", "container-vf")
"""Paths whose queues are those of a function of the adapter beside the physical one, with its limits and its driver."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Thread scheduler of the host's cores; the guests use `fair` with the same numbers."""

    kind: str = "fair"
    latency_ps: int = 24_000_000_000
    min_granularity_ps: int = 3_000_000_000
    wakeup_granularity_ps: int = 4_000_000_000
    quantum_ps: int = 30_000_000_000


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The machine.

    `cores` None: as many as the placement needs. `tick`: on its cores; a guest's tick has the same frequency. `idle`, `noise`: words of
    `costs.idle` and `costs.noise`. `siblings`: cores 2n and 2n + 1 are threads of one. `backend_cores`: where vhost and QEMU run;
    empty: a core of its own for each. `firewall`: `off`, `filter` or `conntrack` on the bridge. `iommu_page_bytes`: pages by which
    the IOMMU maps the memory of guests for good; 0: no translation. `iommu`: `off`, `passthrough`, `lazy` or `strict`: whether the host's
    own drivers map packet by packet, and `maps_received` whether received ones too. `name`: of a host beside the first.
    """

    model: Host
    apicv: bool = False
    posted_interrupts: bool = False
    cores: int | None = None
    irq_cores: tuple[int, ...] = ()
    tick: bool = False
    tick_hz: int = 250
    idle: str = "poll"
    noise: str = "off"
    siblings: bool = False
    backend_cores: tuple[int, ...] = ()
    firewall: str = "off"
    variability: bool = False
    demote: bool = True
    scheduler: Scheduler = Scheduler()
    iommu_page_bytes: int = 0
    iommu: str = "passthrough"
    maps_received: bool = False
    name: str = ""

    @property
    def prefix(self) -> str:
        """What its cores are called by besides."""
        return f"{self.name}." if self.name else ""

    @property
    def maps(self) -> bool:
        """Whether the host's drivers map packet by packet."""
        return self.iommu in ("lazy", "strict")


@dataclass(frozen=True, slots=True)
class Moderation:
    """Interrupt moderation of every vector; `kind` as in the plan, or `driver`: what each function's driver does."""

    kind: str = "none"
    interval_ps: int = 0
    frames: int = INFINITE_PS


@dataclass(frozen=True, slots=True)
class PortSettings:
    """One port of a NIC and its PCIe link.

    Rates of 0 take no time. `rx_ring`, `tx_ring`: descriptors of every queue whose owner asks for none; 0: the NIC's
    default. `name`: of an adapter among several.
    """

    model: Nic
    rate_bps: int
    up_bps: int
    down_bps: int
    cable_ps: int = 0
    mps_bytes: int = 256
    mrrs_bytes: int = 512
    drop_enable: bool | None = None
    """Whether a full receive ring drops at once; None: as the adapter's driver sets it, with or without VFs."""
    arbiter: str = "rr"
    quantum_bytes: int = 1514
    moderation: Moderation = Moderation()
    loopback_bps: int = 0
    virtual_functions: bool = False
    offered_pps: int = 0
    """What all sources offer together, on average; 0: not stated, so as much as the wire carries."""
    rx_ring: int = 0
    tx_ring: int = 0
    name: str = ""
    far: str = ""
    """What is on another NUMA node than the adapter: nothing, ``cores``, or ``cores and memory``."""
    host: int = 0
    """Number of its host."""
    maps: bool = False
    """Whether a guest behind it maps packet by packet."""
    nested: bool = False
    """Whether walks are of two tables, as some guest behind it has an IOMMU in the hardware."""


@dataclass(frozen=True, slots=True)
class PolledSwitch:
    """A switch in user space whose threads poll: packets that it takes at once, and the costs of a frame of them and of a packet.

    `lookups`: further costs, of which each packet draws one by weight. `sends_per_frame`: doorbells of the adapter for a full
    frame; 0: one for all that is sent at once.
    """

    name: str = "testpmd"
    frame: int = 32
    frame_costs: tuple[str, ...] = ()
    packet_costs: tuple[str, ...] = ()
    lookups: tuple[tuple[tuple[str, ...], int], ...] = ()
    sends_per_frame: int = 0


@dataclass(frozen=True, slots=True)
class SwitchSettings:
    """What carries packets between guests and the wire, for each family of paths that may be on the host.

    `kernel_costs` of a frame in the host's kernel; `polled` on `cores` (empty: one of its own). `reflected`: the adapter's switch
    sends all to the wire (VEPA).
    """

    kernel_costs: tuple[str, ...] = ("s_bridge",)
    polled: PolledSwitch = PolledSwitch()
    cores: tuple[int, ...] = ()
    reflected: bool = False
    upcall_costs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Family -> what the handler of the first packet of a flow spends; nothing: all flows are known."""
    bond: str = ""
    """How the kernel's switch uses two adapters as one (``active-backup``, ``layer2``, ``layer3+4``); nothing: one for each."""


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """What joins ports outside: a switch that takes `latency_ps` and holds `buffer_bytes` for each way out (0: 1,000 frames), or a
    `cable` between two. `far`: the far end is behind it too, with a cable of `far_bps` (0: infinitely fast)."""

    cable: bool = False
    latency_ps: int = 0
    buffer_bytes: int = 0
    far: bool = False
    far_bps: int = 0


@dataclass(frozen=True, slots=True)
class GuestSettings:
    """One guest, or one application on bare metal.

    `halt_poll_max_ps` None: the host's value. `rx_ring`, `tx_ring` 0: the port's for a NIC's rings, 256 for virtqueues. `adapter`: number of its NIC. `cores`
    empty: cores of its own; `backend_cores`, `application_cores` (bare metal) empty: as the host says, where the softirq is.
    `application_vcpu`: the application has the vCPU after that of its queue's softirq. `sends`, `answers`: which way its
    application uses the port; `xdp`: a program in the softirq answers; `reply_bytes` is copied for each answer. `next_hop`: the
    guest forwards what comes to this address, and does nothing else, as `forwarder` does it. `second_of`: this is the second interface
    of that guest, whose vCPUs and threads it uses.
    """

    name: str
    datapath: str
    mode: str = "posted"
    adapter: int = 0
    vcpus: int = 1
    queues: int = 1
    nics: int = 1
    idle: str = "hlt"
    guest_poll_ps: int = 0
    halt_poll_max_ps: int | None = None
    tick: bool = False
    checksum: bool = True
    cores: tuple[int, ...] = ()
    busy: int = 0
    vlan: int = 0
    max_rate_bps: int = 0
    standby: str = ""
    """The paravirtual device that it has beside its function: none, ``vhost-net`` or ``hyperv-netvsc``."""
    shaped: bool = False
    """Its rate may change while it runs, so that it has a shaper even without a limit."""
    min_rate_bps: int = 0
    max_millipps: int = 0
    burst_bytes: int = 16_384
    burst_packets: int = 32
    weight: int = 1
    backend_cores: tuple[int, ...] = ()
    application_cores: tuple[int, ...] = ()
    application_vcpu: bool = False
    quota_ps: int = 0
    quota_period_ps: int = 100_000_000_000
    gro: bool = True
    bulk: bool = False
    rx_ring: int = 0
    tx_ring: int = 0
    socket_buffer: int = 256
    send_queue: int = 1000
    doorbell_batch: int = 1
    mask_interrupts: bool = False
    napi_tx: bool = True
    batch: int = 0
    """Datagrams that one call of the application reads or writes at most (0: 1); poll mode: packets that it takes at once (0: 32, or its
    forwarder's frame)."""
    receive_ps: int | None = None
    send_ps: int | None = None
    touch_fs: int = 0
    """Poll mode: what its application spends on each byte of a packet."""
    drain_ps: int = 0
    """Poll mode: how long at most it holds what it sends."""
    xdp: bool = False
    next_hop: int | None = None
    forwarder: PolledSwitch | None = None
    """Batches and costs between receive and send; None: the kernel routes, a poll-mode guest finds the port for nothing."""
    second_of: str = ""
    sends: bool = False
    answers: bool = False
    new_flows: bool = False
    """Whether some of the packets that come to it begin a flow."""
    millimails: int = 0
    """Messages in 1,000 s that its function sends the PF's driver."""
    viommu: str = "off"
    """Its own IOMMU: off, passthrough, lazy or strict."""
    nested: bool = False
    """Whether the hardware walks the guest's table and the host's; else the host keeps a copy."""
    maps_received: bool = False
    """With a virtual IOMMU: whether received packets are mapped one by one, too."""
    macvtap: str = "bridge"
    """Mode of a macvtap device: bridge, vepa, private or passthru."""
    local: bool = False
    """Whether it talks to neighbours on its host."""
    reply_bytes: int = 60

    @property
    def maps(self) -> bool:
        """Whether its driver maps packet by packet."""
        return self.viommu in ("lazy", "strict")

    @property
    def machine_name(self) -> str:
        """The guest that this is an interface of."""
        return self.second_of or self.name

    @property
    def virtual(self) -> bool:
        """Whether its queues are those of a virtual function or of what is like one."""
        return self.datapath in FUNCTIONS


def port_settings(nic: Nic, *, moderation: Moderation | None = None, cable_m: int = 0) -> PortSettings:
    """The port as the catalogue has it, with the NIC's default moderation unless another one is given."""
    default = Moderation("driver")
    return PortSettings(
        model=nic,
        rate_bps=nic.value("port_rate_bps"),
        up_bps=nic.value("pcie_up_bps"),
        down_bps=nic.value("pcie_dn_bps"),
        cable_ps=cable_m * CABLE_PS_PER_M,
        mps_bytes=nic.value("mps_bytes"),
        mrrs_bytes=nic.value("mrrs_bytes"),
        moderation=moderation if moderation is not None else default,
        loopback_bps=nic.value("loopback_bps"),
    )


def require_no_function_limits(guest: GuestSettings, message: str) -> None:
    """Refuse what a guest without a virtual function of its own has no use for: ``InputError`` with `message` at the key."""
    written = {
        "max_rate": units.exact(guest.max_rate_bps, units.BIT_RATE) if guest.max_rate_bps else None,
        "min_rate": units.exact(guest.min_rate_bps, units.BIT_RATE) if guest.min_rate_bps else None,
        "max_pps": units.exact(guest.max_millipps, units.PACKET_RATE) if guest.max_millipps else None,
        "weight": guest.weight if guest.weight != 1 else None,
    }
    for key, value in written.items():
        if value is not None:
            raise InputError(f"guests.{guest.name}.{key}", message, value)
