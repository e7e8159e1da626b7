"""What a VF may ask for, and what the administrator's word is worth, driver by driver."""

from __future__ import annotations

import pytest

from simulator.errors import BadValue
from simulator.sriov import Host, iplink, mailbox, model_named, sysfs
from simulator.sriov.policy import POLICIES
from simulator.sriov.state import Physical, Virtual

NETWORK = {
    "igb": "igb",
    "ixgbe": "82599",
    "i40e": "xl710",
    "ice": "e810",
    "mlx5_core": "connectx-5",
    "textbook": "textbook",
}
MINE, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"


def ready(driver: str) -> tuple[Host, Physical, Virtual]:
    host = Host()
    pf = host.plug(model_named(NETWORK[driver]))[0]
    assert sysfs.write(host, pf, "sriov_numvfs", "3")
    assert pf.driver == driver
    return host, pf, pf.vfs[0]


each = pytest.mark.parametrize("driver", NETWORK)


def test_every_policy_has_a_device_or_is_named() -> None:
    assert set(POLICIES) == {*NETWORK, "nvme"}
    assert all(policy.source for policy in POLICIES.values())


@each
def test_nothing_before_reset(driver: str) -> None:
    host, pf, vf = ready(driver)
    sysfs.write(host, vf, "unbind", "")
    assert mailbox.request(host, vf, "mac", MINE) == mailbox.Reply(
        "failure", "the VF has not been reset", pf.policy.messages.get("mac")
    )
    assert mailbox.request(host, vf, "reset").answer == "success"
    assert mailbox.request(host, vf, "mac", MINE)
    assert vf.settings.mac == MINE


@each
def test_the_administrators_address_binds_until_trusted(driver: str) -> None:
    host, pf, vf = ready(driver)
    assert iplink.set_vf(host, pf, 0, mac=MINE)
    assert not mailbox.request(host, vf, "mac", OTHER)
    assert not mailbox.request(host, vf, "filter", OTHER)
    assert mailbox.request(host, vf, "mac", MINE)
    assert iplink.set_vf(host, pf, 0, trust="on")
    assert mailbox.request(host, vf, "mac", OTHER)
    assert iplink.set_vf(host, pf, 0, mac="00:00:00:00:00:00")
    assert not vf.settings.mac_by_admin


@each
def test_the_administrators_vlan_binds_always(driver: str) -> None:
    host, pf, vf = ready(driver)
    assert mailbox.request(host, vf, "vlan", 7)
    assert iplink.set_vf(host, pf, 0, vlan=100, qos=3)
    assert iplink.set_vf(host, pf, 0, trust=True)
    assert not mailbox.request(host, vf, "vlan", 8)
    assert iplink.set_vf(host, pf, 0, vlan=100, qos=8).errno == "EINVAL"
    assert iplink.set_vf(host, pf, 0, vlan=1, proto="802.1ad").errno == "EPROTONOSUPPORT"


@pytest.mark.parametrize(
    ("driver", "answer"), [("igb", "failure"), ("ixgbe", "ignored"), ("i40e", "ignored"), ("ice", "ignored")]
)
def test_hearing_everything(driver: str, answer: str) -> None:
    host, pf, vf = ready(driver)
    assert mailbox.request(host, vf, "promiscuous", True).answer == answer
    assert not vf.settings.promiscuous
    assert iplink.set_vf(host, pf, 0, trust="on")
    assert mailbox.request(host, vf, "promiscuous", True).answer == "success"
    assert vf.settings.promiscuous
    assert iplink.set_vf(host, pf, 0, trust="off")
    assert not vf.settings.promiscuous


@pytest.mark.parametrize(("driver", "macs", "vlans"), [("i40e", 16, 16), ("ice", 16, 8)])
def test_an_untrusted_vf_gets_so_much(driver: str, macs: int, vlans: int) -> None:
    host, pf, vf = ready(driver)
    answers = [bool(mailbox.request(host, vf, "filter", f"02:00:00:00:01:{n:02x}")) for n in range(macs + 1)]
    assert answers == [True] * macs + [False]
    answers = [bool(mailbox.request(host, vf, "vlan", n)) for n in range(1, vlans + 2)]
    assert answers == [True] * vlans + [False]
    assert vf.settings.refused == 2
    assert pf.vfs[1].settings.refused == 0


