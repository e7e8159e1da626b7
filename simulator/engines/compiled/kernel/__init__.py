"""The packet kernel: the rules of ``docs/reference/plan.md`` over one flat array of int64, compiled by numba as one unit.

Everything lives in one array ``m``: a header, the calendar, one record per entity, pools of packets and of nodes, histograms,
blocks of draws. An entity is the position of its record; ``m[f + F_CAPACITY]`` is a field; 0 means "none". One array keeps
calls cheap (a numba array is seven words), lets packets sit in intrusive lists, and runs unchanged on a Python list of unbounded integers.

1. The rooms have the names and the order of ``engines.reference``, and so have the modules in them: the record of a class, with its
   handlers, is in the module that has the name of the class's module.
2. A module imports those before it. A function of a later one that it needs is declared in it with ``@later``;
   ``assemble`` puts the function itself in the place of the declaration, before anything is compiled.
3. A prefix belongs to one record: ``H_`` header, ``SL_`` slot, ``N_`` node, ``Z_`` stream, ``X_`` meter (and exits), ``P_`` packet, ``L_``
   link, ``D_`` dma, ``TB_`` its IOMMU, ``BU_`` buffers of a ring, ``F_`` fifo, ``G_`` gate, ``R_`` ring, ``Y_`` switch, ``C_`` shaper,
   ``SH_`` share, ``I_`` input (and tick), ``O_`` output, ``E_`` executor, ``V_`` vCPU, ``T_`` thread, ``B_`` quota, ``V8_`` governor,
   ``U_`` lock, ``M_`` moderator, ``A_`` and ``J_`` what a driver does to it (``J_`` also kinds of jobs), ``Q_`` route, ``W_`` worker,
   ``S_`` source, ``K_`` sink.

*Scope*: exactly the plan's primitives. *Validation*: event-by-event agreement with ``engines.reference``; conformance vectors;
the same source on Python integers with planted bugs (``tests/engines``).
"""

from __future__ import annotations

from simulator.engines.compiled.kernel.clock.world import *
from simulator.engines.compiled.kernel.clock.arithmetic import *
from simulator.engines.compiled.kernel.clock.calendar import *
from simulator.engines.compiled.kernel.clock.nodes import *
from simulator.engines.compiled.kernel.clock.chance import *
from simulator.engines.compiled.kernel.clock.levels import *
from simulator.engines.compiled.kernel.clock.packets import *
from simulator.engines.compiled.kernel.bus.links import *
from simulator.engines.compiled.kernel.bus.translation import *
from simulator.engines.compiled.kernel.bus.dma import *
from simulator.engines.compiled.kernel.bus.transactions import *
from simulator.engines.compiled.kernel.queues.waiters import *
from simulator.engines.compiled.kernel.queues.gates import *
from simulator.engines.compiled.kernel.queues.fifo import *
from simulator.engines.compiled.kernel.queues.rings import *
from simulator.engines.compiled.kernel.queues.effects import *
from simulator.engines.compiled.kernel.queues.sides import *
from simulator.engines.compiled.kernel.queues.rx_ring import *
from simulator.engines.compiled.kernel.queues.tx_ring import *
from simulator.engines.compiled.kernel.queues.switches import *
from simulator.engines.compiled.kernel.queues.shapers import *
from simulator.engines.compiled.kernel.queues.inputs import *
from simulator.engines.compiled.kernel.queues.outputs import *
from simulator.engines.compiled.kernel.cpu.jobs import *
from simulator.engines.compiled.kernel.cpu.executors import *
from simulator.engines.compiled.kernel.cpu.threads import *
from simulator.engines.compiled.kernel.cpu.scheduler import *
from simulator.engines.compiled.kernel.cpu.quotas import *
from simulator.engines.compiled.kernel.cpu.governor import *
from simulator.engines.compiled.kernel.cpu.dispatcher import *
from simulator.engines.compiled.kernel.cpu.lock import *
from simulator.engines.compiled.kernel.cpu.vcpu import *
from simulator.engines.compiled.kernel.cpu.halt_polling import *
from simulator.engines.compiled.kernel.cpu.accesses import *
from simulator.engines.compiled.kernel.cpu.core import *
from simulator.engines.compiled.kernel.cpu.ticks import *
from simulator.engines.compiled.kernel.interrupts.moderators import *
from simulator.engines.compiled.kernel.interrupts.adaptation import *
from simulator.engines.compiled.kernel.interrupts.routes import *
from simulator.engines.compiled.kernel.workers.workers import *
from simulator.engines.compiled.kernel.workers.notifications import *
from simulator.engines.compiled.kernel.workers.software import *
from simulator.engines.compiled.kernel.workers.polling import *
from simulator.engines.compiled.kernel.workers.arbiter import *
from simulator.engines.compiled.kernel.workers.hardware import *
from simulator.engines.compiled.kernel.ends.sources import *
from simulator.engines.compiled.kernel.ends.sinks import *
from simulator.engines.compiled.kernel.ends.changes import *
from simulator.engines.compiled.kernel.loop import *
from simulator.engines.compiled.kernel.assembly import assemble

MODULES = (
    "clock.world", "clock.arithmetic", "clock.calendar", "clock.nodes", "clock.chance", "clock.levels", "clock.packets",
    "bus.links", "bus.translation", "bus.dma", "bus.transactions",
    "queues.waiters", "queues.gates", "queues.fifo", "queues.rings", "queues.effects", "queues.sides",
    "queues.rx_ring", "queues.tx_ring", "queues.switches", "queues.shapers", "queues.inputs", "queues.outputs",
    "cpu.jobs", "cpu.executors", "cpu.threads", "cpu.scheduler", "cpu.quotas", "cpu.governor", "cpu.dispatcher", "cpu.lock",
    "cpu.vcpu", "cpu.halt_polling", "cpu.accesses", "cpu.core", "cpu.ticks",
    "interrupts.moderators", "interrupts.adaptation", "interrupts.routes",
    "workers.workers", "workers.notifications", "workers.software", "workers.polling", "workers.arbiter", "workers.hardware",
    "ends.sources", "ends.sinks", "ends.changes",
    "loop",
)  # fmt: skip
"""In order: each imports only modules before it."""

assemble(__name__, MODULES)
