"""Whether the entities of a plan fit together: kinds, both ends of every queue, gates and what they may do, where requests end.

1. `roles`: every reference points at something of the right kind, every worker has what its kind needs.
2. `ends`: one consumer per side, somebody who drains, reaps, completes and refills, pollers named.
3. `gates`: effects that fit the ring, no cost and no exit where no instruction stream pays for it.
4. `requests`: a REQ ends where it can be answered.

*Scope*: field values are known to be sound (`check_values` comes first). *Validation*: `tests/unit/test_plan_check.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulator.plan.check_values import place
from simulator.plan.model import NONE, DescRing, Executor, Gate, Input, IrqRoute, Output, Plan, Thread, Worker
from simulator.plan.wiring import HARDWARE, Wiring, executor_of, flows, publishers, wire

HARDWARE_OUTPUTS = ("fifo", "link", "dma_write", "dma_read", "sink")
SOFTWARE_OUTPUTS = ("fifo", "post", "fill", "sink")


def roles(plan: Plan) -> Iterator[str]:
    """References point at the right kind of thing."""
    for index, executor in enumerate(plan.executors):
        yield from _executor(plan, index, executor)
    for index, thread in enumerate(plan.threads):
        yield from _thread(plan, index, thread)
    yield from _tenants(plan)
    for route in plan.routes:
        yield from _route(plan, route)
    for moderator in plan.moderators:
        route = plan.routes[moderator.route]
        origin = "device" if moderator.worker == NONE else "irqfd"
        if route.mode != "native" and route.origin != origin:
            sender = "sends an MSI" if moderator.worker == NONE else "of an emulated device is signalled by a thread"
            yield f"{place(moderator)}: route {route.name}: a moderator {sender}, so origin must be '{origin}'"
    for ring in plan.rings:
        if ring.remote and ring.dma == NONE:
            yield f"{place(ring)}: dma = -1: a remote ring must have a dma"
        if ring.moderator != NONE and not ring.remote and ring.used_gate.mode != "moderated":
            yield f"{place(ring)}: moderator: only a remote ring has one, or one whose used_gate is 'moderated'"
    for worker in plan.workers:
        yield from _worker(plan, worker)


def _executor(plan: Plan, index: int, executor: Executor) -> Iterator[str]:
    where = place(executor)
    if executor.ksoftirqd != NONE:
        daemon = plan.threads[executor.ksoftirqd]
        if daemon.kind != "ksoftirqd" or daemon.executor != index:
            yield f"{where}: ksoftirqd: thread {daemon.name} must be of kind 'ksoftirqd' on this executor"
    if executor.kind == "vcpu":
        thread = None if executor.thread == NONE else plan.threads[executor.thread]
        if thread is None or thread.kind != "vcpu" or thread.vcpu != index:
            yield f"{where}: thread: must be a thread of kind 'vcpu' that names this vCPU"


def _thread(plan: Plan, index: int, thread: Thread) -> Iterator[str]:
    where, executor = place(thread), plan.executors[thread.executor]
    if thread.kind == "ksoftirqd" and executor.ksoftirqd != index:
        yield f"{where}: executor {executor.name} does not name it as its ksoftirqd"
    if thread.kind == "vcpu":
        if executor.kind != "core":
            yield f"{where}: executor {executor.name}: a vCPU runs on a core"
        vcpu = None if thread.vcpu == NONE else plan.executors[thread.vcpu]
        if vcpu is None or vcpu.kind != "vcpu" or vcpu.thread != index:
            yield f"{where}: vcpu: must be a vCPU that names this thread"


def _tenants(plan: Plan) -> Iterator[str]:
    """Task workers run on threads made for them, a poll-mode worker alone on its own."""
    tenants: dict[int, list[Worker]] = defaultdict(list)
    for worker in plan.workers:
        if worker.kind == "task":
            tenants[worker.on].append(worker)
    for index, workers in sorted(tenants.items()):
        where, thread = place(plan.threads[index]), plan.threads[index]
        if thread.kind != "workers":
            yield f"{where}: worker {workers[0].name} needs a thread of kind 'workers'"
        if len(workers) > 1 and any(worker.poll_mode for worker in workers):
            yield f"{where}: a poll-mode worker leaves no time to the other workers of its thread"


def _route(plan: Plan, route: IrqRoute) -> Iterator[str]:
    where, worker = place(route), plan.workers[route.worker]
    if _is_polled(worker):
        yield f"{where}: worker {worker.name}: hardware and poll-mode workers are not woken"
    if route.core != NONE and plan.executors[route.core].kind != "core":
        yield f"{where}: core {plan.executors[route.core].name}: must be of kind 'core'"
    takes_core = route.mode == "native" or (route.mode in ("legacy", "apicv") and route.origin == "device")
    if takes_core and route.core == NONE:
        yield f"{where}: core = -1: mode '{route.mode}' needs the core that takes the interrupt"
    if route.mode != "native":
        if route.vcpu == NONE or plan.executors[route.vcpu].kind != "vcpu":
            yield f"{where}: vcpu: mode '{route.mode}' needs a vCPU"
        elif executor_of(plan, worker) != route.vcpu:
            yield f"{where}: worker {worker.name}: must run on vCPU {plan.executors[route.vcpu].name}"


def _is_polled(worker: Worker) -> bool:
    return worker.kind == "hw" or worker.poll_mode


def _worker(plan: Plan, worker: Worker) -> Iterator[str]:
    where = place(worker)
    yield from _polling(where, worker)
    if not worker.outputs and worker.inputs:
        yield f"{where}: outputs: packets taken have nowhere to go"
    if worker.kind == "hw":
        yield from _hardware(where, worker)
    elif worker.policy == "drr" or any(is_limited(item) or item.share != NONE for item in worker.inputs):
        yield f"{where}: policy 'drr', shaped inputs and shares are for hardware workers"
    yield from _select(plan, where, worker)
    for number, item in enumerate(worker.inputs):
        if item.kind != "fifo" and plan.rings[item.index].kind != item.kind:
            yield f"{where} inputs[{number}]: ring {plan.rings[item.index].name} is not of kind '{item.kind}'"
        elif item.kind == "rx" and worker.kind == "hw":
            yield f"{where} inputs[{number}]: the driver's side of a ring is software"
        elif item.kind == "tx" and worker.kind != "hw" and plan.rings[item.index].remote:
            yield f"{where} inputs[{number}]: the device's side of a remote ring is hardware"
    for number, output in enumerate(worker.outputs):
        yield from _output(plan, f"{where} outputs[{number}]", worker, output)
    yield from _driver(plan, where, worker)


def _polling(where: str, worker: Worker) -> Iterator[str]:
    if worker.poll_mode and worker.kind == "soft":
        yield f"{where}: poll_mode: only a task or hardware worker can poll"
    if worker.drain_ps and not (worker.poll_mode and worker.kind == "task" and worker.outputs):
        yield f"{where}: drain_ps: only a poll-mode thread holds what it sends"


def _hardware(where: str, worker: Worker) -> Iterator[str]:
    if not worker.inputs:
        yield f"{where}: inputs: a hardware worker has at least one"
    if worker.select == "endpoint":
        yield f"{where}: select = 'endpoint': endpoints are software"
    ordered = worker.policy == "drr" or any(is_limited(item) for item in worker.inputs)
    if ordered and worker.select != "first":
        yield f"{where}: select = '{worker.select}': drr and shaped inputs need 'first', room is known before the choice"
    if worker.policy == "drr" and worker.quantum_bytes < 1:
        yield f"{where}: quantum_bytes = {worker.quantum_bytes}: drr needs at least 1"
    if worker.reap_ring != NONE or worker.refill_ring != NONE:
        yield f"{where}: reap_ring, refill_ring: drivers are software"


def is_limited(item: Input) -> bool:
    """Whether an input has a shaper or a floor."""
    return item.shaper != NONE or item.floor != NONE


def _select(plan: Plan, where: str, worker: Worker) -> Iterator[str]:
    if worker.select == "switch":
        if worker.switch == NONE:
            yield f"{where}: switch = -1: select = 'switch' needs one"
        elif any(first + queues > len(worker.outputs) for first, queues in plan.switches[worker.switch].ports):
            yield f"{where}: switch {plan.switches[worker.switch].name}: a port lies beyond the {len(worker.outputs)} outputs"
    if worker.select == "endpoint" and (len(worker.outputs) != 2 or worker.outputs[0].kind != "sink"):
        yield f"{where}: outputs: an endpoint has a sink and then the way back"
    if worker.select == "ack" and len(worker.outputs) != 2:
        yield f"{where}: outputs: select = 'ack' has one for data and one for acknowledgements"


def _output(plan: Plan, where: str, worker: Worker, output: Output) -> Iterator[str]:
    allowed = HARDWARE_OUTPUTS if worker.kind == "hw" else SOFTWARE_OUTPUTS
    if output.kind not in allowed:
        yield f"{where}: kind = '{output.kind}': a {worker.kind} worker has {', '.join(allowed)}"
        return
    if output.kind in ("post", "fill", "dma_write"):
        ring, kind = plan.rings[output.index], "tx" if output.kind == "post" else "rx"
        if ring.kind != kind:
            yield f"{where}: ring {ring.name} must be of kind '{kind}'"
        elif output.kind != "post" and ring.remote != (output.kind == "dma_write"):
            yield f"{where}: ring {ring.name}: 'fill' is for shared memory, 'dma_write' for a remote ring"
    if output.kind == "dma_read" and output.fifo == NONE:
        yield f"{where}: fifo = -1: dma_read needs the fifo that receives the data"
    if output.kind == "dma_read" and output.full == "drop":
        yield f"{where}: full = 'drop': a device reads only what it has a place for"
    if output.kind == "link" and plan.links[output.index].target_kind == "none":
        yield f"{where}: link {plan.links[output.index].name} leads nowhere"
    if worker.poll_mode and output.full == "block" and output.kind in ("post", "fill", "fifo"):
        yield f"{where}: full = 'block': a poll-mode worker never parks"


def _driver(plan: Plan, where: str, worker: Worker) -> Iterator[str]:
    if worker.reap_ring != NONE:
        if plan.rings[worker.reap_ring].kind != "tx":
            yield f"{where}: reap_ring {plan.rings[worker.reap_ring].name} must be of kind 'tx'"
        if any(o.kind == "post" and o.index == worker.reap_ring and o.full == "block" for o in worker.outputs):
            yield f"{where}: reap_ring: a parked worker reaps nothing, so it may not block on the ring that it reaps"
        if worker.recheck == "inplace" and plan.rings[worker.reap_ring].moderator == NONE:
            yield f"{where}: recheck = 'inplace': a ring is reaped once per invocation, so its gate would be found open for ever"
    if worker.refill_ring != NONE and all(i.kind != "rx" or i.index != worker.refill_ring for i in worker.inputs):
        yield f"{where}: refill_ring {plan.rings[worker.refill_ring].name} must be one of its rx inputs"


def ends(plan: Plan) -> Iterator[str]:
    """Every queue has at most one consumer per side, and at least one where packets come in."""
    wiring = wire(plan)
    reached = flows(plan, wiring)
    for collection in ("fifos", "rings"):
        for index, queue in enumerate(getattr(plan, collection)):
            where, drains = place(queue), wiring.drains.get((collection, index), [])
            if len(drains) > 1:
                yield f"{where}: {len(drains)} inputs drain it ({', '.join(plan.workers[w].name for w in drains)})"
            if not drains and reached.get((collection, index)):
                yield f"{where}: packets come in and nobody takes them"
            polled = drains[0] if drains and _is_polled(plan.workers[drains[0]]) else NONE
            if queue.poller != polled:
                named = "-1" if polled == NONE else f"{polled} ({plan.workers[polled].name})"
                yield f"{where}: poller = {queue.poller}: must be {named}"
    for index, ring in enumerate(plan.rings):
        yield from _ring_ends(plan, wiring, index, ring, bool(reached.get(("rings", index))))


def _ring_ends(plan: Plan, wiring: Wiring, index: int, ring: DescRing, used: bool) -> Iterator[str]:
    where, reapers, refillers = place(ring), wiring.reapers.get(index, []), wiring.refillers.get(index, [])
    if len(refillers) > 1:
        yield f"{where}: one worker refills a ring, here {len(refillers)}"
    if used and ring.kind == "tx" and not reapers:
        yield f"{where}: packets are posted and nobody reaps it"
    if used and ring.kind == "rx" and not refillers:
        yield f"{where}: packets come in and nobody refills it"
    if not ring.remote and ring.kind == "tx":
        for taker in wiring.drains.get(("rings", index), []):
            yield from _completes(where, plan.workers[taker])
    feeding = (plan.workers[feeder] for feeder in wiring.feeds.get(("rings", index), ()))
    feeders = {o.full for worker in feeding for o in worker.outputs if o.kind == "fill" and o.index == index}
    if "block" in feeders and (ring.avail_gate.notify.kind, ring.avail_gate.notify.target) != ("resume", index):
        yield f"{where} avail_gate.notify: must resume this ring's waiter, since a blocking output fills it"
    if "block" in feeders and ring.avail_gate.mode == "never":
        yield f"{where} avail_gate: mode = 'never': a parked worker would sleep for ever"


def _completes(where: str, taker: Worker) -> Iterator[str]:
    """A hardware worker that takes from shared memory must itself complete, or the publication has no place."""
    if taker.kind == "hw" and any(output.kind in ("fifo", "dma_read") for output in taker.outputs):
        yield f"{where}: hardware worker {taker.name} takes from shared memory, so it may not pass packets to a fifo"


def gates(plan: Plan) -> Iterator[str]:
    """What a fired gate does suits its ring and those who publish there."""
    for collection, index, field, users in publishers(plan, wire(plan)):
        entity = getattr(plan, collection)[index]
        where, gate = f"{place(entity)} {field}", getattr(entity, field)
        yield from _effect(plan, where, gate)
        yield from _payer(plan, where, gate, users)
        if gate.delay_num and (field != "used_gate" or entity.kind != "tx"):
            yield f"{where}: delay_num = {gate.delay_num}: only the used side of a tx ring delays"
        remote = field == "avail_gate" and entity.remote
        doorbell = gate.notify.kind == "doorbell"
        if remote and (gate.mode != "always" or not doorbell or gate.notify.target != index):
            yield f"{where}: a remote ring's avail side must be 'always' with a doorbell of this ring"
        elif doorbell and not remote:
            yield f"{where}.notify: kind = 'doorbell': only the avail side of a remote ring has one"


def _effect(plan: Plan, where: str, gate: Gate) -> Iterator[str]:
    notify = gate.notify
    if notify.kind == "wake" and _is_polled(plan.workers[notify.target]):
        yield f"{where}.notify: worker {plan.workers[notify.target].name}: hardware and poll-mode workers are not woken"
    if notify.kind == "irq":
        route = plan.routes[notify.target]
        if route.mode != "native" and route.origin != "irqfd":
            yield f"{where}.notify: route {route.name}: a gate signals through an irqfd, so origin must be 'irqfd'"


def _payer(plan: Plan, where: str, gate: Gate, users: set[int]) -> Iterator[str]:
    if HARDWARE in users and (gate.notify.cost_ps or gate.notify.exit):
        yield f"{where}.notify: a publisher here is no software worker, so cost must be 0 and no exit be caused"
    if gate.notify.exit:
        for user in sorted(users - {HARDWARE}):
            if plan.executors[executor_of(plan, plan.workers[user])].kind != "vcpu":
                yield f"{where}.notify: exit = '{gate.notify.exit}': worker {plan.workers[user].name} does not run on a vCPU"


def requests(plan: Plan) -> Iterator[str]:
    """A request that reaches a sink finds a link for its answer."""
    reached = flows(plan, wire(plan))
    for index, sink in enumerate(plan.sinks):
        for source, kind, _ in sorted(reached.get(("sinks", index), ())):
            if kind == "REQ" and sink.reply_link == NONE:
                yield f"{place(sink)}: reply_link = -1: requests of source {plan.sources[source].name} may arrive"
    for index, link in enumerate(plan.links):
        if link.target_kind == "none" and reached.get(("links", index)):
            yield f"{place(link)}: target_kind = 'none': packets may be sent here"


def stages(plan: Plan) -> Iterator[str]:
    """Latency equals the sum of its stages only if whoever delivers has just marked."""
    for link in plan.links:
        if link.target_kind == "sink" and link.stage == NONE:
            yield f"{place(link)}: stage = -1: a link that delivers needs one"
    for ring in plan.rings:
        # Its interrupt may leave before the packet arrives: a wait for moderation would begin before the bus's service ends.
        moderated = ring.remote and ring.moderator != NONE and plan.moderators[ring.moderator].stage != NONE
        if moderated and ring.kind == "rx" and plan.links[plan.dmas[ring.dma].up].stage == NONE:
            link = plan.links[plan.dmas[ring.dma].up]
            yield f"{place(link)}: stage = -1: ring {ring.name} has a moderator with a stage, so its bus needs one"
