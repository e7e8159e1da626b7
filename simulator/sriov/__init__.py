"""SR-IOV itself: the device as registers, the host that turns one function into many, and who may have which.

>>> from simulator.sriov import Q35, Host, model_named, sysfs
>>> host = Host(Q35)
>>> (pf,) = host.plug(model_named("igb"))
>>> print(sysfs.write(host, pf, "sriov_numvfs", "8"))
ERANGE: Numerical result out of range (sriov_totalvfs is 7)
>>> print(sysfs.write(host, pf, "sriov_numvfs", "2"))
done
>>> [vf.name for vf in pf.vfs]
['0000:01:10.0', '0000:01:10.2']

*Scope*: the control plane. It knows no engine and no plan; nothing of it takes part in a simulated run yet.
*Validation*: ``tests/sriov``.
"""

from __future__ import annotations

from simulator.sriov.catalogue import MODELS, model_named
from simulator.sriov.host import Host
from simulator.sriov.machine import MACHINES, Q35, SERVER, Machine
from simulator.sriov.model import Model
from simulator.sriov.outcome import Outcome
from simulator.sriov.state import Owner

__all__ = ["MACHINES", "MODELS", "Q35", "SERVER", "Host", "Machine", "Model", "Outcome", "Owner", "model_named"]
