"""ethtool: moderation by driver, rings in force, link speed, and whose interface it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.imports import SAMPLES, guest, plain, text_of


def nic(*names: str | Path) -> dict[str, Any]:
    found = plain(*names)["nic"]
    assert isinstance(found, dict)
    return found


def test_an_intel_driver_keeps_a_gap_and_its_current_rings() -> None:
    found = nic("ethtool-i40e.txt")
    assert found["model"] == "x710"
    assert found["moderation"] == {"kind": "gap", "interval": "20 us"}
    assert (found["rx_ring"], found["tx_ring"]) == (1024, 2048)
    assert "tx-usecs 50 differs from rx-usecs" in text_of("ethtool-i40e.txt")


def fixed(tmp_path: Path) -> Path:
    """The sample with adaptive moderation switched off."""
    path = tmp_path / "fixed.txt"
    text = (SAMPLES / "ethtool-c-mellanox.txt").read_text(encoding="utf-8")
    path.write_text(text.replace("Adaptive RX: on", "Adaptive RX: off"), encoding="utf-8")
    return path


def test_adaptive_moderation_is_that_of_the_driver() -> None:
    assert nic("ethtool-c-mellanox.txt")["moderation"] == {"kind": "adaptive"}
    assert "adaptive RX is on, so rx-usecs 16 is where it begins" in text_of("ethtool-c-mellanox.txt").replace(
        "\n  # ", " "
    )


def test_frames_without_a_driver_are_a_timer(tmp_path: Path) -> None:
    assert nic(fixed(tmp_path))["moderation"] == {"kind": "coalesce", "interval": "16 us", "frames": 88}


def test_cqe_mode_restarts_the_timer() -> None:
    assert nic("ethtool-cqe.txt")["moderation"]["kind"] == "coalesce-cqe"


def test_a_mellanox_without_cqe_mode_counts_from_the_event(tmp_path: Path) -> None:
    assert nic("lspci-connectx4.txt", fixed(tmp_path))["moderation"]["kind"] == "coalesce-eqe"


def test_zero_is_no_moderation(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("Coalesce parameters for eth0:\nAdaptive RX: off  TX: off\nrx-usecs: 0\n", encoding="utf-8")
    assert nic(path)["moderation"] == {"kind": "none"}


def test_the_speed_of_the_link_is_the_rate() -> None:
    assert nic("ethtool-settings.txt")["rate"] == "1 Gbit/s"


def test_an_interface_of_a_guest_does_not_tune_the_adapter(tmp_path: Path) -> None:
    path = tmp_path / "guest.txt"
    text = (SAMPLES / "ethtool-i40e.txt").read_text(encoding="utf-8").replace("driver: i40e", "driver: virtio_net")
    path.write_text(text, encoding="utf-8")
    assert nic(path) == {"model": "e810"}
    assert "eno1 is a guest's (virtio_net)" in text_of(path)


@pytest.mark.parametrize(("name", "queues"), [("ens1v0", 2), ("eno1", 4)])
def test_channels_of_the_adapter_itself_are_not_the_guests(tmp_path: Path, name: str, queues: int) -> None:
    path = tmp_path / "l.txt"
    text = (SAMPLES / "ethtool-i40e.txt").read_text(encoding="utf-8").replace("eno1", name)
    path.write_text(text if name == "eno1" else text.replace("0000:03:00.0", "0000:03:02.0"), encoding="utf-8")
    assert guest("hostdev-interface.xml", "lspci-x710-vfs.txt", path)["queues"] == queues


@pytest.mark.parametrize("named", [True, False])
def test_a_driver_that_was_saved_apart_belongs_to_its_interface(tmp_path: Path, named: bool) -> None:
    text = fixed(tmp_path).read_text(encoding="utf-8")
    driver = ("# ethtool -i eth2\n" if named else "") + "driver: mlx5_core\n"
    (tmp_path / "c.txt").write_text(text if named else driver + text, encoding="utf-8")
    (tmp_path / "i.txt").write_text(driver if named else text, encoding="utf-8")
    assert nic(tmp_path / "c.txt", tmp_path / "i.txt")["moderation"]["kind"] == "coalesce-eqe"