@each
def test_frames_multicast_and_addresses_of_groups(driver: str) -> None:
    host, pf, vf = ready(driver)
    assert mailbox.request(host, vf, "frame", 9000)
    assert not mailbox.request(host, vf, "frame", 67)
    assert not mailbox.request(host, vf, "frame", pf.policy.largest_frame_bytes + 1)
    assert vf.settings.frame_bytes == 9000
    assert not mailbox.request(host, vf, "multicast", 31)
    assert mailbox.request(host, vf, "link")
    assert not mailbox.request(host, vf, "mac", "01:00:5e:00:00:01")
    assert iplink.set_vf(host, pf, 0, mac="01:00:5e:00:00:01").errno == "EINVAL"


@each
def test_silence_while_the_pf_is_down(driver: str) -> None:
    host, pf, vf = ready(driver)
    iplink.set_up(host, pf, False)
    assert mailbox.request(host, vf, "reset").answer == "none"


@pytest.mark.parametrize(("driver", "resets"), [("igb", False), ("ixgbe", False), ("i40e", True), ("ice", True)])
def test_some_changes_reset_the_vf(driver: str, resets: bool) -> None:
    host, pf, vf = ready(driver)
    iplink.set_vf(host, pf, 0, mac=MINE)
    assert ("reset impending" in vf.seen) == resets
    assert vf.running
    assert (vf.mac == MINE) == resets, "otherwise the VF's driver has to be loaded again"
    assert not iplink.set_vf(host, pf, 0, spoofchk="off").lines
    assert pf.vfs[1].seen == ()


def test_rates() -> None:
    for driver, least, most in (("igb", 1, 1000), ("ixgbe", 11, 10_000), ("ice", 1, 25_000)):
        host, pf, _ = ready(driver)
        for value, good in ((least - 1, least == 1), (least, True), (most, True), (most + 1, False), (0, True)):
            assert bool(iplink.set_vf(host, pf, 0, max_tx_rate=value)) == good, (driver, value)
    assert iplink.set_vf(host, pf, 0, max_tx_rate=100)
    assert iplink.set_vf(host, pf, 0, min_tx_rate=100)
    assert iplink.set_vf(host, pf, 0, min_tx_rate=101).errno == "EINVAL"
    assert "min_tx_rate 100Mbps" in iplink.line(0, pf.settings[0], query_rss=True)


def test_link_state_and_rss() -> None:
    host, pf, vf = ready("ixgbe")
    assert iplink.set_vf(host, pf, 0, state="disable", query_rss="on")
    assert vf.seen[-1] == "link down"
    assert iplink.line(0, pf.settings[0], query_rss=True).endswith("link-state disable, trust off, query_rss on")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mak": "x"}, "did you mean 'mac'"),
        ({"mac": "1:2:3"}, "is not six bytes"),
        ({"spoofchk": "maybe"}, "choices: on, off"),
        ({"state": "up"}, "choices: auto, enable, disable"),
        ({"max_tx_rate": "-1"}, "is not a whole number"),
    ],
)
def test_what_cannot_be_meant_is_an_error(settings: dict[str, str], says: str) -> None:
    host, pf, _ = ready("ixgbe")
    with pytest.raises(BadValue, match=says):
        iplink.set_vf(host, pf, 0, **settings)


def test_unknown_message() -> None:
    host, _, vf = ready("igb")
    with pytest.raises(BadValue, match="did you mean 'reset'"):
        mailbox.request(host, vf, "resett")


def test_a_flood_is_counted_and_costs_time() -> None:
    host, _, vf = ready("igb")
    before, messages = host.now_ps, vf.settings.messages
    for _ in range(100):
        mailbox.request(host, vf, "link")
    assert vf.settings.messages - messages == 100
    assert host.now_ps > before
