"""Whether what traps fits together: register accesses, locks, device models inside an exit, moderation by software.

1. `roles`: each of them, and who may have it.
2. `accesses`: who makes an access, and what it may bring about.

*Scope*: field values are known to be sound. *Validation*: `tests/unit/test_plan_check.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.plan.check_values import place
from simulator.plan.model import NONE, DescRing, Moderator, Notify, Plan, Thread, Worker
from simulator.plan.references import entities, parts
from simulator.plan.wiring import executor_of, publishers, wire

REGISTER_EFFECTS = ("none", "wake", "ack", "unmask")
LONGEST_HOLD_PS = 10**9
"""1 ms for one packet: with interrupts off nothing holds a lock longer."""


def roles(plan: Plan) -> Iterator[str]:
    """Locked threads, software moderators and exit workers are what section 7.6 of the plan's text takes them for."""
    for index, thread in enumerate(plan.threads):
        if thread.lock != NONE:
            yield from _locked(plan, index, thread)
    for index, moderator in enumerate(plan.moderators):
        if moderator.worker != NONE:
            yield from _software(plan, index, moderator)
    slept = {thread.lock for thread in plan.threads} | set(_trapped(plan))
    for worker in plan.workers:
        yield from _spins(plan, worker, slept)
    for ring in plan.rings:
        yield from _ring(plan, ring)
    for fifo in plan.fifos:
        if fifo.gate.mode == "moderated":
            yield f"{place(fifo)} gate: mode = 'moderated': only a ring's used gate can be"
    for worker in plan.workers:
        yield from _worker(plan, worker)


def _ring(plan: Plan, ring: DescRing) -> Iterator[str]:
    where = place(ring)
    software = ring.moderator != NONE and plan.moderators[ring.moderator].worker != NONE
    if ring.used_gate.mode == "moderated":
        if ring.remote or not software:
            yield f"{where} used_gate: mode = 'moderated': needs shared memory and a moderator with a worker"
        if ring.used_gate.notify != Notify():
            yield f"{where} used_gate.notify: a moderated gate's signal is its moderator's"
    if ring.avail_gate.mode == "moderated":
        yield f"{where} avail_gate: mode = 'moderated': only a used gate can be"
    if ring.remote and software:
        yield f"{where}: moderator: a NIC's ring has a NIC's moderator, without worker"


def _locked(plan: Plan, index: int, thread: Thread) -> Iterator[str]:
    if thread.kind != "workers" or plan.executors[thread.executor].kind != "core":
        yield f"{place(thread)}: lock: only a thread of kind 'workers' on a core works under a lock"
    if any(worker.kind == "task" and worker.on == index and worker.poll_mode for worker in plan.workers):
        yield f"{place(thread)}: lock: a poll-mode worker would never give it back"


def _trapped(plan: Plan) -> Iterator[int]:
    """Locks that accesses take."""
    for _, _, entity in entities(plan):
        yield from (part.lock for _, part in parts(entity) if isinstance(part, Notify))


def _spins(plan: Plan, worker: Worker, slept: set[int]) -> Iterator[str]:
    where = place(worker)
    for field in ("spin_packet_ps", "spin_reap_ps"):
        held_ps = getattr(worker, field)
        if held_ps and worker.spin == NONE:
            yield f"{where}: {field} = {held_ps}: without spin there is no lock to hold"
        if held_ps > LONGEST_HOLD_PS:
            yield f"{where}: {field} = {held_ps}: must be at most {LONGEST_HOLD_PS}"
    if worker.spin == NONE:
        return
    if worker.kind not in ("soft", "task") or worker.poll_mode:
        yield f"{where}: spin: only a soft or task worker that sleeps takes a lock for a part of its jobs"
    if worker.spin in slept:
        yield f"{where}: spin {plan.locks[worker.spin].name}: a lock is slept for or spun for, never both"


def _software(plan: Plan, index: int, moderator: Moderator) -> Iterator[str]:
    where, worker = place(moderator), plan.workers[moderator.worker]
    if worker.moderator != index or worker.kind not in ("soft", "task") or worker.poll_mode:
        yield f"{where}: worker {worker.name}: must be a soft or task worker that has this moderator, and not poll"
    if plan.routes[moderator.route].mode == "native":
        yield f"{where}: route {plan.routes[moderator.route].name}: mode = 'native': an emulated device interrupts a guest"
    if moderator.dma != NONE:
        yield f"{where}: dma: an emulated device has none"


