"""The table of what is not modelled: its nearest names exist, and what the grammar learns drops out of use."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.imports.facts import Interface
from simulator.imports.ways import DATAPATHS, OTHER_DEVICE, OTHER_SWITCH, SWITCHES, missing, modelled_datapath
from simulator.scenario import names
from tests.imports import SAMPLES, guest, plain


def test_the_nearest_are_names_of_the_grammar() -> None:
    assert {way.name for way in (*DATAPATHS.values(), OTHER_DEVICE)} <= set(names.datapaths())
    assert {way.name for way in (*SWITCHES.values(), OTHER_SWITCH)} <= set(names.switches())


def test_what_the_grammar_learns_is_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    interface = Interface("mediated-device", "here", "what", switch="routed")
    assert missing(interface) == ("mediated-device", "routed")
    monkeypatch.setattr(names, "DATAPATHS", (*names.DATAPATHS, "mediated-device"))
    assert missing(interface) == ("routed",)
    assert modelled_datapath(interface) == "mediated-device"


def test_a_stand_in_is_the_nearest() -> None:
    assert guest("user.xml", nearest=True)["datapath"] == "virtio-qemu"


@pytest.mark.parametrize(
    ("sample", "datapath"),
    [
        ("vhostuser.xml", "vhost-user"),
        ("rtl8139.xml", "emulated-rtl8139"),
        ("e1000e.xml", "emulated-e1000e"),
        ("macvtap.xml", "macvtap"),
        ("vdpa.xml", "vdpa"),
    ],
)
def test_what_is_modelled_is_itself(sample: str, datapath: str) -> None:
    assert guest(sample)["datapath"] == datapath


@pytest.mark.parametrize("model", ["vmxnet3", "e1000", "e1000-82545em", "netfront"])
def test_an_emulated_model_by_its_name(model: str, tmp_path: Path) -> None:
    (tmp_path / "own.xml").write_text((SAMPLES / "rtl8139.xml").read_text().replace("rtl8139", model))
    datapath = guest(tmp_path / "own.xml", nearest=True)["datapath"]
    assert datapath == {"vmxnet3": "vmxnet3", "netfront": "xen-netfront"}.get(model, "emulated-e1000")


def test_rings_of_a_macvtap_are_its_own(tmp_path: Path) -> None:
    text = (
        (SAMPLES / "macvtap.xml")
        .read_text()
        .replace('<model type="virtio"/>', '<model type="virtio"/><driver name="vhost" rx_queue_size="512"/>')
    )
    (tmp_path / "own.xml").write_text(text)
    assert guest(tmp_path / "own.xml")["rx_ring"] == 512


def test_the_mode_of_a_macvtap_is_written(tmp_path: Path) -> None:
    text = (SAMPLES / "macvtap.xml").read_text(encoding="utf-8")
    assert "macvtap" not in guest("macvtap.xml"), "bridge, the usual one"
    for mode, written in (("vepa", "vepa"), ("private", "private"), ("passthrough", None)):
        file = tmp_path / f"{mode}.xml"
        file.write_text(text.replace('mode="bridge"', f'mode="{mode}"'), encoding="utf-8")
        assert guest(file).get("macvtap") == written


def test_the_switch_is_written_where_it_is_not_the_usual_one() -> None:
    assert plain("openvswitch.xml")["switch"] == {"kind": "ovs-kernel"}
    assert "switch" not in plain("vhost-net.xml")
