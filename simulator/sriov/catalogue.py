"""The devices that ship with the project: what their capabilities say, with the place where each value was read.

1. Values come from recorded dumps of real or emulated devices and from driver code; ``Origin`` says which.
2. What no dump shows (``lspci`` prints no size for a VF's window) is marked as assumed.
3. Offsets with ARI are from dumps. Without it the VFs lie one bus further; a dump says so of the 82576 and the 82599,
   and of a four-port X710, whose third function has offset 334 = 272 + 2 x 32 - 2. For the others 256 is added.
4. ``textbook`` is nobody's product: it is as large as the standard lets a device be that sits alone below a port.

*Scope*: one configuration of each; TotalVFs of ConnectX and of NVMe drives is a setting of their firmware.
*Validation*: ``tests/sriov/test_devices.py``.
"""

from __future__ import annotations

from simulator.errors import unknown
from simulator.sriov.model import Bar, Model, Origin, Port

KIB, MIB = 1 << 10, 1 << 20
KERNEL = "Linux 6.12, drivers of the PF and the VF"
QUIRK = "Linux, drivers/pci/quirks.c: functions of this device are isolated from each other without the capability"
PCIUTILS = "pciutils 0f5b941, pci.ids and recorded dumps"
PCIE_BENCH = "pcie-bench/data b2abf2f, lspci of the Ivy Bridge host"
VF_WINDOWS = "lspci prints no size for a VF's window: 16 KiB taken, as in the adapters that are known"
DERIVED_PLAIN = Origin(
    "offset_plain", "derived", "recorded dump of a four-port X710 without ARI: the third function has 334"
)
ASSUMED_PLAIN = Origin("offset_plain", "assumed", "one bus further, as the devices do that were recorded without ARI")
CARD_NAMES = "vendor_id device_id names class_code"

IGB = Model(
    name="igb", title="Intel 82576, 1 Gbit/s, as QEMU 10.0 emulates it", kind="network",
    vendor_id=0x8086, device_id=0x10C9, vf_device_id=0x10CA, subsystem=(0x1AF4, 0x1100),
    names=("Intel Corporation", "82576 Gigabit Network Connection", "82576 Virtual Function"),
    total_vfs=8, ports=(Port(128, 128),), vf_stride=2,
    pf_bars={0: Bar(128 * KIB, is_64bit=False, prefetchable=False),
             1: Bar(128 * KIB, is_64bit=False, prefetchable=False),
             2: Bar(32, is_64bit=False, prefetchable=False, is_io=True),
             3: Bar(16 * KIB, prefetchable=False)},
    vf_bars={0: Bar(16 * KIB), 3: Bar(16 * KIB)}, pf_msix=10, vf_msix=3, pf_driver="igb", vf_driver="igbvf",
    link_mbit_s=1000, pcie_generation=1, pcie_lanes=1, acs=True, checks_page_size=False, vf_memory_bit=True,
    origins=(
        Origin(f"{CARD_NAMES} vf_device_id subsystem revision total_vfs offset_ari offset_plain vf_stride pf_bars vf_bars pf_msix vf_msix "
               "msix_bar pba_offset supported_pages checks_page_size vf_memory_bit pcie_generation pcie_lanes "
               "link_mbit_s pf_driver vf_driver extended", "cited",
               "recorded: Debian 12 guest, Linux 6.12, QEMU 10.0.2 without KVM, q35; lspci -vvv -xxxx, sysfs, setpci"),
        Origin("acs", "cited", QUIRK)),
)  # fmt: skip