def _worker(plan: Plan, worker: Worker) -> Iterator[str]:
    where = place(worker)
    if worker.moderator != NONE and (worker.kind == "hw" or plan.moderators[worker.moderator].worker == NONE):
        yield f"{where}: moderator: a software worker serves a moderator that has a worker"
    if worker.unmask and (worker.kind == "hw" or plan.executors[executor_of(plan, worker)].kind != "vcpu"):
        yield f"{where}: unmask: only code on a vCPU can trap"
    if worker.kind != "exit":
        return
    if plan.executors[worker.on].kind != "vcpu":
        yield f"{where}: on {plan.executors[worker.on].name}: an exit worker is on a vCPU"
    if worker.poll_mode or worker.reap_ring != NONE or worker.refill_ring != NONE or worker.unmask:
        yield f"{where}: poll_mode, reap_ring, refill_ring, unmask: an exit worker is a device model, no driver"
    if any(output.full == "block" and output.kind != "sink" for output in worker.outputs):
        yield f"{where}: outputs: full = 'block': an exit worker never parks"


def accesses(plan: Plan) -> Iterator[str]:
    """Accesses are made by code on a vCPU and do what an access can do; exit workers start in accesses of their vCPU."""
    for collection, index, field, users in publishers(plan, wire(plan)):
        entity = getattr(plan, collection)[index]
        where, notify = f"{place(entity)} {field}.notify", getattr(entity, field).notify
        if notify.kind in ("ack", "unmask"):
            yield f"{where}: kind = '{notify.kind}': a gate wakes or signals; registers are for lists of accesses"
        if notify.lock != NONE and not notify.exit:
            yield f"{where}: lock: without an exit nobody takes it"
        executors = {executor_of(plan, plan.workers[user]) for user in users if user >= 0}
        yield from _starts(plan, where, notify, executors)
        if notify.exit and any(user >= 0 and plan.workers[user].kind == "exit" for user in users):
            yield f"{where}: exit = '{notify.exit}': an exit worker publishes here, and it is no guest code"
    for route in plan.routes:
        if plan.workers[route.worker].kind == "exit":
            yield f"{place(route)}: worker {plan.workers[route.worker].name}: an exit worker is started by an access only"
        if route.accesses and route.mode == "native":
            yield f"{place(route)}: accesses: a handler outside a guest does not trap"
        yield from _list(plan, f"{place(route)} accesses", route.accesses, route.vcpu)
    for index, worker in enumerate(plan.workers):
        yield from _list(plan, f"{place(worker)} unmask", worker.unmask, executor_of(plan, worker))
        if any(notify.kind == "wake" and notify.target == index for notify in worker.unmask):
            yield f"{place(worker)} unmask: it would wake itself whenever it goes to sleep"


def _starts(plan: Plan, where: str, notify: Notify, executors: set[int]) -> Iterator[str]:
    worker = plan.workers[notify.target] if notify.kind == "wake" else None
    if worker is not None and worker.kind == "exit" and (not notify.exit or executors - {worker.on}):
        yield f"{where}: worker {worker.name}: an exit worker is started by an access of its own vCPU only"


def _list(plan: Plan, where: str, listed: tuple[Notify, ...], vcpu: int) -> Iterator[str]:
    for position, notify in enumerate(listed):
        if not notify.exit:
            yield f"{where}[{position}]: exit = '': an access traps"
        if notify.kind not in REGISTER_EFFECTS:
            yield f"{where}[{position}]: kind = '{notify.kind}': must be one of {', '.join(REGISTER_EFFECTS)}"
        if notify.kind == "wake" and (
            plan.workers[notify.target].kind == "hw" or plan.workers[notify.target].poll_mode
        ):
            yield f"{where}[{position}]: worker {plan.workers[notify.target].name}: only a worker that sleeps can be woken"
        yield from _starts(plan, f"{where}[{position}]", notify, {vcpu})
