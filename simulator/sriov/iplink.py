"""``ip link set PF vf N ...``: the administrator's settings of a VF, accepted or refused as the PF driver does.

1. ``ip`` itself refuses what cannot be meant (a VLAN above 4095); that is exit code 255 and never reaches the kernel.
2. The driver refuses the rest with an errno: a VF that does not exist, a group address, a rate above the link's.
3. Some drivers make the VF start anew when address, VLAN or trust change.

*Scope*: network devices; for NVMe there is no such command. *Validation*: ``tests/sriov/test_igb.py`` replays every
recorded command and compares errno, lines and the table that ``ip link`` shows; ``tests/sriov/test_mailbox.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import BadValue, unknown
from simulator.sriov import resets
from simulator.sriov.outcome import Outcome, Refused
from simulator.sriov.state import ZERO_MAC, Physical, Settings

if TYPE_CHECKING:
    from simulator.sriov.host import Host

MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
MOST_VLAN, MOST_QOS = 4095, 7
FIXED_POINT_MBIT_S = 10


@dataclass(frozen=True, slots=True)
class Row:
    """The VF that a command is about."""

    host: Host
    pf: Physical
    index: int
    settings: Settings


def set_vf(host: Host, pf: Physical, index: int, **settings: str | int | bool) -> Outcome:
    """Set one or more of mac, vlan, qos, proto, rate, max_tx_rate, min_tx_rate, spoofchk, trust, state, query_rss."""
    checked = {name: _parsed(name, value) for name, value in settings.items()}

    def step() -> None:
        if pf.policy.transport == "none" or not pf.netdev:
            raise Refused("EOPNOTSUPP", "no network interface with VFs")
        if not 0 <= index < len(pf.vfs):
            raise Refused("EINVAL", f"no VF {index}")
        row = Row(host, pf, index, pf.settings[index])
        if "vlan" in checked:
            checked["vlan"] = (checked["vlan"], checked.pop("qos", 0), checked.pop("proto", "802.1q"))
        for name, value in checked.items():
            _SETTERS[name](row, value)
            if pf.policy.resets_vf_on & {name}:
                resets.reset_by_pf(host, pf.vfs[index])

    return host.act(step)


def set_up(host: Host, pf: Physical, up: bool) -> Outcome:
    """``ip link set PF up`` or ``down``: the VFs lose their link and have to ask anew."""

    def step() -> None:
        if not pf.netdev:
            raise Refused("ENODEV", "no network interface")
        changed, pf.up = pf.up != up, up
        for vf in pf.vfs if changed else ():
            if up:
                resets.recover(host, vf)
            else:
                resets.lose(vf, "link down")

    return host.act(step)


def _parsed(name: str, value: str | int | bool) -> object:
    """Refuse what ``ip`` refuses."""
    if name not in (*_SETTERS, "qos", "proto"):
        raise unknown("ip link set vf", "setting", name, (*_SETTERS, "qos", "proto"))
    if name in _SWITCHES:
        if value not in ("on", "off", True, False):
            raise BadValue(f"ip link set vf: {name}", "is neither on nor off", value, ("on", "off"))
        return value in ("on", True)
    if name in ("vlan", "qos", "rate", "max_tx_rate", "min_tx_rate"):
        most = MOST_VLAN if name == "vlan" else (1 << 32) - 1
        if not str(value).isdecimal() or int(value) > most:
            raise BadValue(f"ip link set vf: {name}", f"is not a whole number from 0 to {most}", value)
        return int(value)
    if name == "mac":
        if not MAC.fullmatch(str(value)):
            raise BadValue("ip link set vf: mac", "is not six bytes in hexadecimal", value)
        return str(value).lower()
    return value


def _mac(to: Row, value: str) -> None:
    if value == ZERO_MAC:
        to.settings.mac, to.settings.mac_by_admin = ZERO_MAC, False
        to.host.say_driver(to.pf, f"remove administratively set MAC on VF {to.index}")
        return
    if int(value[:2], 16) & 1:
        raise Refused("EINVAL", "a group address")
    to.settings.mac, to.settings.mac_by_admin = value, True
    to.host.say_driver(to.pf, f"setting MAC {value} on VF {to.index}")
    if "mac" not in to.pf.policy.resets_vf_on:
        to.host.say_driver(to.pf, "Reload the VF driver to make this change effective.")


def _vlan(to: Row, value: tuple[int, int, str]) -> None:
    vlan, qos, protocol = value
    if qos > MOST_QOS:
        raise Refused("EINVAL", "qos is three bits")
    if protocol.lower() != "802.1q":
        raise Refused("EPROTONOSUPPORT", f"{to.pf.driver} inserts 802.1Q tags only")
    to.settings.vlan, to.settings.qos = vlan, qos
    if vlan or qos:
        to.host.say_driver(to.pf, f"Setting VLAN {vlan}, QOS {qos:#x} on VF {to.index}")


def _max_rate(to: Row, value: int) -> None:
    if value > to.pf.hardware.model.link_mbit_s or 0 < value < to.pf.policy.least_rate_mbit_s:
        raise Refused(
            "EINVAL", f"from {to.pf.policy.least_rate_mbit_s} to {to.pf.hardware.model.link_mbit_s} Mbit/s, or 0"
        )
    to.settings.max_rate_mbit_s = value


def _min_rate(to: Row, value: int) -> None:
    if value and not to.pf.policy.sets_min_rate:
        raise Refused("EINVAL", f"{to.pf.driver} guarantees no rate")
    if value > (to.settings.max_rate_mbit_s or to.pf.hardware.model.link_mbit_s):
        raise Refused("EINVAL", "above the largest rate")
    to.settings.min_rate_mbit_s = value


def _spoof(to: Row, value: bool) -> None:
    to.settings.spoof_check = value


def _trust(to: Row, value: bool) -> None:
    if to.settings.trusted != value:
        to.host.say_driver(to.pf, f"VF {to.index} is {'' if value else 'not '}trusted")
    to.settings.trusted = value
    if not value:
        to.settings.promiscuous = False


def _state(to: Row, value: str) -> None:
    if not to.pf.policy.sets_link_state:
        raise Refused("EOPNOTSUPP", f"{to.pf.driver} cannot")
    if value not in ("auto", "enable", "disable"):
        raise BadValue("ip link set vf: state", "is no link state", value, ("auto", "enable", "disable"))
    to.settings.link_state = value
    to.pf.vfs[to.index].notice("link down" if value == "disable" else "link up")


def _query_rss(to: Row, value: bool) -> None:
    if to.pf.policy.query_rss is None:
        raise Refused("EOPNOTSUPP", f"{to.pf.driver} cannot")
    to.settings.query_rss = value


_SWITCHES = ("spoofchk", "trust", "query_rss")
_SETTERS: dict[str, Callable[..., None]] = {
    "mac": _mac, "vlan": _vlan, "rate": _max_rate, "max_tx_rate": _max_rate, "min_tx_rate": _min_rate,
    "spoofchk": _spoof, "trust": _trust, "state": _state, "query_rss": _query_rss,
}  # fmt: skip


def line(index: int, row: Settings, *, query_rss: bool) -> str:
    """Return the row as ``ip link show`` prints it."""
    parts = [f"    vf {index}     link/ether {row.mac} brd ff:ff:ff:ff:ff:ff"]
    parts += [f"vlan {row.vlan}"] if row.vlan else []
    parts += [f"qos {row.qos}"] if row.qos else []
    if row.max_rate_mbit_s:
        parts.append(f"tx rate {row.max_rate_mbit_s} (Mbps), max_tx_rate {row.max_rate_mbit_s}Mbps")
    parts += [f"min_tx_rate {row.min_rate_mbit_s}Mbps"] if row.min_rate_mbit_s else []
    parts.append(f"spoof checking {'on' if row.spoof_check else 'off'}")
    parts.append(f"link-state {row.link_state}")
    parts.append(f"trust {'on' if row.trusted else 'off'}")
    parts += [f"query_rss {'on' if row.query_rss else 'off'}"] if query_rss else []
    return ", ".join(parts)
