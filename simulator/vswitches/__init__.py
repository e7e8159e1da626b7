"""What carries packets between guests and the wire, one module per switch.

*Scope*: switches are chosen by family; `automatic` is the first of each.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from simulator.parts.settings import PolledSwitch, SwitchSettings
from simulator.vswitches import (
    embedded,
    hardware_offload,
    hyperv_switch,
    linux_bridge,
    ovs_dpdk,
    ovs_kernel,
    testpmd,
    vpp,
)
from simulator.vswitches.model import Carrier, Flows

SWITCHES: dict[str, Carrier] = {
    carrier.name: carrier
    for carrier in (
        embedded.CARRIER,
        embedded.SECOND_NAME,
        hardware_offload.CARRIER,
        linux_bridge.CARRIER,
        ovs_kernel.CARRIER,
        hyperv_switch.CARRIER,
        ovs_dpdk.CARRIER,
        vpp.CARRIER,
        testpmd.CARRIER,
    )
}
FAMILIES = {"adapter": embedded.CARRIER, "kernel": linux_bridge.CARRIER, "user": ovs_dpdk.CARRIER}
"""What `automatic` is."""


def settings(
    kind: str = "automatic",
    *,
    cores: tuple[int, ...] = (),
    masks: int = 1,
    extensions: int = 0,
    flows: Flows = Flows(),  # noqa: B008  # frozen
    reflected: bool = False,
) -> SwitchSettings:
    """What is on a host whose scenario names the switch `kind`; families that it does not name have their usual one."""
    chosen = dict(FAMILIES)
    if kind in SWITCHES:
        chosen[SWITCHES[kind].family] = SWITCHES[kind]
    return SwitchSettings(
        chosen["kernel"].kernel(masks, extensions),
        chosen["user"].threads(flows),
        cores,
        reflected,
        {family: carrier.upcall_costs for family, carrier in chosen.items()},
    )


def forwarder(kind: str, *, masks: int = 1, flows: Flows = Flows()) -> PolledSwitch | None:  # noqa: B008  # frozen
    """What a guest spends between receive and send that forwards as this switch does; None: nothing beside the path's own."""
    if kind not in SWITCHES:
        return None
    carrier = SWITCHES[kind]
    if carrier.family == "kernel":
        return PolledSwitch(carrier.title, packet_costs=carrier.kernel(masks))
    return carrier.threads(flows)


def suits(kind: str, needed: str) -> bool:
    """Whether a switch is of the family of the one that a path names."""
    return {kind, needed} <= set(SWITCHES) and SWITCHES[kind].family == SWITCHES[needed].family
