"""A group of equal guests: how packets reach them, how they idle, where they run, what their application costs.

*Scope*: one group; ``members`` gives the names of its guests. Where a datapath has no use for a field (the native path
has no interrupt remapping) the field is left unread, so that one group can be compared over datapaths.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simulator import units
from simulator.errors import BadValue, InputError
from simulator.scenario import names
from simulator.scenario.choice import Placement
from simulator.scenario.fields import (
    BitRate,
    Cores,
    Name,
    PacketRate,
    PositiveTime,
    Ring,
    Size,
    Strict,
    Switch,
    Time,
    TimeOrOff,
    TimePerByte,
    Weight,
    name_of,
    refuse,
)
from simulator.scenario.iommu import VirtualIommu

MOST_GUESTS = 4096
_POLL_WORD = "guest-halt-poll"


class Idle(Strict):
    """What a vCPU without work does: ``hlt`` exits, ``poll`` spins, ``guest-halt-poll 50 us`` spins so long and then
    exits."""

    kind: Literal["hlt", "poll", "guest-halt-poll"] = "hlt"
    """What the vCPU does."""
    poll_ps: PositiveTime | None = Field(default=None, alias="poll")
    """How long ``guest-halt-poll`` spins before it exits."""

    @model_validator(mode="before")
    @classmethod
    def _words(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        kind, _, rest = data.partition(" ")
        return {"kind": kind, "poll": rest.strip()} if rest.strip() else {"kind": kind}

    @model_validator(mode="after")
    def _poll_time(self) -> Idle:
        if (self.poll_ps is not None) != (self.kind == _POLL_WORD):
            need = f"needs a time, such as '{_POLL_WORD} 50 us'" if self.kind == _POLL_WORD else "takes no time"
            raise refuse(BadValue("", need, self.kind))
        return self


class Offloads(Strict):
    """Work that the adapter and the stack take off the guest."""

    tso: Switch = True
    """The stack hands over super-packets and the adapter segments them (bulk traffic from the guest)."""
    gro: Switch = True
    """The driver merges received segments before the stack sees them (bulk traffic to the guest)."""
    checksum: Switch = True
    """The adapter computes checksums; off: the stack does, per byte."""


class Application(Strict):
    """What the guest's application spends; null is the host model's cost."""

    kind: Literal["socket", "xdp", "forward"] = "socket"
    """``xdp``: an XDP program in the softirq sends requests back or drops what comes; no stack, socket or application. ``forward``:
    the guest sends on what comes, with interrupts its kernel does (routing), in poll mode an l2fwd; traffic's ``through`` says where to."""
    by: Annotated[str, name_of("forwarder", names.forwarders)] = "automatic"
    """What a forwarding guest forwards with. Its kernel (interrupts): route, linux-bridge, ovs-kernel; a poll-mode program: l2fwd, l3fwd,
    ovs-dpdk, vpp; ``automatic`` is route or l2fwd."""
    receive_ps: Time | None = Field(default=None, alias="receive")
    """Time of one receive call."""
    send_ps: Time | None = Field(default=None, alias="send")
    """Time of one send call."""
    batch: Annotated[int, Field(strict=True, ge=1, le=1024)] | None = None
    """Datagrams that one call reads (recvmmsg) or writes (sendmmsg) at most, null is 1; answers go out one by one. Poll mode: packets that
    the program takes from a queue and sends at once, at most; null is 32, or what it forwards with."""
    touch_fs: TimePerByte | None = Field(default=None, alias="touch")
    """Poll mode: time for each byte of a packet that the program sends or receives, since it writes or reads it all; null is a program that
    leaves the payload alone."""
    drain_ps: PositiveTime | None = Field(default=None, alias="drain")
    """Poll mode: the program sends 32 packets at once, or what it has when this time has passed since it last sent all, as DPDK's l2fwd and
    l3fwd do with 100 us; null is one that sends at once what it got at once, as testpmd."""
    vcpu: Literal["same", "next"] = "same"
    """Whether it runs on the vCPU of its queue's softirq or on the next one, which is woken by an interrupt."""
    cores: Cores | None = None
    """Bare metal: cores that the application has for itself; null is the core of its queue's softirq."""