IGB_TWO_PORTS = Model(
    name="igb-2", title="Intel 82576 with two ports in one slot: their VFs interleave", kind="network",
    vendor_id=0x8086, device_id=0x10C9, vf_device_id=0x10CA, subsystem=(0x1AF4, 0x1100),
    names=IGB.names, total_vfs=8, ports=(Port(128, 384), Port(128, 384)), vf_stride=2,
    pf_bars=IGB.pf_bars, vf_bars=IGB.vf_bars, pf_msix=10, vf_msix=3, pf_driver="igb", vf_driver="igbvf",
    link_mbit_s=1000, pcie_generation=1, pcie_lanes=4, acs=True,
    origins=(
        Origin(f"{CARD_NAMES} vf_device_id subsystem revision pf_bars vf_bars pf_msix vf_msix msix_bar pba_offset "
               "supported_pages link_mbit_s pf_driver vf_driver extended", "borrowed", "the device igb"),
        Origin("total_vfs offset_ari offset_plain vf_stride", "cited", f"{PCIUTILS} (82576 without ARI: offset 384, stride 2); "
               "VFs of port 1 at 01:10.1, 01:10.3"),
        Origin("pcie_generation pcie_lanes checks_page_size vf_memory_bit", "assumed", "as a real card would have it"),
        Origin("acs", "cited", QUIRK)),
)  # fmt: skip

