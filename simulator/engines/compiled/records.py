"""Plan -> records: the fields of every entity, with positions in place of indices.

*Scope*: one function per kind of entity; no rule of the simulation is decided here. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from typing import Any

from simulator.engines.compiled import kernel as k
from simulator.engines.compiled.builder import Builder
from simulator.plan import slots as slot_numbers
from simulator.plan.model import NONE, DescRing, Executor, Fifo, Gate, Input, Moderator, Notify, Plan, Worker
from simulator.plan.trace import EXIT_KINDS, LABELS

READY_FROM = 6
"""Hardware workers with so many inputs find the next one with packets by a bitmap."""


def _codes(words: str, **special: int) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split())} | special


_GATE_MODES = _codes("always never flag event edge moderated")
_NOTIFY = _codes("none wake doorbell irq resume ack unmask")
_SOURCE_KINDS = _codes("open rr window")
_TARGETS = _codes("none fifo link sink")
_MODERATORS = _codes("none gap coal coal_eqe coal_cqe")
_RULES = {word: number + 1 for number, word in enumerate(("size", "size_vector", "classes", "dim"))}
_ROUTES = _codes("native legacy apicv posted")
_IDLE = _codes("hlt poll ghp")
_THREADS = _codes("workers vcpu ksoftirqd busy")
_WORKERS = _codes("hw soft task exit")
_POLICIES = _codes("order rr drr")
_SELECT = _codes("first switch endpoint ack")
_INPUTS = _codes("fifo rx tx")
_OUTPUTS = _codes("fifo post fill link dma_write dma_read sink")


def endpoints(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Sources and sinks."""
    for i, source in enumerate(b.plan.sources):
        fields = {
            k.S_KIND: _SOURCE_KINDS[source.kind], k.S_TARGET_KIND: _TARGETS[source.target_kind], k.S_TARGET: b.ref(source.target_kind + "s", source.target),
            k.S_SIZE: b.ref("streams", source.size), k.S_FLOW: b.ref("streams", source.flow), k.S_DST: b.ref("streams", source.dst),
            k.S_GAP: b.ref("streams", source.gap), k.S_THINK: b.ref("streams", source.think), k.S_VLAN: source.vlan, k.S_SEGMENT: source.segment_bytes,
            k.S_STOP: source.stop_ps, k.S_MAX: source.max_packets, k.S_BACKLOG: source.backlog_ps, k.S_RESPONSE: source.response_bytes,
            k.S_REPLY_DST: source.reply_dst, k.S_WINDOW: source.window, k.S_ACK_EVERY: source.ack_every, k.S_TIMEOUT: source.timeout_ps,
            k.S_SLOT: numbers.source[i], k.S_TIMER: numbers.timeout[i], k.S_PLACE: b.place(source.name),
            k.S_CWND: k.UNIT * min(source.start_window or source.window, source.window), k.S_THRESHOLD: k.UNIT * source.window,
            k.S_GROW: source.grow, k.S_SHRINK: source.shrink, k.S_REORDER: source.reorder, k.S_SUSPECTED: -1, k.S_MESSAGE: source.message_bytes,
            k.S_REQUEST: source.request, k.S_RECORD: b.ref("sinks", source.record),
            k.S_START: source.start_ps,
        }  # fmt: skip
        b.fill(b.at["sources"][i], fields)
    for i, sink in enumerate(b.plan.sinks):
        fields = {
            k.K_REPLY: b.ref("links", sink.reply_link), k.K_PLACE: b.place(sink.name), k.K_MINIMUM: -1, k.K_MAXIMUM: -1,
            k.K_HISTOGRAM: b.reserve(k.BUCKETS), k.K_STAGES: b.reserve(6 * len(b.plan.stages)),
        }  # fmt: skip
        b.fill(b.at["sinks"][i], fields)


def _gate(b: Builder, base: int, gate: Gate, owner: int, *, armed: bool) -> None:
    fields = {
        k.G_MODE: _GATE_MODES[gate.mode], k.G_ENABLED: armed, k.G_EVENT: 0 if armed else -1, k.G_NUM: gate.delay_num, k.G_DEN: gate.delay_den,
        k.G_OWNER: owner,
    }  # fmt: skip
    b.fill(base, fields)
    _notify(b, base, gate.notify)


