"""Adapters from lspci: which is chosen, how its slot runs, where its virtual functions are, what is not modelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import BadValue, InputError
from simulator.imports import lspci
from simulator.imports.adapters import PARTS, part_of, rate_in
from simulator.scenario import names
from tests.imports import SAMPLES, plain, text_of


def nic(*files: str | Path, adapter: str | None = None) -> dict[str, object]:
    found = plain(*files, adapter=adapter)["nic"]
    assert isinstance(found, dict)
    return found


def test_an_xl710_has_its_40_gigabits() -> None:
    assert nic("lspci-ib.txt") == {
        "model": "xl710",
        "rate": "40 Gbit/s",
        "pcie": {"generation": 3, "lanes": 8, "mps": "256 B", "mrrs": "512 B"},
    }


def test_an_adapter_that_the_catalogue_lacks_is_called_so() -> None:
    assert nic("lspci-connectx4.txt")["model"] == "connectx-5"
    text = text_of("lspci-connectx4.txt").replace("\n  # ", " ")
    assert "[ConnectX-4] is not modelled; guessed: the nearest in rate, connectx-5" in text


def test_a_narrow_slot_is_taken_as_it_runs() -> None:
    assert nic("lspci-hsw.txt")["pcie"] == {"generation": 2, "lanes": 4, "mps": "128 B", "mrrs": "512 B"}


def test_a_slot_that_is_not_modelled_is_a_comment(tmp_path: Path) -> None:
    fast = tmp_path / "lspci-fast.txt"
    fast.write_text(
        (SAMPLES / "lspci-hsw.txt")
        .read_text(encoding="utf-8")
        .replace("Speed 5GT/s, Width x4", "Speed 64GT/s, Width x4"),
        encoding="utf-8",
    )
    assert "generation" not in str(nic(fast)["pcie"])
    assert "the slot runs at generation 6 x4, which is not modelled" in text_of(fast).replace("\n  # ", " ")


def test_what_a_slot_could_do_is_said() -> None:
    text = text_of("lspci-x710-vfs.txt", adapter="5e:00.0").replace("\n  # ", " ")
    assert "the slot runs at 8 GT/s x8; it could 16 GT/s x16" in text


def test_the_wanted_adapter_is_taken() -> None:
    assert nic("lspci-x710-vfs.txt")["model"] == "x710"
    assert nic("lspci-x710-vfs.txt", adapter="5e:00.0")["model"] == "e810"
    with pytest.raises(BadValue, match=r"'5e:00.1' is not a known adapter of these files; choices: .*did you mean"):
        nic("lspci-x710-vfs.txt", adapter="5e:00.1")


def test_the_adapter_of_the_guests_functions_is_taken(tmp_path: Path) -> None:
    text = (SAMPLES / "hostdev-interface.xml").read_text(encoding="utf-8")
    other = tmp_path / "other.txt"
    body = (SAMPLES / "lspci-x710-vfs.txt").read_text(encoding="utf-8")
    head, faster = body.split("0000:5e:00.0")
    faster = "0000:5e:00.0" + faster.replace("\tKernel", "\t\tTotal VFs: 64, Number of VFs: 32\n\tKernel", 1)
    other.write_text(head + faster, encoding="utf-8")
    assert nic(other)["model"] == "e810"
    domain = tmp_path / "vnf.xml"
    domain.write_text(text, encoding="utf-8")
    assert nic(other, domain)["model"] == "x710"


def test_addresses_of_functions_follow_from_offset_and_stride() -> None:
    found = lspci.read((SAMPLES / "lspci-x710-vfs.txt").read_text(encoding="utf-8"), "here").adapters[0]
    assert found.vf_addresses == ("0000:03:02.0", "0000:03:02.1")


def test_offsets_cross_to_the_next_bus() -> None:
    text = (SAMPLES / "lspci-x710-vfs.txt").read_text(encoding="utf-8").replace("VF offset: 16", "VF offset: 255")
    assert lspci.read(text, "here").adapters[0].vf_addresses == ("0000:03:1f.7", "0000:04:00.0")


def test_each_function_gets_a_guest_if_nobody_says_who_has_it() -> None:
    assert plain("lspci-x710-vfs.txt")["guests"][0]["count"] == 2
    assert "count" not in plain("lspci-ib.txt")["guests"][0]


def test_a_whole_adapter_is_no_virtual_function() -> None:
    (guest,) = plain("hostdev-pci.xml", "lspci-x710-vfs.txt")["guests"]
    assert guest["datapath"] == "direct-assignment"


def test_what_a_guest_sees_is_not_the_host(tmp_path: Path) -> None:
    path = tmp_path / "guest.txt"
    path.write_text("00:03.0 Ethernet controller: Red Hat, Inc. Virtio 1.0 network device (rev 01)\n", encoding="utf-8")
    with pytest.raises(InputError, match="taken in a guest; take it on the host"):
        plain(path)


@pytest.mark.parametrize(
    ("name", "title", "rate"),
    [
        ("Intel Corporation 82599 10 Gigabit Network Connection", "Intel 82599", None),
        ("Intel Corporation Ethernet Controller X710/X557-AT 10GBASE-T", "Intel X710", 10),
        ("Intel Corporation Ethernet Controller XXV710 for 25GbE SFP28", "Intel XXV710", 25),
        ("Intel Corporation XL710/X710 Virtual Function (rev 01)", "Intel 700 series VF", None),
        ("Intel Corporation Ethernet Virtual Function 700 Series", "Intel 700 series VF", None),
        ("Mellanox Technologies MT27700 Family [ConnectX-4 Virtual Function]", "Mellanox VF", None),
        ("Mellanox Technologies MT27710 Family [ConnectX-4 Lx]", "Mellanox ConnectX-4 Lx", None),
        ("Mellanox Technologies MT42822 BlueField-2 integrated ConnectX-6 Dx", "Mellanox BlueField", None),
        ("Broadcom Inc. BCM57414 NetXtreme-E 10Gb/25Gb RDMA Ethernet Controller", "Broadcom BCM57xxx", 25),
    ],
)
def test_names_without_ids_are_known(name: str, title: str, rate: int | None) -> None:
    part = part_of(None, None, name, None)
    assert part is not None
    assert part.title == title
    assert rate_in(name) == (rate and rate * 10**9)


def test_parts_name_models_of_the_catalogue_and_no_id_twice() -> None:
    assert {part.model for part in PARTS} <= set(names.nics())
    ids = [(part.vendor, device) for part in PARTS for device in part.devices]
    assert len(set(ids)) == len(ids)
