"""What the host remembers of each function: driver, owner, group, and the administrator's settings of each VF.

1. ``Physical`` and ``Virtual`` stand for a function that the host has found; the device's registers are in ``hardware``.
2. ``Settings`` is the PF driver's table of its VFs: what ``ip link`` shows and the mailbox obeys.
3. A VF's phase follows from it: unbound, host, free, assigned; *absent* is a VF that is in no list.

*Scope*: state only; ``host.py`` and its neighbours change it. *Validation*: ``tests/sriov/test_state_machine.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from simulator.sriov import routing
from simulator.sriov.function import Device, PhysicalFunction, VirtualFunction
from simulator.sriov.policy import Policy, policy_of

VFIO = "vfio-pci"
ZERO_MAC = "00:00:00:00:00:00"
OwnerKind = Literal["vm", "io-domain", "container", "application"]
Phase = Literal["unbound", "host", "free", "assigned"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a function: a VM, an IO domain, a container, or an application on bare metal."""

    kind: OwnerKind
    name: str
    memory_gib: int = 4

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(slots=True)
class Settings:
    """One row of the PF driver's table of VFs."""

    spoof_check: bool
    query_rss: bool
    mac: str = ZERO_MAC
    mac_by_admin: bool = False
    vlan: int = 0
    qos: int = 0
    max_rate_mbit_s: int = 0
    min_rate_mbit_s: int = 0
    trusted: bool = False
    link_state: str = "auto"
    clear_to_send: bool = False
    """The VF has sent its reset message and got an answer; before that nothing else is answered."""
    filters: tuple[str, ...] = ()
    vlans: tuple[int, ...] = ()
    frame_bytes: int = 1518
    promiscuous: bool = False
    messages: int = 0
    refused: int = 0


@dataclass(slots=True, repr=False)
class Virtual:
    """A VF that the host has found."""

    hardware: VirtualFunction
    parent: Physical
    driver: str = ""
    override: str = ""
    owner: Owner | None = None
    group: int | None = None
    netdev: str = ""
    mac: str = ZERO_MAC
    """The address that its own driver uses."""
    running: bool = False
    """Its driver, on the host or in a guest, has been answered by the PF, and its queues work."""
    seen: tuple[str, ...] = ()
    """What the VF's driver has been told or has noticed, in order."""

    @property
    def rid(self) -> int:
        """Its routing id."""
        return self.hardware.rid

    @property
    def name(self) -> str:
        """Its name in Linux."""
        return routing.text(self.hardware.rid)

    @property
    def index(self) -> int:
        """Its number, counted from 0."""
        return self.hardware.index

    @property
    def settings(self) -> Settings:
        """Its row in the PF driver's table."""
        return self.parent.settings[self.index]

    @property
    def phase(self) -> Phase:
        """Where it is in its life."""
        if self.owner is not None:
            return "assigned"
        return "unbound" if not self.driver else "free" if self.driver == VFIO else "host"

    def __repr__(self) -> str:
        owner = f", {self.owner}" if self.owner else ""
        return f"<VF {self.index} {self.name}, {self.driver or 'no driver'}{owner}>"

    @property
    def in_use(self) -> bool:
        """Whether a driver works with it: the host's, or the one of an owner that has the function itself."""
        if self.owner is not None and self.owner.kind != "container":
            return True
        return self.driver not in ("", VFIO)

    def notice(self, what: str) -> None:
        """Add to what the VF's driver knows."""
        self.seen = (*self.seen, what)


@dataclass(slots=True, repr=False)
class Physical:
    """A PF that the host has found."""

    hardware: PhysicalFunction
    slot: Slot
    first_vf_offset: int
    vf_stride: int
    driver: str = ""
    driver_vfs: int | None = None
    """The limit that the bound driver has set; None: the device's own."""
    owner: Owner | None = None
    group: int | None = None
    netdev: str = ""
    mac: str = ZERO_MAC
    up: bool = False
    autoprobe: bool = True
    vfs: list[Virtual] = field(default_factory=list)
    settings: list[Settings] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<PF {self.name}, {self.driver or 'no driver'}, {len(self.vfs)} of {self.total_vfs} VFs>"

    def _repr_html_(self) -> str:
        from simulator.sriov.table import Bits

        return Bits(self)._repr_html_()

    @property
    def rid(self) -> int:
        """Its routing id."""
        return self.hardware.rid

    @property
    def name(self) -> str:
        """Its name in Linux."""
        return routing.text(self.rid)

    @property
    def policy(self) -> Policy:
        """What its driver allows."""
        return policy_of(self.driver)

    @property
    def total_vfs(self) -> int:
        """What ``sriov_totalvfs`` shows."""
        return self.hardware.model.total_vfs if self.driver_vfs is None else self.driver_vfs


@dataclass(slots=True)
class Slot:
    """A port of the machine with the device in it, and the resources that it got at boot."""

    device: Device
    bus: int
    last_bus: int
    """The highest bus below the port, given at boot for as many VFs as the device can have."""
    ari_forwarding: bool = True
    """Whether the port passes on routing ids of the alternative kind."""
    found: dict[int, Physical] = field(default_factory=dict)
    """PFs that the host knows at present, by index; a removed one is still in the slot."""
    addresses: dict[tuple[int, bool, int], int | None] = field(default_factory=dict)
    """(PF, of its VFs?, BAR) -> address; None where there was no room."""
