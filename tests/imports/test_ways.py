"""The table of what is not modelled: its nearest names exist, and what the grammar learns drops out of use."""

from __future__ import annotations

import pytest

from simulator.imports.facts import Interface
from simulator.imports.ways import DATAPATHS, OTHER_DEVICE, OTHER_SWITCH, SWITCHES, missing, modelled_datapath
from simulator.scenario import names
from tests.imports import guest


def test_the_nearest_are_names_of_the_grammar() -> None:
    assert {way.name for way in (*DATAPATHS.values(), OTHER_DEVICE)} <= set(names.datapaths())
    assert {way.name for way in (*SWITCHES.values(), OTHER_SWITCH)} <= set(names.switches())


def test_what_the_grammar_learns_is_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    interface = Interface("vhost-user", "here", "what", switch="ovs-dpdk")
    assert missing(interface) == ("vhost-user", "ovs-dpdk")
    monkeypatch.setattr(names, "DATAPATHS", (*names.DATAPATHS, "vhost-user"))
    assert missing(interface) == ("ovs-dpdk",)
    assert modelled_datapath(interface) == "vhost-user"


def test_a_stand_in_is_the_nearest() -> None:
    assert guest("vhostuser.xml", nearest=True)["datapath"] == "vhost-net"
    assert guest("rtl8139.xml", nearest=True)["datapath"] == "emulated-e1000"