class Quota(Strict):
    """CPU bandwidth of all vCPUs of a guest together, as cgroups give it."""

    quota_ps: PositiveTime = Field(alias="quota")
    """Time that they may run in each period."""
    period_ps: PositiveTime = Field(default=100_000_000_000, alias="period")
    """The period."""


class Guest(Strict):
    """A group of ``count`` equal guests; on the native path each is a set of processes on the host itself."""

    name: Name = "vm"
    """Unique; names the guest in results."""
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_GUESTS)] | None = None
    """With a count, even 1, the guests are name0, name1, ...; without, there is one and it is called name."""
    datapath: Annotated[str, name_of("datapath", names.datapaths)] = "sriov-vf"
    """How packets reach the guest."""
    macvtap: Literal["bridge", "vepa", "private", "passthru"] = "bridge"
    """macvtap: whether frames for neighbours go to them at once, by way of the switch outside, or nowhere; passthru owns the adapter."""
    standby: Literal["vhost-net", "hyperv-netvsc", None] = None
    """A second device of the guest with the same address, which takes over while the virtual function is away: virtio's, or Hyper-V's
    synthetic one; null is none."""
    viommu: VirtualIommu = VirtualIommu()
    """An IOMMU of the guest's own in front of its function."""
    on_host: Name | None = None
    """Which of hosts it runs on; null is the one that host describes."""
    nic: Name | None = None
    """Which of the host's nics it is behind; null is the next in turn."""
    second_nic: Name | None = None
    """Adapter of a second interface of a guest that forwards, perhaps the same one: what comes in by one goes out by the other; null is
    none."""
    interrupts: Annotated[str, name_of("interrupt mode", names.interrupts)] = "automatic"
    """How an interrupt reaches the guest; ``automatic`` is the best that datapath and host offer."""
    vcpus: Annotated[int, Field(strict=True, ge=1, le=256)] = 1
    """Virtual CPUs of each guest."""
    queues: Annotated[int, Field(strict=True, ge=1, le=256)] = 1
    """Queue pairs of each guest; at most one for each vCPU."""
    nics: Annotated[int, Field(strict=True, ge=1, le=8)] = 1
    """Emulated adapters of the guest, its flows spread over them; on other datapaths `queues` does that."""
    idle: Idle = Idle()
    """What a vCPU without work does."""
    halt_poll_ps: TimeOrOff | None = Field(default=None, alias="halt_poll")
    """Longest halt polling of the hypervisor; null is the host model's."""
    tick: Switch | None = None
    """Timer tick in the guest; null is as on the host."""
    mtu_bytes: Size = Field(default=1500, alias="mtu")
    """Largest payload of a frame, 68 B to 9216 B."""
    offloads: Offloads = Offloads()
    """Work that the adapter and the stack take off the guest."""
    placement: Placement = Placement.model_validate("pinned")
    """Where the vCPUs run."""
    busy: Annotated[int, Field(strict=True, ge=0, le=64)] = 0
    """Compute-bound threads in the guest."""
    spoof_check: Switch = True
    """Whether the adapter drops what the guest's function sends under another's address."""
    mail_pps: PacketRate | None = Field(default=None, alias="mail")
    """Messages that the guest's function sends the PF's driver through its mailbox, such as ``10 kpps``; null is none."""
    vlan: Annotated[int, Field(strict=True, ge=0, le=4094)] = 0
    """VLAN of the guest's port; 0 is none."""
    max_rate_bps: BitRate | None = Field(default=None, alias="max_rate")
    """Cap on what the guest sends; null is none."""
    min_rate_bps: BitRate | None = Field(default=None, alias="min_rate")
    """Rate that the guest's function is served at before all others; null is none."""
    max_pps: PacketRate | None = None
    """Cap on the packets that the guest sends; null is none."""
    burst_bytes: Size | None = Field(default=None, alias="burst")
    """Depth of the bucket of max_rate; null is 16 KiB."""
    burst_packets: Annotated[int, Field(strict=True, ge=1, le=65_536)] = 32
    """Depth of the bucket of max_pps."""
    cpu: Quota | None = None
    """CPU bandwidth of the guest's vCPUs; null is no limit."""
    backend_cores: Cores | None = None
    """Cores of its vhost threads or its QEMU loop; null is as the host says."""
    weight: Weight = 1
    """Share of the adapter's transmit engine under the arbiter ``drr``."""
    rx_ring: Ring | None = None
    """Receive descriptors of each queue; null is the adapter's, or 256 for virtqueues."""
    tx_ring: Ring | None = None
    """Transmit descriptors of each queue; null is the adapter's, or 256 for virtqueues."""
    socket_buffer: Annotated[int, Field(strict=True, ge=1, le=1_048_576)] = 256
    """Packets that the socket holds."""
    mask_interrupts: Switch = False
    """Whether the guest masks and unmasks its vector around each interrupt, as old drivers do."""
    napi_tx: Switch = True
    """virtio: whether sent packets interrupt and the poll frees them; off, as with the driver's napi_tx=0, the next send call does."""
    application: Application = Application()
    """What the guest's application spends."""

    @model_validator(mode="after")
    def _queues_have_vcpus(self) -> Guest:
        if self.standby is not None and self.datapath != "sriov-vf":
            message = f"stands beside a virtual function; {self.datapath} is none"
            raise refuse(BadValue("", message, self.standby), "standby", "datapath")
        if self.macvtap != "bridge" and self.datapath != "macvtap":
            message = f"is a mode of macvtap; the path is {self.datapath}"
            raise refuse(BadValue("", message, self.macvtap), "macvtap", "datapath")
        if self.queues > self.vcpus:
            message = f"has more queues than vCPUs ({self.queues} and {self.vcpus})"
            raise refuse(InputError("", message), "queues", "vcpus")
        if self.nics > 1 and self.datapath not in names.EMULATED:
            message = f"{self.nics} nics are for {', '.join(names.EMULATED)}; {self.datapath} has queues"
            raise refuse(InputError("", message), "nics", "datapath")
        if self.second_nic is not None and (
            self.application.kind != "forward" or self.datapath not in names.TWO_INTERFACES
        ):
            message = f"as second_nic is for guests that forward, on {', '.join(names.TWO_INTERFACES)}"
            raise refuse(BadValue("", message, self.second_nic), "second_nic", "application", "datapath")
        if (self.application.batch or 1) > 1 and self.interrupts != "poll":
            self._require_calls(self.application)
        if self.application.kind == "xdp" and self.interrupts == "poll":
            message = "in poll mode has no softirq for an XDP program"
            raise refuse(BadValue("", message, self.application.kind), "application", "interrupts")
        if not 68 <= self.mtu_bytes <= 9216:
            message = "as mtu is not from 68 B to 9216 B"
            raise refuse(BadValue("", message, units.exact(self.mtu_bytes, units.SIZE)), "mtu")
        return self

    def _require_calls(self, program: Application) -> None:
        """Several datagrams share a system call of an application on a socket, whose calls are the host model's."""
        if self.datapath in ("af-xdp", "af-xdp-copy", "memif") or program.kind != "socket":
            message = "as batch is of calls on a socket, or of a guest in poll mode"
            raise refuse(BadValue("", message, program.batch), "application", "interrupts", "datapath")
        if not program.receive_ps == program.send_ps is None:
            message = "as batch does not go with a stated time of receive or send"
            raise refuse(BadValue("", message, program.batch), "application")

    def members(self) -> tuple[str, ...]:
        """Return the names of the guests in this group."""
        return (self.name,) if self.count is None else tuple(f"{self.name}{index}" for index in range(self.count))
