"""The mailbox of the physical function: messages of virtual functions, each of which takes time of the PF driver's core.

1. A function sends at a steady rate; the adapter interrupts the core of the PF's driver.
2. Its service thread takes one message after the other, looks at the policy and answers.

*Scope*: one mailbox for all functions of an adapter, with 64 places for each that sends; what does not fit is sent again, and not counted.
Messages are no packets: no metric of traffic knows them. What they may bring about is `simulator.sriov`'s.
*Validation*: tests/sriov/test_attacks.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.parts.machine import Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.stages import HOST_INTERRUPT
from simulator.parts.vmm import message_ps
from simulator.plan import draws
from simulator.plan.model import Fifo, Gate, Input, IrqRoute, Notify, Output, Sink, Source, Thread, Worker
from simulator.plan.trace import MAIL

PLACES = 64
"""Messages of one function that may wait (Linux ice_vf_mbx.c: one that has 63 is called malicious)."""
MESSAGE_BYTES = 60
PS_PER_1000_S = 10**15


def add_mailbox(machine: Machine, senders: Sequence[GuestSettings]) -> None:
    """The mailbox of the adapter, if one of its functions writes."""
    if not senders:
        return
    builder, model, name = machine.builder, machine.host.model, f"{machine.port.prefix}pf"
    core = machine.cpus.irq_core(f"mailbox of {name}")
    worker = builder.promise(Worker)
    hardirq_ps, wake_ps = model.ps("h_hardirq_native"), model.ps("h_wake_run") + model.ps("h_wake_work")
    route = builder.add(
        IrqRoute(
            f"{name}.route", "native", worker, core=core, hardirq_ps=hardirq_ps, flight_ps=message_ps(machine.host)
        )
    )
    box = Fifo(f"{name}{MAIL}", PLACES * len(senders), gate=Gate("edge", Notify("irq", route)))
    thread = builder.add(Thread(f"{name}.service", core, "workers", wake_ps=wake_ps))
    fifo, sink = builder.add(box), builder.add(Sink(f"{name}.read{MAIL}"))
    stage = builder.stage(HOST_INTERRUPT)
    service = Worker(
        name=f"{name}.answer", kind="task", on=thread, inputs=(Input("fifo", fifo),), outputs=(Output("sink", sink),),
        packet_ps=model.ps("h_mail"), stage=stage, notify_stage=stage,
    )  # fmt: skip
    builder.keep(worker, service)
    for guest in senders:
        fixed = {"size": MESSAGE_BYTES, "flow": 0, "dst": 0, "gap": max(1, PS_PER_1000_S // guest.millimails)}
        streams: dict[str, Any] = {
            key: builder.stream(draws.constant(f"{guest.name}{MAIL}:{key}", value)) for key, value in fixed.items()
        }
        builder.add(Source(f"{guest.name}{MAIL}", "open", "fifo", fifo, **streams))
