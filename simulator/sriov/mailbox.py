"""Mail between VF and PF: a VF asks, the PF's driver looks at its policy and answers.

1. A VF is not answered before it has sent *reset* and got an answer, and not while the PF's interface is down.
2. Address: one that the administrator has set binds an untrusted VF. VLAN: a port VLAN binds every VF.
3. Hearing everything, further addresses and long frames have limits of their own in each driver.
4. A refusal may be silent: some drivers answer with success and do nothing, so that a guest learns nothing.
5. Each request costs the PF's core something, whatever the answer: a flood of mail is felt by the host.

*Scope*: meaning of the messages, not their bits; numbers are in ``policy.py``. ConnectX has no mail between VF and PF:
its firmware answers, with the same policy of the administrator. *Validation*: ``tests/sriov/test_mailbox.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.errors import unknown
from simulator.sriov.state import ZERO_MAC, Settings, Virtual
from simulator.sriov.timing import MAIL

if TYPE_CHECKING:
    from simulator.sriov.host import Host
    from simulator.sriov.policy import Policy

Answer = Literal["success", "failure", "ignored", "none"]
KINDS = ("reset", "negotiate", "queues", "mac", "filter", "multicast", "vlan", "frame", "promiscuous", "link")
LEAST_FRAME_BYTES, MOST_MULTICAST = 68, 30


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``none`` is silence until the VF gives up."""

    answer: Answer
    why: str = ""
    number: int | None = None
    """The message's number in the driver's protocol."""

    def __bool__(self) -> bool:
        """Whether the VF believes that it got what it asked for."""
        return self.answer in ("success", "ignored")


def request(host: Host, vf: Virtual, kind: str, value: str | int | bool = 0) -> Reply:
    """Let a VF ask for something; the answer is the PF driver's."""
    if kind not in KINDS:
        raise unknown("mailbox", "message", kind, KINDS)
    pf, policy = vf.parent, vf.parent.policy
    host.wait(MAIL.ps)
    number = policy.messages.get(kind)
    if policy.transport == "none" or not pf.driver:
        return Reply("none", "nobody reads the mail", number)
    if not pf.up:
        return Reply("none", "the PF's interface is down", number)
    row = vf.settings
    row.messages += 1
    answer, why = _decide(host, vf, row, policy, kind, value)
    row.refused += answer != "success"
    return Reply(answer, why, number)


def _decide(
    host: Host, vf: Virtual, row: Settings, policy: Policy, kind: str, value: str | int | bool
) -> tuple[Answer, str]:
    if kind == "reset":
        _start(row)
        return "success", "no address set" if row.mac == ZERO_MAC else ""
    if not row.clear_to_send:
        return "failure", "the VF has not been reset"
    if kind in ("mac", "filter"):
        return _address(host, vf, row, policy, kind, str(value).lower())
    if kind == "vlan":
        return _vlan(row, policy, int(value))
    if kind == "frame":
        fits = LEAST_FRAME_BYTES <= int(value) <= policy.largest_frame_bytes
        row.frame_bytes = int(value) if fits else row.frame_bytes
        return ("success", "") if fits else ("failure", f"from {LEAST_FRAME_BYTES} to {policy.largest_frame_bytes} B")
    if kind == "promiscuous":
        return _promiscuous(row, policy, bool(value))
    if kind == "multicast" and int(value) > MOST_MULTICAST:
        return "failure", f"at most {MOST_MULTICAST} hashes"
    return "success", ""


def _start(row: Settings) -> None:
    """A reset takes away what the VF has set itself and keeps what the administrator has."""
    row.clear_to_send = True
    row.filters, row.vlans, row.promiscuous, row.frame_bytes = (), (), False, 1518
    if not row.mac_by_admin:
        row.mac = ZERO_MAC


def _address(host: Host, vf: Virtual, row: Settings, policy: Policy, kind: str, address: str) -> tuple[Answer, str]:
    if address == ZERO_MAC or int(address[:2], 16) & 1:
        return "failure", "no address of one station"
    if row.mac_by_admin and not row.trusted and address != row.mac:
        host.say_driver(vf.parent, f"VF {vf.index} attempted to override administratively set MAC address")
        return "failure", "the administrator has set the address"
    if kind == "mac":
        row.mac = address
        vf.mac = address
        return "success", ""
    if policy.untrusted_filters is not None and not row.trusted and len(row.filters) >= policy.untrusted_filters:
        return "failure", f"an untrusted VF may have {policy.untrusted_filters} further addresses"
    row.filters = (*row.filters, address)
    return "success", ""


def _vlan(row: Settings, policy: Policy, vlan: int) -> tuple[Answer, str]:
    if row.vlan:
        return "failure", f"the administrator has put the VF into VLAN {row.vlan}"
    if policy.untrusted_vlans is not None and not row.trusted and len(row.vlans) >= policy.untrusted_vlans:
        return "failure", f"an untrusted VF may have {policy.untrusted_vlans} VLANs"
    row.vlans = (*row.vlans, vlan)
    return "success", ""


def _promiscuous(row: Settings, policy: Policy, wanted: bool) -> tuple[Answer, str]:
    allowed = not wanted or row.trusted or policy.promiscuous == "allowed"
    row.promiscuous = wanted and allowed
    if allowed:
        return "success", ""
    refused: Answer = "failure" if policy.promiscuous == "refused" else "ignored"
    return refused, "the VF is not trusted"
