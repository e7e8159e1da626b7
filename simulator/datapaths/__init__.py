"""How packets enter and leave a guest, one module per way.

*Scope*: bare metal and SR-IOV virtual functions.
*Validation*: every test that goes through `DATAPATHS`.
"""

from __future__ import annotations

from simulator.datapaths import native, sriov_vf
from simulator.datapaths.model import Datapath
from simulator.errors import unknown

__all__ = ["DATAPATHS", "Datapath", "datapath"]

DATAPATHS: dict[str, Datapath] = {path.name: path for path in (native.DATAPATH, sriov_vf.DATAPATH)}


def datapath(name: str) -> Datapath:
    """The datapath of that name; InputError lists the names."""
    if name not in DATAPATHS:
        raise unknown("datapath", "datapath", name, tuple(DATAPATHS))
    return DATAPATHS[name]
