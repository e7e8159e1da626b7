"""The names that a scenario may use, each list from the one place that knows it.

*Scope*: names only; what a name means belongs to the package that owns it. Lists of other packages are fetched on the
first call, so that reading the grammar imports none of them.
*Validation*: ``tests/unit/test_scenario_grammar.py``.
"""

from __future__ import annotations

from collections.abc import Callable

DATAPATHS = (
    "native", "af-xdp", "af-xdp-copy", "host", "container", "container-routed", "container-vf", "macvlan", "memif", "sriov-vf", "vdpa",
    "sub-function", "direct-assignment", "vhost-net", "macvtap", "vmdq", "vhost-user", "xen-netfront", "hyperv-netvsc", "virtio-qemu",
    "virtio-vmm", "vmxnet3", "emulated-e1000", "emulated-e1000e", "emulated-rtl8139",
)  # fmt: skip
ON_HOST = (
    "native",
    "af-xdp",
    "af-xdp-copy",
    "host",
    "container",
    "container-routed",
    "container-vf",
    "macvlan",
    "memif",
)
"""Paths of processes on the host, which have its interrupts."""
HYPERVISORS = {"xen-netfront": "Xen", "hyperv-netvsc": "Hyper-V"}
"""Paths of other hypervisors than KVM."""
OF_ANY = (*ON_HOST, "sriov-vf", "sub-function", "direct-assignment")
"""Paths that every hypervisor has."""
BRIDGED = (
    "vhost-net", "virtio-qemu", "virtio-vmm", "xen-netfront", "vmxnet3", "emulated-e1000", "emulated-e1000e", "emulated-rtl8139",
    "container", "host",
)  # fmt: skip
"""Paths behind the switch in the host's kernel, whichever it is."""
_POLLED = dict.fromkeys(("vhost-user", "memif"), "any")
FLOW_TABLES: dict[str, dict[str, str]] = {
    "automatic": _POLLED,
    "ovs-dpdk": _POLLED,
    "ovs-kernel": dict.fromkeys(BRIDGED, "towards"),
    "hardware-offload": dict.fromkeys(("sriov-vf", "vdpa", "sub-function", "container-vf"), "towards"),
}  # fmt: skip
"""Switch -> path -> directions in which the first packet of a flow meets a table that does not know it."""
FUNCTIONS = ("sriov-vf", "vdpa", "sub-function", "container-vf")
"""Paths behind the adapter's own switch."""
GIVEN_AWAY = ("sriov-vf", "vdpa", "sub-function", "direct-assignment")
"""Paths whose guest drives a function of the adapter itself."""
NO_NEIGHBOURS = ("container-routed", "macvlan")
"""Paths on which guests of one host send each other nothing."""
EMULATED = ("emulated-e1000", "emulated-e1000e", "emulated-rtl8139", "vmxnet3")
"""Devices of which a guest may have several."""
TWO_INTERFACES = (
    "native",
    "sriov-vf",
    "vdpa",
    "sub-function",
    "direct-assignment",
    "vhost-net",
    "macvtap",
    "vhost-user",
    "virtio-qemu",
)
"""Paths of which a guest may have two to forward between."""
KERNEL_FORWARDERS, POLL_FORWARDERS = ("route", "linux-bridge", "ovs-kernel"), ("l2fwd", "l3fwd", "ovs-dpdk", "vpp")
INTERRUPTS = ("automatic", "legacy", "apicv", "posted", "poll")
SWITCHES = (
    "automatic", "none", "embedded", "nic-eswitch", "hardware-offload", "linux-bridge", "ovs-kernel", "hyperv-switch", "ovs-dpdk", "vpp", "testpmd",
)  # fmt: skip


def datapaths() -> tuple[str, ...]:
    """Return the ways a packet can take into a guest."""
    return DATAPATHS


def interrupts() -> tuple[str, ...]:
    """Return how an interrupt reaches a guest; ``automatic`` is the best that the host offers."""
    return INTERRUPTS


def forwarders() -> tuple[str, ...]:
    """Return what a guest may forward with."""
    return ("automatic", *KERNEL_FORWARDERS, *POLL_FORWARDERS)


def switches() -> tuple[str, ...]:
    """Return what carries packets between guests and the wire; ``automatic`` is what the datapaths need."""
    return SWITCHES


def hosts() -> tuple[str, ...]:
    """Return the machine generations of the cost catalogue."""
    from simulator import costs

    return tuple(costs.hosts())


def nics() -> tuple[str, ...]:
    """Return the network adapters of the cost catalogue."""
    from simulator import costs

    return tuple(costs.nics())


def idle_words() -> tuple[str, ...]:
    """Return how deep the cores of a host may sleep."""
    from simulator.costs import idle

    return tuple(idle.words())


def noise_words() -> tuple[str, ...]:
    """Return what the kernels of a host may do besides."""
    from simulator.costs import noise

    return tuple(noise.words())


def is_host_file(host: str) -> bool:
    """Return whether a host is named by a file."""
    from simulator import costs

    return costs.is_host_file(host)


def host_name(host: str) -> str:
    """Return what a host is called in messages: a host file by its stem."""
    from simulator import costs

    return costs.host(host).name


def cost_units(host: str) -> dict[str, str]:
    """Return the unit of each cost that ``host: {costs: ...}`` may override."""
    from simulator import costs

    return {name: cost.unit for name, cost in costs.host(host).costs.items()}


def available_interrupts(host: str, apicv: bool | None, posted: bool | None) -> tuple[str, ...]:
    """Return the interrupt modes that a host has, with what the scenario grants or takes away."""
    from simulator import costs

    has = costs.host(host).capabilities
    offered = {
        "apicv": has.has_apicv if apicv is None else apicv,
        "posted": has.has_posted_interrupts if posted is None else posted,
    }
    return tuple(mode for mode in INTERRUPTS if offered.get(mode, True))


def imixes() -> tuple[str, ...]:
    """Return the packet mixes of ``size: {imix: ...}``."""
    from simulator.traffic.imix import IMIXES

    return tuple(IMIXES)


def distributions() -> tuple[str, ...]:
    """Return the measured size distributions of ``size: {distribution: ...}``."""
    from simulator.traffic import distributions as known

    return tuple(known.names())


def metrics() -> tuple[str, ...]:
    """Return the metrics of tables and thresholds."""
    from simulator.metrics import METRICS

    return tuple(METRICS)


LISTS: dict[str, Callable[[], tuple[str, ...]]] = {
    "datapaths": datapaths,
    "distributions": distributions,
    "hosts": hosts,
    "idle": idle_words,
    "imixes": imixes,
    "interrupts": interrupts,
    "metrics": metrics,
    "nics": nics,
    "noise": noise_words,
    "switches": switches,
}
"""What ``sriovsim list`` can list beside the scenarios."""
