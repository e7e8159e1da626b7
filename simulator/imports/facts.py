"""What the files of one machine say, before anything of it is a scenario: guests, adapters, tunings, remarks.

1. A reader turns one file into ``Facts``; the facts of several files add up with ``+``.
2. A fact keeps the place where it was read (``web.xml:12``). What a reader had to guess is a sentence in ``guesses``;
   what it read and the grammar has no key for is a sentence in ``remarks``. Both end as comments.
3. An interface names its datapath and switch in the words of the grammar, also those that the grammar does not have
   yet: ``ways.py`` says which they are and what comes nearest.

*Scope*: plain data; nothing here knows a file format.
*Validation*: ``tests/imports``.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface of a guest."""

    datapath: str
    place: str
    what: str
    """What the file calls it, for comments: ``interface type='bridge' model='virtio'``."""
    switch: str | None = None
    """What carries its frames to the wire; None is what the datapath needs."""
    mac: str | None = None
    address: str | None = None
    """PCI address of the function that the guest has, ``0000:02:02.0``."""
    vendor_device: tuple[str, str] | None = None
    """PCI vendor and device of that function, four hexadecimal digits each."""
    any_device: bool = False
    """Whether the file says only that a PCI function is passed through, not of which device."""
    polled: bool = False
    macvtap: str | None = None
    """Mode of a macvtap device, in the grammar's words."""
    queues: int | None = None
    rx_ring: int | None = None
    tx_ring: int | None = None
    vlan: int | None = None
    mtu_bytes: int | None = None
    max_rate_bps: int | None = None
    offloads_off: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """One virtual machine, bare-metal node or pod, with all its interfaces."""

    name: str
    place: str
    interfaces: tuple[Interface, ...] = ()
    identity: str | None = None
    """The UUID that libvirt and OpenStack share."""
    from_ports: bool = False
    """Whether only its ports are known, so that a domain with its UUID says more of it."""
    count: int | None = None
    vcpus: int | None = None
    vcpus_place: str = ""
    pins: tuple[tuple[int, ...], ...] = ()
    """The host cores that each vCPU may run on, in the order of the vCPUs; empty where nothing is pinned."""
    pins_place: str = ""
    cpu_model: str | None = None
    guesses: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """One PCI function of the host that is a network adapter."""

    place: str
    address: str | None = None
    name: str = ""
    vendor: str | None = None
    device: str | None = None
    driver: str | None = None
    interface: str | None = None
    rate_bps: int | None = None
    generation: int | None = None
    lanes: int | None = None
    mps_bytes: int | None = None
    mrrs_bytes: int | None = None
    mtu_bytes: int | None = None
    total_vfs: int | None = None
    vfs: int | None = None
    vf_addresses: tuple[str, ...] = ()
    virtual: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tuning:
    """What ethtool says of one interface."""

    place: str
    interface: str | None = None
    driver: str | None = None
    address: str | None = None
    rate_bps: int | None = None
    rx_usecs: int | None = None
    rx_frames: int | None = None
    adaptive_rx: bool = False
    cqe_rx: bool | None = None
    rx_ring: int | None = None
    tx_ring: int | None = None
    channels: int | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A pool of virtual functions that a policy gives a name: what a network attachment refers to."""

    name: str
    place: str
    vfs: int | None = None
    polled: bool = False
    datapath: str = "sriov-vf"
    switch: str | None = None
    mtu_bytes: int | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was read so far."""

    guests: tuple[GuestFacts, ...] = ()
    adapters: tuple[AdapterFacts, ...] = ()
    tunings: tuple[Tuning, ...] = ()
    resources: tuple[Resource, ...] = ()
    attachments: tuple[tuple[str, GuestFacts], ...] = ()
    """Pods of a network attachment, each with the name of its resource (may be empty)."""
    cores: tuple[int, str] | None = None
    """Cores of the host, and where that was read."""
    remarks: tuple[str, ...] = field(default=())

    def __add__(self, other: Facts) -> Facts:
        return Facts(
            self.guests + other.guests,
            self.adapters + other.adapters,
            self.tunings + other.tunings,
            self.resources + other.resources,
            self.attachments + other.attachments,
            other.cores or self.cores,
            self.remarks + other.remarks,
        )
