"""What a notification brings about once it has been paid for.

*Scope*: gates and trapping accesses alike; ``unmask`` has a sequel of its own (``accesses``).
*Validation*: conformance vectors of gates and accesses.
"""

from __future__ import annotations

from simulator.engines.reference.queues.world import World
from simulator.errors import EngineError
from simulator.plan import model


def waker_ps(notify: model.Notify, world: World) -> int:
    """What waking costs whoever does what ``notify`` says, beyond the notification itself."""
    match notify.kind:
        case "wake":
            return world.workers[notify.target].waker_ps
        case "irq":
            return world.routes[notify.target].waker_ps
        case "resume":
            return world.rings[notify.target].waiters.waker_ps
    return 0


def run_effect(notify: model.Notify, world: World) -> None:
    """Do what ``notify`` says, now."""
    target = notify.target
    match notify.kind:
        case "wake":
            world.workers[target].wake()
        case "irq":
            world.routes[target].signal()
        case "resume":
            world.rings[target].waiters.resume_first()
        case "doorbell":
            world.rings[target].ring_doorbell()
        case "ack":
            world.moderators[target].acknowledge()
        case "none":
            pass
        case kind:
            raise EngineError(f"a notification cannot cause {kind!r}")
