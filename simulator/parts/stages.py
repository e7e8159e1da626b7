"""The stages of a packet's way, one list for all datapaths, so that two paths can be compared stage by stage.

*Scope*: names and their meaning; where a stage ends is set where the worker or link is built.
*Validation*: tests/unit/test_build_parts.py: every stage of every built plan is in this list, and the stage times add
up to the latency.
"""

from __future__ import annotations

WIRE = "wire"
NIC = "NIC"
PCIE = "PCIe"
MODERATION = "moderation"
HOST_INTERRUPT = "host interrupt"
HOST_SOFTIRQ = "host driver + switch"
BACKEND_WAKE = "backend wake-up"
BACKEND = "backend"
INTERRUPT = "interrupt delivery"
SOFTIRQ = "driver + stack"
WAKE_UP = "application wake-up"
APPLICATION = "application"
POLLING = "poll"
SEND = "send"
FETCH = "doorbell + fetch"
PCIE_READ = "PCIe read"
NIC_QUEUE = "NIC queue"

STAGES: dict[str, str] = {
    WIRE: "waiting for the wire, the frame's own time on it, and the cable",
    NIC: "inside the NIC: port latency, packet buffer, classification, embedded switch",
    PCIE: "from the NIC's write until packet and descriptor are in memory, with the wait for the PCIe link",
    MODERATION: "in memory and not announced: the NIC holds the interrupt back, or the driver has it masked",
    HOST_INTERRUPT: "from the interrupt message to the poll of the host's driver under a software switch",
    HOST_SOFTIRQ: "host driver, switch and tap queue in the host's softirq, with the wait behind packets of the same poll",
    BACKEND_WAKE: "in the tap queue or the guest's transmit ring until the backend's thread takes up its work",
    BACKEND: "vhost or QEMU: copy, when sending also switch and host driver; with the wait behind packets of one batch",
    INTERRUPT: "from the interrupt message to the driver's poll: host, hypervisor, wake-up of a halted vCPU",
    SOFTIRQ: "driver and network stack in the softirq, with the wait behind packets of the same poll",
    WAKE_UP: "in the socket until the application runs",
    APPLICATION: "the application reads: system call, copy, and the wait behind packets that it reads before",
    POLLING: "poll-mode driver: until it looks at the ring, and its work on the packet",
    SEND: "system call, copy, stack and driver of the sender, with the wait for a free descriptor",
    FETCH: "from the doorbell until the NIC has the descriptor and has chosen this queue",
    PCIE_READ: "the NIC reads the packet from memory",
    NIC_QUEUE: "in the NIC, waiting for its turn on the wire",
}
"""Stage -> one sentence."""