def _notify(b: Builder, base: int, notify: Notify) -> None:
    table = {"wake": "workers", "irq": "routes", "resume": "rings", "ack": "moderators", "unmask": "moderators"}.get(
        notify.kind, ""
    )
    fields = {
        k.G_NOTIFY: _NOTIFY[notify.kind], k.G_TARGET: b.ref(table, notify.target) if table else 0, k.G_COST: notify.cost_ps,
        k.G_EXIT: EXIT_KINDS.index(notify.exit) if notify.exit else -1, k.G_LOCK: b.ref("locks", notify.lock), k.G_LOCKED: notify.locked_ps,
    }  # fmt: skip
    b.fill(base, fields)


def _accesses(b: Builder, listed: tuple[Notify, ...]) -> int:
    """Position of a row of records that are gates by their layout only."""
    start = b.reserve(k.GATE * len(listed))
    for n, notify in enumerate(listed):
        _notify(b, start + k.GATE * n, notify)
    return start


def _poller_input(plan: Plan, poller: int, kinds: tuple[str, ...], index: int) -> int:
    if poller == NONE:
        return 0
    return next(n for n, i in enumerate(plan.workers[poller].inputs) if i.kind in kinds and i.index == index)


def _told_of_all(plan: Plan, worker: int) -> bool:
    """Whether every input of a worker tells it of packets, and only it."""
    inputs = plan.workers[worker].inputs
    return all((plan.fifos if x.kind == "fifo" else plan.rings)[x.index].poller == worker for x in inputs)


