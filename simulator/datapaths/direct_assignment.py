"""Direct assignment (VT-d): one VM owns the whole physical function; no VF, no embedded switch, no neighbour.

1. The guest runs the driver of the physical function: its rings, its defaults of interrupt moderation.
2. The NIC writes the packet into the guest's memory; the IOMMU keeps the guest inside its own memory.
3. Interrupts reach the guest as those of a virtual function do: by software (legacy), through the virtual APIC (apicv), straight
   from the NIC (posted), or not at all (poll mode). The doorbell is a store to the mapped page, without exit.

*Scope*: as for virtual functions: guest memory is mapped once and for all, no translation cost; accesses to the configuration space and
the page with the vector table exit, and are control only. The port is not shared: no other guest can use the adapter, and
there is no limit per function.
*Validation*: tests/golden/test_direct_assignment.py, tests/validation (vmux).
"""

from __future__ import annotations

from simulator.datapaths import sriov_vf
from simulator.datapaths.model import Datapath
from simulator.parts import vmm
from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings, require_no_function_limits


def build(machine: Machine, guest: GuestSettings) -> Attachment:
    """Attach the VM that owns the adapter."""
    require_no_function_limits(guest, "limits a virtual function; here the guest owns the whole adapter")
    return sriov_vf.build(machine, guest)


DATAPATH = Datapath(
    "direct-assignment", "whole adapter passed through", vmm.MODES, sriov_vf.steps, build, exclusive=True
)
