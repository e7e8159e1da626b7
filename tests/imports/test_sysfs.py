"""sysfs as a folder, as a dump and as a listing."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import BadValue
from tests.imports import plain, text_of


def device(root: Path, address: str, **files: str) -> Path:
    folder = root / address
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "devices"
    own = device(
        root,
        "0000:03:00.0",
        vendor="0x8086",
        device="0x1592",
        **{"class": "0x020000"},
        sriov_totalvfs="256",
        sriov_numvfs="2",
        current_link_speed="16.0 GT/s PCIe",
        current_link_width="16",
        numa_node="1",
    )
    (own / "net" / "ens1").mkdir(parents=True)
    (own / "net" / "ens1" / "speed").write_text("100000\n", encoding="utf-8")
    for number in (0, 1):
        function = device(root, f"0000:03:01.{number}", vendor="0x8086", device="0x1889", **{"class": "0x020000"})
        (function / "physfn").symlink_to("../0000:03:00.0")
        (own / f"virtfn{number}").symlink_to(f"../0000:03:01.{number}")
    device(root, "0000:04:00.0", vendor="0x102b", device="0x0536", **{"class": "0x030000"})
    return root


def test_a_folder(tree: Path) -> None:
    found = plain(tree)
    assert found["nic"] == {"model": "e810", "rate": "100 Gbit/s", "pcie": {"generation": 4, "lanes": 16}}
    assert found["guests"][0]["count"] == 2
    text = text_of(tree)
    assert "on NUMA node 1: whether cores and memory are there too is nic.far" in text
    assert "virtual functions in the files: 2" in text


def test_one_device(tree: Path) -> None:
    assert plain(tree / "0000:03:00.0")["guests"][0]["count"] == 2


def test_a_dump() -> None:
    found = plain("sysfs-dump.txt")
    assert found["nic"] == {"model": "x710", "rate": "10 Gbit/s", "pcie": {"generation": 3, "lanes": 8}}
    assert found["guests"][0]["count"] == 4


def test_a_listing_counts_its_links() -> None:
    assert plain("sysfs-listing.txt")["guests"][0]["count"] == 4


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="holds no PCI device"):
        plain(tmp_path)


def test_a_host_without_adapters(tmp_path: Path) -> None:
    device(tmp_path, "0000:04:00.0", **{"class": "0x030000"})
    with pytest.raises(BadValue, match="no network controller"):
        plain(tmp_path)