def rings(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Fifos, descriptor rings, switches and shapers."""
    for i, fifo in enumerate(b.plan.fifos):
        _fifo(b, i, fifo)
    for i, ring in enumerate(b.plan.rings):
        _ring(b, numbers, i, ring)
    for i, shaper in enumerate(b.plan.shapers):
        packet_ps = 10**15 // shaper.rate_millipps if shaper.rate_millipps else 0
        fields = {
            k.C_RATE: shaper.rate_bps, k.C_OVERHEAD: shaper.overhead_bytes, k.C_PACKET_PS: packet_ps, k.C_PACKET_BURST: shaper.burst_packets * packet_ps,
            k.C_BURST: shaper.burst_bytes * 8 * 10**12 // shaper.rate_bps if shaper.rate_bps else 0,
        }  # fmt: skip
        b.fill(b.at["shapers"][i], fields)
    for i, switch in enumerate(b.plan.switches):
        ports = [word for port in switch.ports for word in port]
        fields = {
            k.Y_MACS: switch.macs, k.Y_DEFAULT: switch.default_port, k.Y_PLACE: b.place(switch.name),
            k.Y_TABLE: b.array(switch.table), k.Y_PORTS: b.array(ports),
        }  # fmt: skip
        b.fill(b.at["switches"][i], fields)


def _fifo(b: Builder, i: int, fifo: Fifo) -> None:
    base = b.at["fifos"][i]
    fields = {
        k.F_CAPACITY: fifo.capacity, k.F_BYTES_CAPACITY: fifo.capacity_bytes, k.F_BLOCK: fifo.full == "block", k.F_WAKE_FREE: fifo.wake_free,
        k.F_POLLER: b.ref("workers", fifo.poller), k.F_POLLER_INPUT: _poller_input(b.plan, fifo.poller, ("fifo",), i), k.F_PLACE: b.place(fifo.name),
    }  # fmt: skip
    b.fill(base, fields)
    _gate(b, base + k.F_GATE, fifo.gate, base, armed=True)


def _ring(b: Builder, numbers: slot_numbers.Slots, i: int, ring: DescRing) -> None:
    base = b.at["rings"][i]
    receives = ring.kind == "rx"
    full = ring.size if receives else 0
    fields = {
        k.R_KIND: k.RX if receives else k.TX, k.R_SIZE: ring.size, k.R_BUFFER: ring.buffer_bytes, k.R_MODERATOR: b.ref("moderators", ring.moderator),
        k.R_REMOTE: ring.remote, k.R_DMA: b.ref("dmas", ring.dma), k.R_FETCH_MAX: ring.fetch_max, k.R_FETCH_LOW: ring.fetch_low,
        k.R_DESC_BYTES: ring.descriptor_bytes, k.R_WB_BYTES: ring.writeback_bytes, k.R_GROUP: ring.writeback_group, k.R_WAKE_FREE: ring.wake_free,
        k.R_POLLER: b.ref("workers", ring.poller), k.R_POLLER_INPUT: _poller_input(b.plan, ring.poller, (ring.kind,), i), k.R_PLACE: b.place(ring.name),
        k.R_POSTED: full, k.R_SENT: full, k.R_AVAIL: full, k.R_FREE: ring.size, k.R_HOLD_GROUP: ring.hold_group, k.R_HOLD_PS: ring.hold_ps,
        k.R_HOLD_SLOT: numbers.hold[i], k.R_HANDED: k.NEVER, k.R_WATCHED: ring.moderator != NONE and bool(b.plan.moderators[ring.moderator].adapt),
    }  # fmt: skip
    b.fill(base, fields)
    if ring.base_bytes != NONE:
        buffers = (ring.base_bytes, ring.stride_bytes, ring.buffers or ring.size, b.ref("streams", ring.order), 0)
        b.fill(base, {k.R_BUFFERS: b.array(buffers)})
    _gate(b, base + k.R_AVAIL_GATE, ring.avail_gate, base, armed=not receives)
    _gate(b, base + k.R_USED_GATE, ring.used_gate, base, armed=True)


def interrupts(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Moderators and interrupt routes."""
    held: dict[int, list[int]] = {}
    for at, ring in zip(b.at["rings"], b.plan.rings, strict=True):
        if ring.hold_group > 1:
            held.setdefault(ring.moderator, []).append(at)
    for i, moderator in enumerate(b.plan.moderators):
        fields = {
            k.M_KIND: _MODERATORS[moderator.kind], k.M_INTERVAL: moderator.interval_ps, k.M_FRAMES: moderator.frames, k.M_DMA: b.ref("dmas", moderator.dma),
            k.M_MSI_BYTES: moderator.msi_bytes, k.M_UNMASK_BYTES: moderator.unmask_bytes, k.M_STAGE: moderator.stage,
            k.M_ROUTE: b.ref("routes", moderator.route), k.M_SLOT: numbers.moderator[i], k.M_ENABLED: 1, k.M_LAST: k.NEVER,
            k.M_WORKER: b.ref("workers", moderator.worker), k.M_LEAST_GAP: moderator.least_gap_ps, k.M_TX: moderator.tx_interval_ps != NONE,
            k.M_TX_INTERVAL: moderator.tx_interval_ps, k.M_TX_FRAMES: moderator.tx_frames, k.M_RULE: _rule(b, moderator),
        }  # fmt: skip
        holding = held.get(i, [])
        fields |= {k.M_HOLDS: b.array(holding), k.M_HOLD_COUNT: len(holding)}
        b.fill(b.at["moderators"][i], fields)
        raises = {
            k.G_NOTIFY: k.NF_RAISE,
            k.G_TARGET: b.ref("routes", moderator.route),
            k.G_COST: moderator.signal_ps,
            k.G_EXIT: -1,
        }
        b.fill(b.at["moderators"][i] + k.M_GATE, raises)
    for i, route in enumerate(b.plan.routes):
        fields = {
            k.Q_MODE: _ROUTES[route.mode], k.Q_WORKER: b.ref("workers", route.worker), k.Q_CORE: b.ref("executors", route.core),
            k.Q_VCPU: b.ref("executors", route.vcpu), k.Q_IRQFD_ORIGIN: route.origin == "irqfd", k.Q_HARDIRQ: route.hardirq_ps, k.Q_IRQFD: route.irqfd_ps,
            k.Q_IPI: route.ipi_ps, k.Q_INJECT: route.inject_ps, k.Q_EOI: route.eoi_ps, k.Q_NOTIFY: route.notify_ps, k.Q_WAKEUP: route.wakeup_ps,
            k.Q_HANDLER: route.handler_ps, k.Q_ACCESSES: _accesses(b, route.accesses), k.Q_ACCESS_COUNT: len(route.accesses), k.Q_LEVEL: route.level,
            k.Q_SLOT: numbers.route[i], k.Q_FLIGHT: route.flight_ps, k.Q_KICK_FLIGHT: route.kick_flight_ps, k.Q_KICK_SLOT: numbers.kick[i],
            k.Q_WAKER: route.waker_ps, k.Q_PV_EOI: route.pv_eoi,
        }  # fmt: skip
        b.fill(b.at["routes"][i], fields)


def _rule(b: Builder, moderator: Moderator) -> int:
    """What a driver's rule goes by, and what it remembers at first."""
    if not moderator.adapt:
        return 0
    base, numbers = b.reserve(k.RULE), moderator.adapt_args
    start, start_tx = moderator.interval_ps // k.US, moderator.tx_interval_ps // k.US
    b.fill(base, {k.A_KIND: _RULES[moderator.adapt]})
    if moderator.adapt == "dim":
        b.fill(base + k.A_PROFILES, dict(enumerate(numbers[1:])))
        for d in range(2):
            b.fill(base + k.A_CLIMBERS + k.CLIMBER * d, {k.J_PROFILE: numbers[0]})
        return base
    b.fill(base + k.A_LEAST, dict(enumerate(numbers)))
    b.fill(base, {k.A_NEXT: -1, k.A_NEXT_TX: -1})  # the driver was loaded long ago
    if moderator.adapt == "size":
        b.fill(base, {k.A_TARGET: start, k.A_TARGET_TX: start_tx, k.A_CURRENT: start, k.A_CURRENT_TX: start_tx})
    elif moderator.adapt == "size_vector":
        impatient = numbers[1] + k.LATENCY
        b.fill(base, {k.A_TARGET: impatient, k.A_TARGET_TX: impatient, k.A_VECTOR: start})
    else:
        b.fill(base, {k.A_VECTOR: 4 * start})
    return base


def core_of(plan: Plan, executor: int) -> int:
    """Index of the core that executor runs on (itself, for a core)."""
    thread = plan.executors[executor].thread
    return executor if plan.executors[executor].kind == "core" else plan.threads[thread].executor


def tenants(plan: Plan) -> dict[int, list[int]]:
    """Threads of each executor, in order."""
    found: dict[int, list[int]] = {}
    for index, thread in enumerate(plan.threads):
        found.setdefault(thread.executor, []).append(index)
    return found


def runnable_at_start(plan: Plan, living: dict[int, list[int]]) -> set[int]:
    """Threads that are runnable at time 0: they compute for ever, poll, or are vCPUs that never sleep at the start."""
    found = {w.on for w in plan.workers if w.kind == "task" and w.poll_mode and plan.threads[w.on].kind == "workers"}
    found |= {index for index, thread in enumerate(plan.threads) if thread.kind == "busy"}
    for index, thread in enumerate(plan.threads):
        if thread.kind == "vcpu" and (
            plan.executors[thread.vcpu].idle == "poll" or found & {*living.get(thread.vcpu, ())}
        ):
            found.add(index)
    return found


def executors(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Cores, vCPUs, threads, ticks and locks."""
    plan = b.plan
    living = tenants(plan)
    running = runnable_at_start(plan, living)
    for i, executor in enumerate(plan.executors):
        _executor(b, numbers, i, executor, living.get(i, []))
    for i, thread in enumerate(plan.threads):
        base = b.at["threads"][i]
        runnable = i in running
        fields = {
            k.T_KIND: _THREADS[thread.kind], k.T_EXECUTOR: b.ref("executors", thread.executor), k.T_VCPU: b.ref("executors", thread.vcpu),
            k.T_WEIGHT: thread.weight, k.T_WAKE_PS: thread.wake_ps, k.T_LABEL: LABELS.index(thread.label), k.T_RUNNABLE: runnable,
            k.T_LOCK: b.ref("locks", thread.lock), k.T_FLIGHT: thread.flight_ps, k.T_SLOT: numbers.flight[i], k.T_WAKER: thread.waker_ps,
            k.T_QUOTA: b.ref("quotas", thread.quota),
        }  # fmt: skip
        b.fill(base, fields)
        executor_at = b.at["executors"][thread.executor]
        b.memory[executor_at + k.E_RUNNABLE] += runnable
        if runnable and plan.executors[thread.executor].scheduler == "rr":
            _append(b.memory, executor_at + k.E_RUN_HEAD, k.T_NEXT, base)
        if thread.kind == "vcpu":
            vcpu = b.ref("executors", thread.vcpu)
            b.memory[vcpu + k.V_STATE] = k.RUN if runnable else k.BLOCKED
            b.memory[vcpu + k.V_STOPPED] = b.memory[vcpu + k.V_NOHZ] and not runnable
    for i, tick in enumerate(plan.ticks):
        usual = "host_irq" if plan.executors[tick.executor].kind == "core" else "guest_irq"
        fields = {
            k.I_EXECUTOR: b.ref("executors", tick.executor), k.I_PERIOD: tick.period_ps, k.I_COST: tick.cost_ps, k.I_SLOT: numbers.tick[i],
            k.I_GAP: b.ref("streams", tick.gap), k.I_LENGTH: b.ref("streams", tick.length), k.I_LABEL: LABELS.index(tick.label or usual),
        }  # fmt: skip
        b.fill(b.at["ticks"][i], fields)
    for i, quota in enumerate(plan.quotas):
        threads = [b.at["threads"][j] for j, thread in enumerate(plan.threads) if thread.quota == i]
        fields = {
            k.B_AMOUNT: quota.quota_ps, k.B_PERIOD: quota.period_ps, k.B_SLICE: quota.slice_ps, k.B_POOL: quota.quota_ps, k.B_SLOT: numbers.quota[i],
            k.B_THREADS: b.array(threads), k.B_THREAD_COUNT: len(threads),
        }  # fmt: skip
        b.fill(b.at["quotas"][i], fields)
    for at, lock in zip(b.at["locks"], plan.locks, strict=True):
        b.fill(at, {k.U_HANDOVER: lock.handover_ps})
    b.fill(0, {k.H_LOCKS: b.ref("locks", 0 if plan.locks else NONE), k.H_LOCK_COUNT: len(plan.locks)})


def _append(memory: Any, head: int, link: int, x: int) -> None:
    if memory[head] == 0:
        memory[head] = x
    else:
        memory[memory[head + 1] + link] = x
    memory[head + 1] = x


def _executor(b: Builder, numbers: slot_numbers.Slots, i: int, e: Executor, living: list[int]) -> None:
    threads = [b.at["threads"][j] for j in living]
    is_core = e.kind == "core"
    fields = {
        k.E_KIND: k.CORE if is_core else k.VCPU, k.E_FAIR: e.scheduler == "fair", k.E_LATENCY: e.latency_ps, k.E_MIN_GRANULARITY: e.min_granularity_ps,
        k.E_WAKEUP_GRANULARITY: e.wakeup_granularity_ps, k.E_QUANTUM: e.quantum_ps, k.E_CTXSW: e.ctxsw_ps, k.E_SOFT_BUDGET: e.soft_budget,
        k.E_SOFT_TIME: e.soft_time_ps, k.E_SOFT_RESTARTS: e.soft_restarts, k.E_DEMOTE: e.demote, k.E_KSOFTIRQD: b.ref("threads", e.ksoftirqd),
        k.E_SPREAD: b.ref("streams", e.spread), k.E_THREADS: b.array(threads), k.E_THREAD_COUNT: len(threads),
        k.E_CORE: b.at["executors"][core_of(b.plan, i)], k.E_SLOT: numbers.core[i], k.E_IDLE_EXIT: e.idle_exit_ps,
        k.E_LABELS: b.reserve(len(LABELS)) if is_core else 0, k.E_LEAF_LABEL: k.LB_IDLE,
        k.E_GOVERNOR: _governor(b, e), k.E_SIBLING: b.ref("executors", e.sibling), k.E_SPEED: e.sibling_speed,
    }  # fmt: skip
    if not is_core:
        fields |= {
            k.V_THREAD: b.ref("threads", e.thread), k.V_IDLE: _IDLE[e.idle], k.V_GUEST_POLL: e.guest_poll_ps, k.V_EXIT: e.exit_ps, k.V_HLT: e.hlt_ps,
            k.V_BLOCK: e.block_ps, k.V_WAKE: e.wake_ps, k.V_POLL_EXIT: e.poll_exit_ps, k.V_POLL_MAX: e.halt_poll_max_ps, k.V_GROW: e.halt_poll_grow,
            k.V_GROW_START: e.halt_poll_grow_start_ps, k.V_SHRINK: e.halt_poll_shrink, k.V_POLL_SLOT: numbers.halt_poll[i],
            k.V_EXITS: b.reserve(len(EXIT_KINDS)), k.V_PLACE: b.place(e.name), k.V_NOHZ: e.nohz, k.V_TIMER: e.timer_ps,
        }  # fmt: skip
    b.fill(b.at["executors"][i], fields)


def _governor(b: Builder, e: Executor) -> int:
    """What a core with idle states remembers, and the states."""
    if not e.idle_states:
        return 0
    base = b.reserve(k.V8_TABLE + 2 * len(e.idle_states))
    b.fill(base, {k.V8_STATES: len(e.idle_states), k.V8_MEAN: 8 * k.LONGEST_US})
    b.fill(base + k.V8_TABLE, dict(enumerate(word for state in e.idle_states for word in state)))
    return base


def workers(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Workers with their inputs and outputs."""
    for i, worker in enumerate(b.plan.workers):
        _worker(b, numbers, i, worker)


def _worker(b: Builder, numbers: slot_numbers.Slots, i: int, w: Worker) -> None:
    on = 0 if w.kind == "hw" else b.ref("threads" if w.kind == "task" else "executors", w.on)
    core = 0
    if w.kind != "hw":
        executor = b.plan.threads[w.on].executor if w.kind == "task" else w.on
        core = b.at["executors"][core_of(b.plan, executor)]
    inside = w.kind == "exit"  # a device model inside an access has no budget and takes no turns
    inputs = b.reserve(k.INPUT * len(w.inputs))
    outputs = b.reserve(k.OUTPUT * len(w.outputs))
    fields = {
        k.W_KIND: _WORKERS[w.kind], k.W_ON: on, k.W_CORE: core, k.W_LABEL: LABELS.index(w.label), k.W_POLL_MODE: w.poll_mode, k.W_LOOP: w.loop_ps,
        k.W_POLICY: _POLICIES[w.policy], k.W_QUANTUM: w.quantum_bytes,
        k.W_BUDGET: k.INF if inside else w.budget_packets, k.W_BUDGET_BYTES: k.INF if inside else w.budget_bytes,
        k.W_CHUNK: 1 if w.kind == "hw" else w.chunk, k.W_WAKE_PS: w.wake_ps, k.W_POLL_PS: w.poll_ps, k.W_BATCH_PS: w.batch_ps, k.W_PACKET_PS: w.packet_ps,
        k.W_BYTE_FS: w.byte_fs, k.W_SEGMENT_PS: w.segment_ps, k.W_REPLY_PS: w.reply_ps, k.W_REARM_PS: w.rearm_ps, k.W_RESUME_PS: w.resume_ps,
        k.W_REAP_RING: b.ref("rings", w.reap_ring), k.W_REAP_PS: w.reap_ps, k.W_REFILL_RING: b.ref("rings", w.refill_ring),
        k.W_REFILL_CHUNK: w.refill_chunk, k.W_REFILL_ABOVE: w.refill_above, k.W_SELECT: _SELECT[w.select], k.W_SWITCH: b.ref("switches", w.switch),
        k.W_INPLACE: inside or w.recheck == "inplace", k.W_BACKEND: w.backend, k.W_SPREAD: b.ref("streams", w.spread), k.W_SERVICE: b.ref("streams", w.service),
        k.W_STAGE: w.stage, k.W_NOTIFY_STAGE: w.notify_stage, k.W_SLOT: numbers.hardware[i], k.W_EXAM: numbers.examination[i],
        k.W_SHAPED: any(x.shaper != NONE for x in w.inputs), k.W_MERGE_BYTES: w.merge_bytes, k.W_MERGE_PS: w.merge_ps,
        k.W_STREAM_PS: w.stream_ps, k.W_CALL_PS: w.call_ps, k.W_ACK_PS: w.reply_ps if w.ack_ps == NONE else w.ack_ps, k.W_DRAIN: w.drain_ps,
        k.W_INPUTS: inputs, k.W_INPUT_COUNT: len(w.inputs), k.W_OUTPUTS: outputs,
        k.W_OUTPUT_COUNT: len(w.outputs), k.W_LAST: -1, k.W_SCAN: -1, k.W_STATE: k.POLLING if w.poll_mode and w.kind == "task" else k.IDLE,
        k.W_UNMASK: _accesses(b, w.unmask), k.W_UNMASK_COUNT: len(w.unmask), k.W_MODERATOR: b.ref("moderators", w.moderator),
        k.W_SPIN: b.ref("locks", w.spin), k.W_SPIN_PACKET_PS: w.spin_packet_ps, k.W_SPIN_REAP_PS: w.spin_reap_ps,
        k.W_PORTS: any(x.packet_ps or x.byte_fs for x in w.inputs) or any(y.packet_ps or y.byte_fs for y in w.outputs),
    }  # fmt: skip
    b.fill(b.at["workers"][i], fields)
    if w.kind != "hw":
        b.fill(b.at["workers"][i], {k.W_NOTES: b.reserve((len(w.inputs) + len(w.outputs) + 1) // k.NOTE_BITS + 1)})
    if w.kind == "hw" and len(w.inputs) >= READY_FROM and _told_of_all(b.plan, i):
        b.fill(b.at["workers"][i], {k.W_READY: b.reserve(-(-len(w.inputs) // k.READY_BITS))})
    if w.kind == "task" and w.poll_mode:
        _append(b.memory, on + k.T_HEAD, k.W_NEXT, b.at["workers"][i])
    for n, x in enumerate(w.inputs):
        fields = {
            k.I_KIND: _INPUTS[x.kind], k.I_REF: b.ref("fifos" if x.kind == "fifo" else "rings", x.index), k.I_WEIGHT: x.weight,
            k.I_SHAPER: b.ref("shapers", x.shaper), k.I_FLOOR: b.ref("shapers", x.floor), k.I_EVERY: x.publish_every,
            k.I_PACKET_PS: x.packet_ps, k.I_BYTE_FS: x.byte_fs,
        }  # fmt: skip
        b.fill(inputs + k.INPUT * n, fields)
    if w.kind == "hw" and any(x.share != NONE or x.floor != NONE for x in w.inputs):
        _shares(b, b.at["workers"][i], inputs, w.inputs)
    tables = {
        "fifo": "fifos",
        "post": "rings",
        "fill": "rings",
        "link": "links",
        "dma_write": "rings",
        "dma_read": "dmas",
        "sink": "sinks",
    }
    for n, y in enumerate(w.outputs):
        fields = {
            k.O_KIND: _OUTPUTS[y.kind], k.O_REF: b.ref(tables[y.kind], y.index), k.O_EVERY: y.publish_every, k.O_DROP: y.full == "drop",
            k.O_ROOM: y.room_ps, k.O_FIFO: b.ref("fifos", y.fifo),
            k.O_PACKET_PS: y.packet_ps, k.O_BYTE_FS: y.byte_fs, k.O_DST: y.dst,
        }  # fmt: skip
        b.fill(outputs + k.OUTPUT * n, fields)


def _shares(b: Builder, worker: int, inputs: int, listed: tuple[Input, ...]) -> None:
    """Group the inputs of an engine: those of one share together, the others by themselves."""
    found: dict[tuple[bool, int], list[int]] = {}
    for n, x in enumerate(listed):
        found.setdefault((x.share == NONE, n if x.share == NONE else x.share), []).append(n)
    base = b.reserve(k.SHARE * len(found))
    for n, members in enumerate(found.values()):
        b.fill(base + k.SHARE * n, {k.SH_MEMBERS: b.array(members), k.SH_COUNT: len(members), k.SH_LAST: -1})
        for position, member in enumerate(members):
            b.fill(inputs + k.INPUT * member, {k.I_SHARE: base + k.SHARE * n, k.I_POSITION: position})
    b.fill(worker, {k.W_SHARES: base, k.W_SHARE_COUNT: len(found)})
