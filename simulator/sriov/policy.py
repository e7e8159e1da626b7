"""What a PF driver lets its VFs and the administrator do, as data: limits, defaults, and what is refused how.

The device's TotalVFs is one number, the driver's own limit another: igb and ixgbe keep one pool for the PF.

*Scope*: what Linux 6.12 does, as far as it was recorded (igb) or read in the drivers. *Validation*:
``tests/sriov/test_igb.py`` (every recorded ``ip link set``), ``tests/sriov/test_mailbox.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Promiscuous = Literal["refused", "ignored", "lowered", "allowed"]

REGISTER_MESSAGES = {"reset": 1, "mac": 2, "multicast": 3, "vlan": 4, "frame": 5, "promiscuous": 6}
IXGBE_MESSAGES = {
    "reset": 1, "mac": 2, "multicast": 3, "vlan": 4, "frame": 5, "filter": 6, "negotiate": 8, "queues": 9,
    "promiscuous": 12, "link": 16,
}  # fmt: skip
VIRTCHNL_MESSAGES = {
    "negotiate": 1, "reset": 2, "queues": 3, "mac": 10, "filter": 10, "vlan": 12, "promiscuous": 14, "link": 17,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """One PF driver."""

    driver: str
    source: str
    reserved_vfs: int = 0
    """VFs of the device that the driver keeps for the PF."""
    transport: Literal["registers", "queue", "firmware", "none"] = "registers"
    messages: Mapping[str, int] = field(default_factory=dict)
    """Number of each message in the driver's protocol."""
    spoof_check: bool = True
    shows_vf_mac: bool = False
    """Whether ``ip link`` of the PF shows the address that the VF chose while no administrator has set one."""
    sets_link_state: bool = True
    query_rss: bool | None = None
    """None: the driver does not know the setting and does not show it."""
    sets_min_rate: bool = False
    least_rate_mbit_s: int = 1
    """Smallest limit that may be set; 0 removes the limit."""
    untrusted_filters: int | None = None
    """Further addresses of an untrusted VF; None: no limit of its own."""
    untrusted_vlans: int | None = None
    promiscuous: Promiscuous = "refused"
    """What becomes of an untrusted VF's wish to hear everything."""
    largest_frame_bytes: int = 9728
    resets_vf_on: frozenset[str] = frozenset()
    """Administrator's changes after which the VF is reset."""
    assigned_errno: str = "EPERM"
    """Answer to ``sriov_numvfs`` = 0 while the kernel knows VFs as assigned."""
    configures: bool = True
    """Whether the driver has the call that ``sriov_numvfs`` needs."""


POLICIES = {policy.driver: policy for policy in (
    Policy("igb", "recorded: Linux 6.12; DPDK e1000_mbx.h for the messages", reserved_vfs=1,
           messages=REGISTER_MESSAGES, shows_vf_mac=True, sets_link_state=False, untrusted_filters=None,
           promiscuous="refused"),
    Policy("ixgbe", "Linux ixgbe_sriov.c; DPDK ixgbe_mbx.h for the messages", reserved_vfs=1, messages=IXGBE_MESSAGES,
           query_rss=False, least_rate_mbit_s=11, promiscuous="lowered"),
    Policy("i40e", "Linux i40e_virtchnl_pf.c; DPDK virtchnl.h for the messages", transport="queue",
           messages=VIRTCHNL_MESSAGES, untrusted_filters=16, untrusted_vlans=16, promiscuous="ignored",
           resets_vf_on=frozenset({"mac", "trust", "vlan", "state"}), assigned_errno="EINVAL"),
    Policy("ice", "Linux ice_vf_lib.c, ice_virtchnl.h; DPDK virtchnl.h for the messages", transport="queue",
           messages=VIRTCHNL_MESSAGES, untrusted_filters=16, untrusted_vlans=8, promiscuous="ignored",
           sets_min_rate=True, resets_vf_on=frozenset({"mac", "trust", "vlan"})),
    Policy("mlx5_core", "Linux mlx5 core/sriov.c", transport="firmware", spoof_check=False, query_rss=False,
           sets_min_rate=True),
    Policy("nvme", "Linux nvme; no network port to set", transport="none"),
    Policy("textbook", "a driver that knows every setting", messages=IXGBE_MESSAGES, query_rss=False,
           sets_min_rate=True, untrusted_filters=16, untrusted_vlans=16),
)}  # fmt: skip
VFIO = Policy("vfio-pci", "Linux vfio_pci_core.c", transport="none")
NONE = Policy("", "no driver", transport="none")


def policy_of(driver: str) -> Policy:
    """Return the policy of a bound PF driver; none is bound for the empty name."""
    return VFIO if driver == VFIO.driver else POLICIES.get(driver, NONE)