INTEL_82599 = Model(
    name="82599", title="Intel 82599, two ports of 10 Gbit/s", kind="network",
    vendor_id=0x8086, device_id=0x10FB, vf_device_id=0x10ED,
    names=("Intel Corporation", "82599ES 10-Gigabit SFI/SFP+ Network Connection",
           "82599 Ethernet Controller Virtual Function"),
    total_vfs=64, ports=(Port(128, 384), Port(128, 384)), vf_stride=2,
    pf_bars={0: Bar(512 * KIB), 2: Bar(32, is_64bit=False, prefetchable=False, is_io=True), 4: Bar(16 * KIB)},
    vf_bars={0: Bar(16 * KIB), 3: Bar(16 * KIB)}, pf_msix=64, vf_msix=3, pf_driver="ixgbe", vf_driver="ixgbevf",
    link_mbit_s=10_000, pcie_generation=2, pcie_lanes=8, msix_bar=4, acs=True,
    origins=(
        Origin("total_vfs offset_ari offset_plain vf_stride vf_device_id vf_bars vf_msix supported_pages pcie_generation pcie_lanes "
               f"link_mbit_s {CARD_NAMES} extended", "cited",
               "three recorded dumps of 82599 rev 01; a kernel mail with the offset before and after a rescan"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("pf_bars pf_msix msix_bar pba_offset subsystem revision checks_page_size vf_memory_bit", "assumed",
               "typical of the card; no dump with sizes was read"),
        Origin("acs", "cited", QUIRK)),
)  # fmt: skip

XL710 = Model(
    name="xl710", title="Intel XL710, two ports of 40 Gbit/s", kind="network",
    vendor_id=0x8086, device_id=0x1583, vf_device_id=0x154C,
    names=("Intel Corporation", "Ethernet Controller XL710 for 40GbE QSFP+", "Ethernet Virtual Function 700 Series"),
    total_vfs=64, ports=(Port(16, 272), Port(79, 335)), vf_stride=1,
    pf_bars={0: Bar(8 * MIB), 3: Bar(32 * KIB)}, vf_bars={0: Bar(64 * KIB), 3: Bar(16 * KIB)},
    pf_msix=129, vf_msix=5, pf_driver="i40e", vf_driver="iavf", link_mbit_s=40_000, pcie_generation=3, pcie_lanes=8,
    pba_offset=0x1000, acs=True, extended={"AER": 0x100, "ARI": 0x150, "SR-IOV": 0x160, "ACS": 0x1B0},
    origins=(
        DERIVED_PLAIN,
        Origin(f"{CARD_NAMES} vf_device_id total_vfs offset_ari vf_stride pf_bars pf_msix pba_offset msix_bar "
               "supported_pages pcie_generation pcie_lanes link_mbit_s acs extended revision", "cited", PCIE_BENCH),
        Origin("vf_bars vf_msix", "cited", "recorded dump of an X710 VF; agrees with the distance of the two ports' "
               "VF regions (4 MiB / 64, 1 MiB / 64)"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("subsystem checks_page_size vf_memory_bit", "assumed", "as the specification has it")),
)  # fmt: skip

X710 = Model(
    name="x710", title="Intel X710, one function with all 128 VFs, 10 Gbit/s", kind="network",
    vendor_id=0x8086, device_id=0x1572, vf_device_id=0x154C,
    names=("Intel Corporation", "Ethernet Controller X710 for 10GbE SFP+", "Ethernet Virtual Function 700 Series"),
    total_vfs=128, ports=(Port(16, 272),), vf_stride=1,
    pf_bars={0: Bar(8 * MIB), 3: Bar(32 * KIB)}, vf_bars={0: Bar(64 * KIB), 3: Bar(16 * KIB)},
    pf_msix=129, vf_msix=5, pf_driver="i40e", vf_driver="iavf", link_mbit_s=10_000, pcie_generation=3, pcie_lanes=8,
    pba_offset=0x1000, acs=True, extended={"AER": 0x100, "ARI": 0x150, "SR-IOV": 0x160, "ACS": 0x1B0},
    origins=(
        DERIVED_PLAIN,
        Origin(f"{CARD_NAMES} vf_device_id total_vfs offset_ari vf_stride supported_pages vf_bars vf_msix link_mbit_s",
               "cited", "recorded dumps of X710 (one port, 128 VFs) and of its VF"),
        Origin("pf_bars pf_msix pba_offset msix_bar pcie_generation pcie_lanes acs extended revision", "borrowed",
               "the XL710, of the same family"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("subsystem checks_page_size vf_memory_bit", "assumed", "as the specification has it")),
)  # fmt: skip

E810 = Model(
    name="e810", title="Intel E810-XXV, one port of 25 Gbit/s", kind="network",
    vendor_id=0x8086, device_id=0x159B, vf_device_id=0x1889,
    names=("Intel Corporation", "Ethernet Controller E810-XXV for SFP", "Ethernet Adaptive Virtual Function"),
    total_vfs=64, ports=(Port(8, 264),), vf_stride=1,
    pf_bars={0: Bar(32 * MIB), 3: Bar(64 * KIB)}, vf_bars={0: Bar(128 * KIB), 3: Bar(16 * KIB)},
    pf_msix=512, vf_msix=17, pf_driver="ice", vf_driver="iavf", link_mbit_s=25_000, pcie_generation=4, pcie_lanes=8,
    acs=True, revision=2, extended={"AER": 0x100, "ARI": 0x150, "SR-IOV": 0x160, "ACS": 0x1B0},
    origins=(
        ASSUMED_PLAIN,
        Origin(f"{CARD_NAMES} vf_device_id total_vfs offset_ari vf_stride supported_pages link_mbit_s pcie_generation",
               "cited", "recorded dump of an E810-XXV OCP card, kernel mail"),
        Origin("vf_msix", "cited", "Linux, ice_sriov.h: 65, 33, 17, 5 or 3 vectors for each VF"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("pf_bars vf_bars pf_msix msix_bar pba_offset pcie_lanes acs extended revision subsystem "
               "checks_page_size vf_memory_bit", "assumed", VF_WINDOWS + "; BAR0 128 KiB as its driver maps it")),
)  # fmt: skip

CONNECTX5 = Model(
    name="connectx-5", title="NVIDIA ConnectX-5, two ports of 25 Gbit/s, eight VFs set in firmware", kind="network",
    vendor_id=0x15B3, device_id=0x1017, vf_device_id=0x1018,
    names=("Mellanox Technologies", "MT27800 Family [ConnectX-5]", "MT27800 Family [ConnectX-5 Virtual Function]"),
    total_vfs=8, ports=(Port(2, 258), Port(9, 265)), vf_stride=1,
    pf_bars={0: Bar(32 * MIB)}, vf_bars={0: Bar(1 * MIB)}, pf_msix=64, vf_msix=12,
    pf_driver="mlx5_core", vf_driver="mlx5_core", link_mbit_s=25_000, pcie_generation=3, pcie_lanes=8,
    msix_bar=0, pba_offset=0x3000, acs=True, revision=0, vf_msix_pool=512,
    extended={"AER": 0x100, "ARI": 0x150, "SR-IOV": 0x180, "ACS": 0x230},
    origins=(
        ASSUMED_PLAIN,
        Origin(f"{CARD_NAMES} vf_device_id total_vfs vf_stride pf_msix pcie_generation pcie_lanes link_mbit_s", "cited",
               "recorded dump of MCX512A-ACUT, kernel mail"),
        Origin("offset_ari", "derived", "port 0 offset 2 in the dump; port 1 offset 9 puts its VFs where they were seen, "
               "65:01.2 and on"),
        Origin("vf_msix", "cited", "kernel mail, series that adds sriov_vf_msix_count: 12 vectors by default"),
        Origin("pf_bars extended acs msix_bar pba_offset supported_pages revision", "borrowed",
               "recorded dump of ConnectX-4 MCX416A; the pages are the set that every device must have"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("vf_bars vf_msix_pool subsystem checks_page_size vf_memory_bit", "assumed", "lspci prints no size for a VF's window")),
)  # fmt: skip

NVME = Model(
    name="nvme", title="NVMe drive with SR-IOV, values of a Samsung PM174X", kind="storage",
    vendor_id=0x144D, device_id=0xA826, vf_device_id=0xA826,
    names=("Samsung Electronics Co Ltd", "NVMe SSD Controller PM174X", "NVMe SSD Controller PM174X"),
    total_vfs=64, ports=(Port(32, 288),), vf_stride=1, class_code=0x010802, revision=0,
    pf_bars={0: Bar(32 * KIB, prefetchable=False)}, vf_bars={0: Bar(32 * KIB, prefetchable=False)},
    pf_msix=129, vf_msix=9, pf_driver="nvme", vf_driver="nvme", link_mbit_s=0, pcie_generation=5, pcie_lanes=4,
    msix_bar=0, acs=True,
    origins=(
        ASSUMED_PLAIN,
        Origin(f"{CARD_NAMES} vf_device_id total_vfs offset_ari vf_stride supported_pages", "cited",
               f"{PCIUTILS}: PM174X, offset 32, stride 1, VF BAR0 64-bit non-prefetchable"),
        Origin("vf_msix", "cited", "a published recipe for the PM173X: 9 queues and 9 vectors for each VF"),
        Origin("pf_driver vf_driver", "cited", KERNEL),
        Origin("pf_bars vf_bars pf_msix msix_bar pba_offset pcie_generation pcie_lanes link_mbit_s acs extended "
               "revision subsystem checks_page_size vf_memory_bit", "assumed", VF_WINDOWS)),
)  # fmt: skip

TEXTBOOK = Model(
    name="textbook", title="A device as large as the standard allows: 64,000 VFs, one after the other", kind="network",
    vendor_id=0x1234, device_id=0x1000, vf_device_id=0x1001,
    names=("Textbook", "Physical Function", "Virtual Function"),
    total_vfs=64_000, ports=(Port(1, 256),), vf_stride=1,
    pf_bars={0: Bar(64 * KIB)}, vf_bars={0: Bar(4 * KIB)}, pf_msix=64, vf_msix=3,
    pf_driver="textbook", vf_driver="textbookvf", link_mbit_s=100_000, pcie_generation=5, pcie_lanes=16,
    msix_bar=0, pba_offset=0x800, acs=True, revision=0,
    origins=(
        Origin(f"{CARD_NAMES} vf_device_id total_vfs offset_ari offset_plain vf_stride pf_bars vf_bars pf_msix vf_msix pf_driver vf_driver "
               "link_mbit_s pcie_generation pcie_lanes msix_bar pba_offset acs revision subsystem supported_pages "
               "extended checks_page_size vf_memory_bit", "assumed",
               "nobody's product; NumVFs is a 16-bit register and a routing id has 16 bits"),
    ),
)  # fmt: skip

MODELS = {
    model.name: model
    for model in (IGB, IGB_TWO_PORTS, INTEL_82599, X710, XL710, E810, CONNECTX5, NVME, TEXTBOOK)
}  # fmt: skip


def model_named(name: str) -> Model:
    """Return a device of the catalogue; an unknown name is answered with the nearest."""
    if name not in MODELS:
        raise unknown("MODEL", "device", name, MODELS)
    return MODELS[name]
