"""The packet kernel: the rules of ``docs/reference/plan.md`` over one flat array of int64, compiled by numba.

Everything lives in one array ``m``: a header, the calendar, one record per entity, pools of packets and of nodes, histograms,
blocks of draws. An entity is the position of its record; ``m[f + F_CAPACITY]`` is a field; 0 means "none". One array keeps
calls cheap (a numba array is seven words), lets packets sit in intrusive lists, and runs unchanged on a Python list of unbounded integers.

1. layout: names of fields; 2. arithmetic, calendar, pools; 3. draws, marks, log; 4. links and DMA; 5. rings and gates; 6. moderators;
7. scheduler, softirq dispatcher, vCPU, locks, core; 8. interrupt routes; 9. workers; 10. hardware engines; 11. endpoints; 12. main loop.

*Scope*: exactly the plan's primitives. *Validation*: event-by-event agreement with ``engines.reference``; conformance vectors;
the same source on Python integers with planted bugs (``tests/engines``).
"""

from __future__ import annotations

from simulator.engines.compiled.jit import entry, helper, inlined

# ---------------------------------------------------------------- 1. layout
INF = 1 << 62
CARRY = 1 << 62
NEVER = -(1 << 62)

(
    H_NOW, H_LEAVES, H_TREE, H_KINDS, H_REFS, H_STAGES, H_PACKETS, H_PACKETS_FREE, H_NODES, H_NODES_FREE, H_MARGIN,
    H_NEXT_ID, H_ALIVE, H_LOG, H_LOG_COUNT, H_LOG_CAPACITY, H_REFILL, H_HANDLED, H_RUNS, H_ERROR, H_ERROR_AT, H_TIMES,
    H_CORES, H_CORE_COUNT, H_METERS, H_METER_COUNT, H_LOCKS, H_LOCK_COUNT, H_SOON, H_SOON_COUNT,
) = range(30)  # fmt: skip
HEADER = 32
SOON = 2
READY_BITS = 32
# status of a call
DONE, NEED_MEMORY, NEED_DRAWS, NEED_LOG, FAILED = range(5)
# errors
E_ZERO_TIME, E_UNDERRUN, E_REQUEST = range(1, 4)
# handlers
(
    ON_SOURCE, ON_LINK, ON_MEMORY, ON_HARDWARE, ON_MODERATOR, ON_ROUTE, ON_HALT_POLL, ON_TICK, ON_TIMEOUT, ON_EXAMINATION, ON_CORE,
) = range(11)  # fmt: skip
# log events
EV_PUSH, EV_POP, EV_POST, EV_TAKE, EV_COMPLETE, EV_REAP, EV_DROP, EV_DELIVER, EV_EXIT = range(9)
# packet
(
    P_NEXT, P_ID, P_SOURCE, P_SEQ, P_KIND, P_FLAG, P_FLOW, P_DST, P_VLAN, P_LEN, P_SEGS, P_BORN, P_MARK, P_SERVICE,
    P_RING, P_D, P_RD, P_BUFFERS, P_AUX, P_OWN, P_OUT,
) = range(21)  # fmt: skip
P_STAGES = 21
DATA, REQ, RESP, ACK = range(4)
# node: an item on a link, a DMA request, or a job
N_NEXT, N_TIME, N_KIND, N_A, N_B, N_C, N_P, N_READ = range(8)
NODE = 8
IT_PACKET, IT_WRITE_RX, IT_WRITE_TX, IT_MSI, IT_READ_REQ, IT_READ_CPL, IT_DOORBELL, IT_UNMASK = range(8)
READ_DESC, READ_DATA, READ_RXDESC = range(3)
J_NOTHING, J_NATIVE, J_STAGE2, J_HANDLER, J_HLT, J_BLOCK, J_INJECT, J_EFFECT, J_ENTER, J_SIGNAL = range(10)
# stream
Z_CONSTANT, Z_VALUE, Z_CURSOR, Z_LIMIT, Z_START, Z_END = range(6)
STREAM = 6
# meter: what a ring holds, its integral over time, its maximum
X_HELD, X_LAST, X_LOW, X_HIGH, X_MAXIMUM = range(5)
METER = 5
# gate
(
    G_MODE, G_ENABLED, G_EVENT, G_NUM, G_DEN, G_NOTIFY, G_TARGET, G_COST, G_EXIT, G_OWNER, G_CHECKS, G_FIRED, G_SUPPRESSED, G_LOCK, G_LOCKED,
) = range(15)  # fmt: skip
GATE = 15
ALWAYS, NEVER_FIRES, FLAG, EVENT, EDGE, MODERATED = range(6)
NF_NONE, NF_WAKE, NF_DOORBELL, NF_IRQ, NF_RESUME, NF_ACK, NF_UNMASK, NF_RAISE = range(8)
# lock
U_HANDOVER, U_OWNER, U_WAIT_HEAD, U_WAIT_TAIL, U_SINCE, U_C_ACQUIRED, U_C_CONTENDED, U_C_HELD = range(8)
LOCK = 8
# source
(
    S_KIND, S_TARGET_KIND, S_TARGET, S_SIZE, S_FLOW, S_DST, S_GAP, S_THINK, S_VLAN, S_SEGMENT, S_STOP, S_MAX, S_BACKLOG, S_RESPONSE,
    S_REPLY_DST, S_WINDOW, S_ACK_EVERY, S_TIMEOUT, S_SLOT, S_TIMER, S_PLACE, S_NEXT_SEQ, S_ACKED, S_CWND, S_LOST, S_RECOVER, S_ROUND,
    S_RECEIVED, S_C_OFFERED, S_C_BYTES, S_C_DROPPED, S_C_TIMEOUTS, S_C_RECEIVED,
) = range(33)  # fmt: skip
SOURCE = 33
OPEN, RR, WINDOW = range(3)
TO_NONE, TO_FIFO, TO_LINK, TO_SINK = range(4)
# sink
K_REPLY, K_HISTOGRAM, K_STAGES, K_PLACE, K_COUNT, K_BYTES, K_ACKS, K_MINIMUM, K_MAXIMUM, K_SUM, K_SUM_HIGH = range(11)
SINK = 11
BUCKETS = 7296
# link
(
    L_RATE, L_PROPAGATION, L_OVERHEAD, L_HEADER, L_STAGE, L_TARGET_KIND, L_TARGET, L_SLOT, L_BUSY, L_HEAD, L_TAIL, L_C_ITEMS,
    L_C_BYTES, L_C_BUSY,
) = range(14)  # fmt: skip
LINK = 14
# dma
(
    D_UP, D_DOWN, D_MPS, D_MRRS, D_COMPLETION, D_MAX, D_MEMORY, D_SPREAD, D_HEADER, D_STAGE, D_SLOT, D_OUTSTANDING, D_WAIT_HEAD,
    D_WAIT_TAIL, D_MEM_HEAD, D_MEM_TAIL, D_READY, D_C_READS, D_C_WAITED,
) = range(19)  # fmt: skip
DMA = 19
# fifo
(
    F_CAPACITY, F_BYTES_CAPACITY, F_BLOCK, F_WAKE_FREE, F_POLLER, F_POLLER_INPUT, F_PLACE, F_HEAD, F_TAIL, F_PUSHED, F_PUBLISHED, F_POPPED,
    F_RESERVED, F_BYTES, F_WAIT_HEAD, F_WAIT_TAIL, F_C_PUSHED, F_C_POPPED, F_C_DROPPED,
) = range(19)  # fmt: skip
F_METER = 19
F_GATE = F_METER + METER
FIFO = F_GATE + GATE
# descriptor ring
(
    R_KIND, R_SIZE, R_BUFFER, R_MODERATOR, R_REMOTE, R_DMA, R_FETCH_MAX, R_FETCH_LOW, R_DESC_BYTES, R_WB_BYTES, R_GROUP, R_WAKE_FREE,
    R_POLLER, R_POLLER_INPUT, R_PLACE, R_WAIT_HEAD, R_WAIT_TAIL, R_HEAD, R_TAIL, R_POSTED, R_SENT, R_AVAIL, R_FETCHED, R_FETCH_BUSY,
    R_TAKEN, R_FIN, R_FIN_DESC, R_WRITTEN, R_WRITTEN_DESC, R_DONE, R_DONE_DESC, R_USED, R_USED_DESC, R_REAPED, R_REAPED_DESC, R_FREE, R_FREED,
    R_C_POSTED, R_C_TAKEN, R_C_COMPLETED, R_C_REAPED, R_C_DROPPED,
) = range(42)  # fmt: skip
R_METER = 42
R_AVAIL_GATE = R_METER + METER
R_USED_GATE = R_AVAIL_GATE + GATE
RING = R_USED_GATE + GATE
RX, TX = range(2)
# switch
Y_MACS, Y_TABLE, Y_PORTS, Y_DEFAULT, Y_PLACE, Y_C_DROPPED = range(6)
SWITCH = 6
# moderator
(
    M_KIND, M_INTERVAL, M_FRAMES, M_DMA, M_MSI_BYTES, M_UNMASK_BYTES, M_STAGE, M_ROUTE, M_SLOT, M_ENABLED, M_PENDING, M_COUNT, M_FIRST,
    M_LAST, M_C_EVENTS, M_C_FIRED, M_WORKER,
) = range(17)  # fmt: skip
M_GATE = 17  # of the software kind: what making it fire costs and does
MODERATOR = M_GATE + GATE
MK_NONE, MK_GAP, MK_COAL, MK_COAL_EQE, MK_COAL_CQE = range(5)
# interrupt route
(
    Q_MODE, Q_WORKER, Q_CORE, Q_VCPU, Q_IRQFD_ORIGIN, Q_HARDIRQ, Q_IRQFD, Q_IPI, Q_INJECT, Q_EOI, Q_NOTIFY, Q_WAKEUP, Q_HANDLER,
    Q_ACCESSES, Q_ACCESS_COUNT, Q_LEVEL, Q_SLOT, Q_C_DELIVERED,
) = range(18)  # fmt: skip
ROUTE = 18
NATIVE, LEGACY, APICV, POSTED = range(4)
# executor: core or vCPU
(
    E_KIND, E_FAIR, E_LATENCY, E_MIN_GRANULARITY, E_WAKEUP_GRANULARITY, E_QUANTUM, E_CTXSW, E_SOFT_BUDGET, E_SOFT_TIME, E_SOFT_RESTARTS,
    E_DEMOTE, E_KSOFTIRQD, E_SPREAD, E_THREADS, E_THREAD_COUNT, E_CORE, E_CURRENT, E_LAST_THREAD, E_SLICE, E_PREEMPT, E_MIN_VR,
    E_RUNNABLE, E_RUN_HEAD, E_RUN_TAIL, E_IRQ_HEAD, E_IRQ_TAIL, E_SOFT_ACTIVE, E_SOFT_TASK, E_SOFT_START, E_RESTARTS, E_LEFT, E_PASS_START,
    E_SOFT_WORKER, E_L_HEAD, E_L_TAIL, E_P_HEAD, E_P_TAIL, E_R_HEAD, E_R_TAIL, E_IN_PASS,
    E_SLOT, E_IDLE_EXIT, E_SYNCED, E_LEAF, E_LEAF_REF, E_LEAF_REST, E_LEAF_LABEL, E_LEAF_THREAD, E_LEAF_INNER, E_IDLE_SINCE, E_IDLE_PENDING,
    E_IDLE_REST, E_POLLING, E_LABELS,
    V_THREAD, V_STATE, V_IDLE, V_GUEST_POLL, V_GUEST_REST, V_GUEST_IDLING, V_HP, V_HLT_END, V_HYP_HEAD, V_HYP_TAIL, V_EXIT, V_HLT, V_BLOCK,
    V_WAKE, V_POLL_EXIT, V_POLL_MAX, V_GROW, V_GROW_START, V_SHRINK, V_POLL_SLOT, V_EXITS, V_PLACE,
    V_WORKER, V_LOCK, V_ACCESS, V_CHARGED, V_USER_SINCE,
) = range(81)  # fmt: skip
EXECUTOR = 81
CORE, VCPU = range(2)
RUN, HLT, POLL, BLOCKED, USER = range(5)
IDLE_HLT, IDLE_POLL, IDLE_GHP = range(3)
(
    LEAF_NONE, LEAF_IDLE_EXIT, LEAF_IRQ, LEAF_WORK, LEAF_CTXSW, LEAF_WAKE, LEAF_BUSY, LEAF_HYP, LEAF_GIRQ, LEAF_HALT_POLL, LEAF_GUEST_IDLE,
    LEAF_PMD, LEAF_TAKE, LEAF_EXIT_WORK,
) = range(14)  # fmt: skip
# accounting labels and exit kinds: positions in plan.trace.LABELS and EXIT_KINDS
(
    LB_GUEST_IRQ, LB_GUEST_SOFT, LB_GUEST_TASK, LB_GUEST_IDLE, LB_HYP, LB_EXIT_USER, LB_QEMU, LB_VHOST, LB_HOST_IRQ, LB_HOST_SOFT,
    LB_HOST_TASK, LB_CTXSW, LB_HALT_POLL, LB_PMD_WORK, LB_PMD_IDLE, LB_IDLE,
) = range(16)  # fmt: skip
X_HLT, X_EXTINT, X_KICK, X_EOI, X_IRQWIN, X_TIMER, X_MSIX = range(7)
# thread
(
    T_KIND, T_EXECUTOR, T_VCPU, T_WEIGHT, T_WAKE_PS, T_LABEL, T_RUNNABLE, T_RAN, T_OFFSET, T_CTX, T_WAKE, T_HEAD, T_TAIL, T_NEXT,
    T_LOCK, T_WAITS, T_ZERO,
) = range(17)  # fmt: skip
THREAD = 17
TK_WORKERS, TK_VCPU, TK_KSOFTIRQD, TK_BUSY = range(4)
# tick
I_EXECUTOR, I_PERIOD, I_COST, I_SLOT = range(4)
TICK = 4
# worker
(
    W_KIND, W_ON, W_CORE, W_LABEL, W_POLL_MODE, W_LOOP, W_POLICY, W_QUANTUM, W_BUDGET, W_BUDGET_BYTES, W_CHUNK, W_WAKE_PS, W_POLL_PS, W_BATCH_PS,
    W_PACKET_PS, W_BYTE_FS, W_SEGMENT_PS, W_REPLY_PS, W_REARM_PS, W_RESUME_PS, W_REAP_RING, W_REAP_PS, W_REFILL_RING, W_REFILL_CHUNK,
    W_REFILL_ABOVE, W_SELECT, W_SWITCH, W_INPLACE, W_BACKEND, W_SPREAD, W_SERVICE, W_STAGE, W_NOTIFY_STAGE, W_SLOT, W_EXAM, W_SHAPED,
    W_INPUTS, W_INPUT_COUNT, W_OUTPUTS, W_OUTPUT_COUNT,
    W_NEXT, W_STATE, W_AGAIN, W_PHASE, W_REST, W_CONTINUE, W_NOTES, W_NOTES_1, W_NOTES_2, W_NOTES_3, W_NOTE,
    W_SERVED, W_BYTES, W_FIRST, W_REAPED, W_BEGUN, W_CREDIT, W_LAST,
    W_FRESH, W_T0, W_SCAN, W_HEAD, W_TAIL, W_TAKEN, W_BLOCKED, W_C_INVOCATIONS, W_C_SERVED, W_C_EMPTY, W_C_REQUEUED, W_C_PARKED,
    W_UNMASK, W_UNMASK_COUNT, W_MODERATOR, W_READY,
) = range(74)  # fmt: skip
WORKER = 74
NOTE_BITS = 60
HW, SOFT, TASK, EXIT = range(4)
ORDER, ROUND_ROBIN, DRR = range(3)
BY_FIRST, BY_SWITCH, BY_ENDPOINT = range(3)
IDLE, QUEUED, RUNNING, PARKED, POLLING = range(5)
PH_WAKE, PH_RESUME, PH_WORK, PH_NOTIFY, PH_REARM, PH_UNMASK = range(6)
DO_STEP, DO_FLUSH_DUE, DO_FLUSH_ALL, DO_NOTIFY, DO_PARK, DO_REARM, DO_BUDGET, DO_IDLE_POLL = range(8)
# input and output of a worker
I_KIND, I_REF, I_WEIGHT, I_RATE, I_TAU, I_OVERHEAD, I_TAT, I_DEFICIT, I_EVERY = range(9)
INPUT = 9
IN_FIFO, IN_RX, IN_TX = range(3)
O_KIND, O_REF, O_EVERY, O_DROP, O_ROOM, O_FIFO = range(6)
OUTPUT = 6
OUT_FIFO, OUT_POST, OUT_FILL, OUT_LINK, OUT_DMA_WRITE, OUT_DMA_READ, OUT_SINK = range(7)


# ---------------------------------------------------------------- 2. arithmetic, calendar, pools
@inlined
def ceil_div(a, b):
    return (a + b - 1) // b


@inlined
def add_wide(m, at, x):
    """Add to a sum kept in two words; it outgrows 63 bits on long runs."""
    m[at] += x
    if m[at] >= CARRY:
        m[at] -= CARRY
        m[at + 1] += 1


@helper
def rise(m, slot):
    """Play the tournament above a slot's leaf again; stop where nothing changes. A node of the tree is (slot, its time)."""
    tree = m[H_TREE]
    at = m[H_LEAVES] + slot
    winner = slot
    best = m[tree + 2 * at + 1]
    while at > 1:
        rival = tree + 2 * (at ^ 1)
        time = m[rival + 1]
        if time < best + (at & 1):  # a tie goes to the left, where the lower slots are
            winner = m[rival]
            best = time
        at >>= 1
        node = tree + 2 * at
        if m[node] == winner and m[node + 1] == best:
            return
        m[node] = winner
        m[node + 1] = best


@helper
def soon(m, slot):
    """Keep a slot that is due at this instant out of the tree: it would climb to the top and be taken out at once.

    The tree knows the slot's old time still, or what a neighbour's climb has read from the leaf; the climb after its handler mends both.
    """
    count = m[H_SOON_COUNT]
    for i in range(count):
        if m[m[H_SOON] + i] == slot:
            return
    if count < SOON:
        m[m[H_SOON] + count] = slot
        m[H_SOON_COUNT] = count + 1
    else:
        rise(m, slot)


@helper
def take_soon(m, slot, t):
    """The slot to handle at this instant, given the tree's first (slot, t), or -1 if none; it leaves the list, as do slots armed anew since."""
    now = m[H_NOW]
    if t > now:
        slot = INF
    best = slot
    kept = m[H_SOON]
    for at in range(kept, kept + m[H_SOON_COUNT]):
        other = m[at]
        if m[m[H_TIMES] + 2 * other] == now:
            if other > best:
                m[kept] = other
                kept += 1
            elif other < best:
                if best != slot:
                    m[kept] = best
                    kept += 1
                best = other
    m[H_SOON_COUNT] = kept - m[H_SOON]
    if best == INF:
        return -1
    return best


@inlined
def arm(m, slot, t):
    m[m[H_TIMES] + 2 * slot] = t
    if t == m[H_NOW]:
        soon(m, slot)
    else:
        rise(m, slot)


@inlined
def arm_min(m, slot, t):
    if t < m[m[H_TIMES] + 2 * slot]:
        arm(m, slot, t)


@inlined
def disarm(m, slot):
    if m[m[H_TIMES] + 2 * slot] != INF:
        arm(m, slot, INF)


@inlined
def new_node(m, kind, time):
    n = m[H_NODES]
    m[H_NODES] = m[n + N_NEXT]
    m[H_NODES_FREE] -= 1
    m[n + N_NEXT] = 0
    m[n + N_TIME] = time
    m[n + N_KIND] = kind
    m[n + N_P] = 0
    return n


@inlined
def free_node(m, n):
    m[n + N_NEXT] = m[H_NODES]
    m[H_NODES] = n
    m[H_NODES_FREE] += 1


@inlined
def append(m, head, link, x):
    """Append x to the list whose head is at ``head`` and tail at ``head + 1``; ``link`` is the field of x that points on."""
    m[x + link] = 0
    if m[head] == 0:
        m[head] = x
    else:
        m[m[head + 1] + link] = x
    m[head + 1] = x


@inlined
def take_head(m, head, link):
    x = m[head]
    m[head] = m[x + link]
    m[x + link] = 0
    return x


# ---------------------------------------------------------------- 3. draws, marks, log
@inlined
def draw(m, z):
    if m[z + Z_CONSTANT] != 0:
        return m[z + Z_VALUE]
    c = m[z + Z_CURSOR]
    if c >= m[z + Z_END]:
        m[H_ERROR] = E_UNDERRUN
        return 0
    m[z + Z_CURSOR] = c + 1
    if c + 1 >= m[z + Z_LIMIT]:
        m[H_REFILL] = 1
    return m[c]


@inlined
def spread(m, cost, z):
    if z == 0:
        return cost
    return (cost * draw(m, z) + 512) >> 10


@inlined
def log(m, event, place, number):
    if m[H_LOG_CAPACITY] > 0:
        at = m[H_LOG] + 4 * m[H_LOG_COUNT]
        m[at] = m[H_NOW]
        m[at + 1] = event
        m[at + 2] = place
        m[at + 3] = number
        m[H_LOG_COUNT] += 1


@inlined
def mark(m, p, stage, t):
    if stage >= 0:
        at = p + P_STAGES + 2 * stage
        m[at] += t - m[p + P_MARK] - m[p + P_SERVICE]
        m[at + 1] += m[p + P_SERVICE]
        m[p + P_SERVICE] = 0
        m[p + P_MARK] = t


@inlined
def meter(m, x, change):
    """Account what was held until now, then hold ``change`` more."""
    held = m[x + X_HELD]
    now = m[H_NOW]
    if held > 0:
        add_wide(m, x + X_LOW, held * (now - m[x + X_LAST]))
    m[x + X_LAST] = now
    m[x + X_HELD] = held + change
    if held + change > m[x + X_MAXIMUM]:
        m[x + X_MAXIMUM] = held + change


@inlined
def free_packet(m, p):
    m[p + P_NEXT] = m[H_PACKETS]
    m[H_PACKETS] = p
    m[H_PACKETS_FREE] += 1
    m[H_ALIVE] -= 1


# ---------------------------------------------------------------- 4. links and DMA
@inlined
def link_send(m, k, n, size):
    """Put node n on link k behind what is already there; size in bytes."""
    now = m[H_NOW]
    start = m[k + L_BUSY]
    if start < now:
        start = now
    time = 0
    if m[k + L_RATE] > 0:
        time = ceil_div(size * 8_000_000_000_000, m[k + L_RATE])
    m[k + L_BUSY] = start + time
    arrival = start + time + m[k + L_PROPAGATION]
    m[n + N_TIME] = arrival
    m[k + L_C_ITEMS] += 1
    m[k + L_C_BYTES] += size
    m[k + L_C_BUSY] += time
    p = m[n + N_P]
    if p != 0:
        m[p + P_SERVICE] += time + m[k + L_PROPAGATION]
    if m[k + L_HEAD] == 0:
        arm(m, m[k + L_SLOT], arrival)
    append(m, k + L_HEAD, N_NEXT, n)


@helper
def send_packet(m, k, p):
    n = new_node(m, IT_PACKET, 0)
    m[n + N_P] = p
    segs = m[p + P_SEGS]
    link_send(m, k, n, m[p + P_LEN] + (segs - 1) * m[k + L_HEADER] + segs * m[k + L_OVERHEAD])


@helper
def send_item(m, k, kind, a, b, size):
    n = new_node(m, kind, 0)
    m[n + N_A] = a
    m[n + N_B] = b
    link_send(m, k, n, size)


@inlined
def dma_issue(m, d, n):
    m[d + D_OUTSTANDING] += 1
    m[n + N_KIND] = IT_READ_REQ
    link_send(m, m[d + D_UP], n, 24 * ceil_div(m[n + N_C], m[d + D_MRRS]))


@helper
def dma_read(m, d, kind, target, size, count, p):
    """Read host memory: node fields A dma, B target, C bytes, N_READ kind and number of descriptors."""
    n = new_node(m, IT_READ_REQ, 0)
    m[n + N_A] = d
    m[n + N_B] = target
    m[n + N_C] = size
    m[n + N_P] = p
    m[n + N_READ] = kind + 4 * count
    m[d + D_C_READS] += 1
    if m[d + D_OUTSTANDING] < m[d + D_MAX]:
        dma_issue(m, d, n)
    else:
        m[d + D_C_WAITED] += 1
        append(m, d + D_WAIT_HEAD, N_NEXT, n)


@helper
def try_fetch(m, r):
    if m[r + R_FETCH_MAX] > 0 and m[r + R_FETCH_BUSY] == 0:
        ready = m[r + R_AVAIL] - m[r + R_FETCHED]
        if ready > 0 and m[r + R_FETCHED] - m[r + R_TAKEN] <= m[r + R_FETCH_LOW]:
            count = min(m[r + R_FETCH_MAX], ready)
            m[r + R_FETCH_BUSY] = 1
            dma_read(m, m[r + R_DMA], READ_DESC, r, count * m[r + R_DESC_BYTES], count, 0)


# ---------------------------------------------------------------- 5. rings and gates
@inlined
def tell(m, w, i):
    """Something became visible to a hardware engine or a poll-mode worker at its input i."""
    if m[w + W_READY] != 0:
        m[m[w + W_READY] + i // READY_BITS] |= 1 << (i % READY_BITS)
    if m[w + W_KIND] != HW:
        tell_polling(m, w, i)
    elif m[w + W_STATE] == IDLE:
        arm_min(m, m[w + W_EXAM], m[H_NOW])


@helper
def tell_polling(m, w, i):
    now = m[H_NOW]
    if m[w + W_STATE] == POLLING:
        loop = m[w + W_LOOP]
        t = now
        if loop > 0:
            offset = loop * i // m[w + W_INPUT_COUNT]
            behind = max(0, now - m[w + W_T0] - offset)
            t = m[w + W_T0] + offset + ceil_div(behind, loop) * loop
        arm_min(m, m[w + W_EXAM], t)


@inlined
def gate_check(m, g, old, new, consumer):
    m[g + G_CHECKS] += 1
    mode = m[g + G_MODE]
    fire = False
    if mode == ALWAYS:
        fire = True
    elif mode == FLAG:
        fire = m[g + G_ENABLED] != 0
    elif mode == EVENT:
        fire = old <= m[g + G_EVENT] and m[g + G_EVENT] < new
    elif mode == EDGE:
        fire = m[g + G_ENABLED] != 0 and consumer == old
    elif mode == MODERATED:
        fire = moderator_signal(m, m[m[g + G_OWNER] + R_MODERATOR], new - old)
    if fire:
        m[g + G_FIRED] += 1
    else:
        m[g + G_SUPPRESSED] += 1
    return fire


@helper
def effect(m, g):
    kind = m[g + G_NOTIFY]
    target = m[g + G_TARGET]
    if kind == NF_WAKE:
        wake(m, target)
    elif kind == NF_DOORBELL:
        r = m[g + G_OWNER]
        send_item(m, m[m[r + R_DMA] + D_DOWN], IT_DOORBELL, r, m[r + R_SENT], 28)
    elif kind == NF_IRQ:
        arm(m, m[target + Q_SLOT], m[H_NOW])
    elif kind == NF_RESUME:
        resume_first(m, target + R_WAIT_HEAD)
    elif kind == NF_RAISE:
        raise_route(m, target, False)
    elif kind == NF_ACK:
        m[target + M_PENDING] = 0
        m[target + M_COUNT] = 0


@inlined
def resume_first(m, waiters):
    if m[waiters] != 0:
        resume(m, take_head(m, waiters, W_NEXT))


@inlined
def fifo_push(m, f, p, reserved):
    """Append p, or drop it; a reserved place always exists."""
    if reserved:
        m[f + F_RESERVED] -= 1
    else:
        full = m[f + F_METER + X_HELD] + m[f + F_RESERVED] >= m[f + F_CAPACITY]
        limit = m[f + F_BYTES_CAPACITY]
        if full or (limit > 0 and m[f + F_BYTES] + m[p + P_LEN] > limit):
            m[f + F_C_DROPPED] += 1
            drop(m, p, m[f + F_PLACE])
            return
    append(m, f + F_HEAD, P_NEXT, p)
    m[f + F_PUSHED] += 1
    m[f + F_C_PUSHED] += 1
    m[f + F_BYTES] += m[p + P_LEN]
    meter(m, f + F_METER, 1)
    log(m, EV_PUSH, m[f + F_PLACE], m[p + P_ID])


@inlined
def fifo_publish(m, f):
    """Make what was pushed visible; returns True if the gate fires."""
    old = m[f + F_PUBLISHED]
    new = m[f + F_PUSHED]
    if new == old:
        return False
    m[f + F_PUBLISHED] = new
    if m[f + F_POLLER] != 0:
        tell(m, m[f + F_POLLER], m[f + F_POLLER_INPUT])
    return gate_check(m, f + F_GATE, old, new, m[f + F_POPPED])


@helper
def fifo_arrive(m, f, p, reserved):
    """Push by a source, a link or a hardware engine: visible at once."""
    fifo_push(m, f, p, reserved)
    if fifo_publish(m, f):
        effect(m, f + F_GATE)


@inlined
def fifo_pop(m, f):
    p = take_head(m, f + F_HEAD, P_NEXT)
    m[f + F_POPPED] += 1
    m[f + F_C_POPPED] += 1
    m[f + F_BYTES] -= m[p + P_LEN]
    meter(m, f + F_METER, -1)
    log(m, EV_POP, m[f + F_PLACE], m[p + P_ID])
    if m[f + F_WAIT_HEAD] != 0 and fifo_space(m, f) >= m[f + F_WAKE_FREE]:
        resume_first(m, f + F_WAIT_HEAD)
    return p


@inlined
def fifo_space(m, f):
    return m[f + F_CAPACITY] - m[f + F_METER + X_HELD] - m[f + F_RESERVED]


@inlined
def tx_descriptors(m, r, p):
    if m[r + R_BUFFER] == 0:
        return 1
    return max(1, ceil_div(m[p + P_LEN], m[r + R_BUFFER]))


@inlined
def rx_descriptors(m, r, p):
    segs = m[p + P_SEGS]
    if m[r + R_BUFFER] == 0:
        return segs
    return segs * max(1, ceil_div(ceil_div(m[p + P_LEN], segs), m[r + R_BUFFER]))


@inlined
def tx_done(m, p):
    """The device is done with the descriptors of p; write back when a group is full or nothing more is known."""
    r = m[p + P_RING]
    m[p + P_RING] = 0
    m[r + R_FIN] += 1
    m[r + R_FIN_DESC] += m[p + P_D]
    k = m[r + R_FIN] - m[r + R_WRITTEN]
    if k >= m[r + R_GROUP] or m[r + R_FIN] == m[r + R_AVAIL]:
        count = m[r + R_FIN_DESC] - m[r + R_WRITTEN_DESC]
        m[r + R_WRITTEN] = m[r + R_FIN]
        m[r + R_WRITTEN_DESC] = m[r + R_FIN_DESC]
        if m[r + R_REMOTE] != 0:
            d = m[r + R_DMA]
            size = count * m[r + R_WB_BYTES]
            n = new_node(m, IT_WRITE_TX, 0)
            m[n + N_A] = r
            m[n + N_B] = k
            m[n + N_C] = count
            link_send(m, m[d + D_UP], n, 24 * ceil_div(size, m[d + D_MPS]) + size)
            if m[r + R_MODERATOR] != 0:
                moderator_event(m, m[r + R_MODERATOR], k)
        else:
            tx_completed(m, r, k, count)


@inlined
def tx_completed(m, r, k, count):
    m[r + R_DONE] += k
    m[r + R_DONE_DESC] += count
    m[r + R_C_COMPLETED] += k


@helper
def used_publish(m, r):
    """Publish the used side; returns True if its gate fires (a NIC ring's moderator stands in for the gate)."""
    old = m[r + R_USED]
    new = m[r + R_DONE]
    if new == old:
        return False
    m[r + R_USED] = new
    m[r + R_USED_DESC] = m[r + R_DONE_DESC]
    if m[r + R_KIND] == RX and m[r + R_POLLER] != 0:
        tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
    if m[r + R_MODERATOR] != 0 and m[r + R_USED_GATE + G_MODE] != MODERATED:
        return False
    return gate_check(m, r + R_USED_GATE, old, new, m[r + R_REAPED])


@helper
def avail_publish(m, r):
    """Publish the avail side; on a remote ring the device learns it from the doorbell."""
    old = m[r + R_SENT]
    new = m[r + R_POSTED]
    if new == old:
        return False
    m[r + R_SENT] = new
    if m[r + R_REMOTE] == 0:
        m[r + R_AVAIL] = new
        if m[r + R_KIND] == TX and m[r + R_POLLER] != 0:
            tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
    return gate_check(m, r + R_AVAIL_GATE, old, new, m[r + R_TAKEN])


@helper
def complete_rx(m, r, p):
    append(m, r + R_HEAD, P_NEXT, p)
    m[r + R_DONE] += 1
    m[r + R_C_COMPLETED] += 1
    meter(m, r + R_METER, 1)
    log(m, EV_COMPLETE, m[r + R_PLACE], m[p + P_ID])


@helper
def reap(m, r):
    """The driver frees everything that the device has finished; returns the number of packets."""
    k = m[r + R_USED] - m[r + R_REAPED]
    if k > 0:
        m[r + R_REAPED] = m[r + R_USED]
        m[r + R_FREE] += m[r + R_USED_DESC] - m[r + R_REAPED_DESC]
        m[r + R_REAPED_DESC] = m[r + R_USED_DESC]
        m[r + R_C_REAPED] += k
    if m[r + R_FREE] >= m[r + R_WAKE_FREE]:
        resume_first(m, r + R_WAIT_HEAD)
    return k


@helper
def drop(m, p, place):
    if m[p + P_RING] != 0:
        tx_done(m, p)
    log(m, EV_DROP, place, m[p + P_ID])
    free_packet(m, p)


# ---------------------------------------------------------------- 6. moderators
@helper
def moderator_latch(m, x, n):
    m[x + M_C_EVENTS] += n
    if m[x + M_COUNT] == 0 or m[x + M_KIND] == MK_COAL_CQE:
        m[x + M_FIRST] = m[H_NOW]
    m[x + M_COUNT] += n
    m[x + M_PENDING] = 1


@inlined
def moderator_event(m, x, n):
    moderator_latch(m, x, n)
    moderator_evaluate(m, x)


@helper
def moderator_due(m, x):
    """Whether x fires now; if it will later, its slot is armed."""
    if m[x + M_ENABLED] == 0 or m[x + M_PENDING] == 0:
        return False
    now = m[H_NOW]
    kind = m[x + M_KIND]
    due = now
    if kind == MK_GAP or kind == MK_COAL_EQE:
        due = m[x + M_LAST] + m[x + M_INTERVAL]
    elif kind == MK_COAL or kind == MK_COAL_CQE:
        due = m[x + M_FIRST] + m[x + M_INTERVAL]
    if kind >= MK_COAL and m[x + M_COUNT] >= m[x + M_FRAMES]:
        due = now
    if now < due:
        arm(m, m[x + M_SLOT], due)
        return False
    return True


@helper
def moderator_fire(m, x):
    m[x + M_PENDING] = 0
    m[x + M_COUNT] = 0
    m[x + M_LAST] = m[H_NOW]
    m[x + M_ENABLED] = 0
    disarm(m, m[x + M_SLOT])
    m[x + M_C_FIRED] += 1


@helper
def moderator_evaluate(m, x):
    if moderator_due(m, x):
        moderator_fire(m, x)
        if m[x + M_DMA] == 0:
            arm(m, m[m[x + M_ROUTE] + Q_SLOT], m[H_NOW])
        else:
            send_item(m, m[m[x + M_DMA] + D_UP], IT_MSI, x, 0, m[x + M_MSI_BYTES])


@inlined
def moderator_rearm(m, x):
    m[x + M_ENABLED] = 1
    moderator_evaluate(m, x)


@helper
def moderator_settle(m, x):
    """Of an emulated device: if x fires now, the caller pays for raising its route."""
    if moderator_due(m, x):
        moderator_fire(m, x)
        return True
    return False


@inlined
def moderator_signal(m, x, n):
    moderator_latch(m, x, n)
    return moderator_settle(m, x)


@helper
def on_moderator(m, x):
    if m[x + M_WORKER] == 0:
        moderator_evaluate(m, x)
    elif moderator_due(m, x):
        wake(m, m[x + M_WORKER])


# ---------------------------------------------------------------- 7. scheduler, softirq dispatcher, vCPU, locks, core
@helper
def sync(m, c):
    """Charge the time since the last look to what the core was running."""
    e = m[H_NOW] - m[c + E_SYNCED]
    if e == 0:
        return
    m[c + E_SYNCED] = m[H_NOW]
    m[m[c + E_LABELS] + m[c + E_LEAF_LABEL]] += e
    if m[c + E_LEAF_REST] != 0:
        m[m[c + E_LEAF_REST]] -= e
    t = m[c + E_LEAF_THREAD]
    if t != 0:
        charge(m, t, e)
        t = m[c + E_LEAF_INNER]
        if t != 0:
            charge(m, t, e)


@inlined
def charge(m, t, e):
    m[t + T_RAN] += e
    m[m[t + T_EXECUTOR] + E_SLICE] -= e


@inlined
def kick(m, c):
    arm_min(m, m[c + E_SLOT], m[H_NOW])


@inlined
def vruntime(m, t):
    """Weighted running time; from the total, so that it does not depend on how often the core was looked at."""
    return m[t + T_OFFSET] + m[t + T_RAN] * 1024 // m[t + T_WEIGHT]


@helper
def enter(m, e, t, cost):
    """Scheduler: thread t of executor e becomes runnable, and first spends ``cost``."""
    if m[e + E_FAIR] != 0:
        least = INF
        for i in range(m[e + E_THREAD_COUNT]):
            other = m[m[e + E_THREADS] + i]
            if m[other + T_RUNNABLE] != 0 and vruntime(m, other) < least:
                least = vruntime(m, other)
        if least != INF and least > m[e + E_MIN_VR]:
            m[e + E_MIN_VR] = least
        floor = m[e + E_MIN_VR] - m[e + E_LATENCY] // 2
        if vruntime(m, t) < floor:
            m[t + T_OFFSET] += floor - vruntime(m, t)
        current = m[e + E_CURRENT]
        if current != 0 and m[current + T_RUNNABLE] != 0 and vruntime(m, current) - vruntime(m, t) > m[e + E_WAKEUP_GRANULARITY]:
            m[e + E_PREEMPT] = 1
    elif t != m[e + E_CURRENT]:
        append(m, e + E_RUN_HEAD, T_NEXT, t)
    m[t + T_RUNNABLE] = 1
    m[e + E_RUNNABLE] += 1
    m[t + T_WAKE] += cost


@inlined
def leave(m, t):
    m[t + T_RUNNABLE] = 0
    m[m[t + T_EXECUTOR] + E_RUNNABLE] -= 1


@inlined
def in_pass(m, e, t):
    """Thread t is ksoftirqd amid a pass, which no other thread interrupts."""
    return m[e + E_IN_PASS] != 0 and t == m[e + E_KSOFTIRQD]


@helper
def choose(m, e):
    """Scheduler: the thread that executor e runs now, or 0."""
    current = m[e + E_CURRENT]
    usable = current != 0 and m[current + T_RUNNABLE] != 0
    if usable and m[e + E_PREEMPT] == 0 and not (m[e + E_SLICE] <= 0 and m[e + E_RUNNABLE] > 1):
        return current
    if usable and in_pass(m, e, current):
        return current
    if m[e + E_RUNNABLE] == 0:
        m[e + E_CURRENT] = 0
        return 0
    if m[e + E_FAIR] != 0:
        best = 0
        for i in range(m[e + E_THREAD_COUNT]):
            t = m[m[e + E_THREADS] + i]
            if m[t + T_RUNNABLE] != 0 and (best == 0 or vruntime(m, t) < vruntime(m, best)):
                best = t
        m[e + E_SLICE] = max(m[e + E_MIN_GRANULARITY], m[e + E_LATENCY] // m[e + E_RUNNABLE])
    else:
        if usable:
            append(m, e + E_RUN_HEAD, T_NEXT, current)
        best = take_head(m, e + E_RUN_HEAD, T_NEXT)
        m[e + E_SLICE] = m[e + E_QUANTUM]
    m[e + E_CURRENT] = best
    m[e + E_PREEMPT] = 0
    if m[e + E_LAST_THREAD] != 0 and m[e + E_LAST_THREAD] != best:
        m[best + T_CTX] += m[e + E_CTXSW]
    m[e + E_LAST_THREAD] = best
    return best


@helper
def hyp_job(m, v, cost, kind, a):
    n = new_node(m, kind, spread(m, cost, m[v + E_SPREAD]))
    m[n + N_A] = a
    m[n + N_B] = LB_HYP
    append(m, v + V_HYP_HEAD, N_NEXT, n)


@helper
def hyp_first(m, v, cost, kind, a, label):
    """A job that goes on where the last one ended: before everything else that waits."""
    n = new_node(m, kind, spread(m, cost, m[v + E_SPREAD]))
    m[n + N_A] = a
    m[n + N_B] = label
    head = m[v + V_HYP_HEAD]
    m[n + N_NEXT] = head
    m[v + V_HYP_HEAD] = n
    if head == 0:
        m[v + V_HYP_TAIL] = n


@helper
def vm_exit(m, v, kind, cost):
    m[m[v + V_EXITS] + kind] += 1
    log(m, EV_EXIT, m[v + V_PLACE], kind)
    hyp_job(m, v, cost, J_NOTHING, 0)


@inlined
def in_hypervisor(m, v):
    return m[v + V_HYP_HEAD] != 0 or m[v + V_WORKER] != 0


@helper
def access(m, v, g):
    """An instruction of the guest on v traps; g says what it costs and does."""
    kind = m[g + G_EXIT]
    m[m[v + V_EXITS] + kind] += 1
    log(m, EV_EXIT, m[v + V_PLACE], kind)
    if m[g + G_LOCK] == 0:
        hyp_job(m, v, m[g + G_COST], J_EFFECT, g)
    else:
        hyp_job(m, v, m[g + G_COST], J_ENTER, g)
        m[m[v + V_HYP_TAIL] + N_B] = LB_EXIT_USER


@helper
def access_effect(m, v, g):
    if m[g + G_NOTIFY] == NF_UNMASK:
        x = m[g + G_TARGET]
        if m[x + M_WORKER] == 0:
            moderator_rearm(m, x)
        else:
            m[x + M_ENABLED] = 1
            if moderator_settle(m, x):
                label = LB_HYP
                if m[g + G_LOCK] != 0:
                    label = LB_EXIT_USER
                hyp_first(m, v, m[x + M_GATE + G_COST], J_SIGNAL, x, label)
                return
    else:
        effect(m, g)
    if m[v + V_WORKER] == 0:
        leave_access(m, v)


@helper
def leave_access(m, v):
    u = m[v + V_LOCK]
    if u != 0:
        m[v + V_LOCK] = 0
        lock_release(m, u)


@helper
def go_on(m, v, g):
    """The thread of v owns the lock of access g."""
    m[v + V_STATE] = RUN
    m[v + V_LOCK] = m[g + G_LOCK]
    hyp_first(m, v, m[g + G_LOCKED], J_EFFECT, g, LB_EXIT_USER)


@inlined
def lock_own(m, u, t):
    m[u + U_OWNER] = t
    m[u + U_SINCE] = m[H_NOW]
    m[u + U_C_ACQUIRED] += 1


@helper
def lock_take(m, u, t):
    """Thread t, which runs, becomes the owner, or sleeps until it is; True if it is the owner."""
    if m[u + U_OWNER] == 0:
        lock_own(m, u, t)
        return True
    m[u + U_C_CONTENDED] += 1
    m[t + T_WAITS] = 1
    leave(m, t)
    append(m, u + U_WAIT_HEAD, T_NEXT, t)
    return False


@helper
def lock_release(m, u):
    m[u + U_C_HELD] += m[H_NOW] - m[u + U_SINCE]
    m[u + U_OWNER] = 0
    if m[u + U_WAIT_HEAD] != 0:
        t = take_head(m, u + U_WAIT_HEAD, T_NEXT)
        lock_own(m, u, t)
        m[t + T_WAITS] = 0
        if m[t + T_KIND] == TK_VCPU:
            v = m[t + T_VCPU]
            if m[v + V_CHARGED] != 0:
                charge(m, m[v + V_CHARGED], m[H_NOW] - m[v + V_USER_SINCE])
            go_on(m, v, m[v + V_ACCESS])
        start_thread(m, t, m[u + U_HANDOVER])


@helper
def enter_access(m, v, g):
    if lock_take(m, m[g + G_LOCK], m[v + V_THREAD]):
        go_on(m, v, g)
    else:
        m[v + V_STATE] = USER
        m[v + V_ACCESS] = g
        m[v + V_CHARGED] = charged_thread(m, v)
        m[v + V_USER_SINCE] = m[H_NOW]


@helper
def guest_irq_job(m, v, cost, kind, a):
    n = new_node(m, kind, spread(m, cost, m[v + E_SPREAD]))
    m[n + N_A] = a
    append(m, v + E_IRQ_HEAD, N_NEXT, n)


@helper
def start_thread(m, t, cost):
    c = m[t + T_EXECUTOR]
    sync(m, c)
    enter(m, c, t, cost)
    v = m[c + E_POLLING]
    if v != 0 and m[v + V_THREAD] != t:
        end_poll(m, v)
    kick(m, c)


@inlined
def wake_core_thread(m, t):
    if m[t + T_RUNNABLE] == 0 and m[t + T_WAITS] == 0:
        start_thread(m, t, m[t + T_WAKE_PS])


@helper
def end_poll(m, v):
    """Halt polling found nothing, or somebody else wants the core: block."""
    m[m[v + E_CORE] + E_POLLING] = 0
    disarm(m, m[v + V_POLL_SLOT])
    m[v + V_STATE] = HLT
    hyp_job(m, v, m[v + V_BLOCK], J_BLOCK, 0)


@helper
def adapt(m, v):
    h = m[H_NOW] - m[v + V_HLT_END]
    hp = m[v + V_HP]
    limit = m[v + V_POLL_MAX]
    if limit == 0 or h <= hp:
        return
    if hp > 0 and h > limit:
        shrunk = 0
        if m[v + V_SHRINK] > 0:
            shrunk = hp // m[v + V_SHRINK]
            if shrunk < m[v + V_GROW_START]:
                shrunk = 0
        m[v + V_HP] = shrunk
    elif hp < limit and h < limit:
        m[v + V_HP] = min(limit, max(m[v + V_GROW_START], hp * m[v + V_GROW]))


@helper
def wake_vcpu(m, v):
    state = m[v + V_STATE]
    if state == BLOCKED:
        adapt(m, v)
        m[v + V_STATE] = RUN
        hyp_job(m, v, m[v + V_WAKE], J_NOTHING, 0)
        wake_core_thread(m, m[v + V_THREAD])
    elif state == POLL:
        c = m[v + E_CORE]
        sync(m, c)
        adapt(m, v)
        m[c + E_POLLING] = 0
        disarm(m, m[v + V_POLL_SLOT])
        m[v + V_STATE] = RUN
        hyp_job(m, v, m[v + V_POLL_EXIT], J_NOTHING, 0)
        kick(m, c)


@helper
def wake_thread(m, t):
    e = m[t + T_EXECUTOR]
    if m[e + E_KIND] == CORE:
        wake_core_thread(m, t)
    elif m[t + T_RUNNABLE] == 0:
        c = m[e + E_CORE]
        sync(m, c)
        enter(m, e, t, m[t + T_WAKE_PS])
        wake_vcpu(m, e)
        kick(m, c)


@inlined
def guest_has_work(m, v):
    return m[v + V_HYP_HEAD] != 0 or m[v + E_IRQ_HEAD] != 0 or m[v + E_SOFT_ACTIVE] != 0 or m[v + E_RUNNABLE] > 0


@helper
def halt(m, v):
    m[m[v + V_EXITS] + X_HLT] += 1
    log(m, EV_EXIT, m[v + V_PLACE], X_HLT)
    m[v + V_STATE] = HLT
    hyp_job(m, v, m[v + V_HLT], J_HLT, 0)


@helper
def halted(m, v):
    """The HLT exit is done: run, poll or block."""
    if guest_has_work(m, v):
        m[v + V_STATE] = RUN
        return
    m[v + V_HLT_END] = m[H_NOW]
    c = m[v + E_CORE]
    if m[v + V_HP] > 0 and m[c + E_RUNNABLE] == 1:
        m[v + V_STATE] = POLL
        m[c + E_POLLING] = v
        arm(m, m[v + V_POLL_SLOT], m[H_NOW] + m[v + V_HP])
    else:
        hyp_job(m, v, m[v + V_BLOCK], J_BLOCK, 0)


@helper
def blocked(m, v):
    if guest_has_work(m, v):
        m[v + V_STATE] = RUN
    else:
        m[v + V_STATE] = BLOCKED
        leave(m, m[v + V_THREAD])


@helper
def start_pass(m, e):
    m[e + E_P_HEAD] = m[e + E_L_HEAD]
    m[e + E_P_TAIL] = m[e + E_L_TAIL]
    m[e + E_L_HEAD] = 0
    m[e + E_R_HEAD] = 0
    m[e + E_LEFT] = m[e + E_SOFT_BUDGET]
    m[e + E_PASS_START] = m[H_NOW]
    m[e + E_IN_PASS] = 0
    m[e + E_SOFT_WORKER] = take_head(m, e + E_P_HEAD, W_NEXT)


@inlined
def join(m, into, tail):
    """Append the list at ``tail`` to the list at ``into``; workers linked by W_NEXT."""
    if m[tail] != 0:
        if m[into] == 0:
            m[into] = m[tail]
        else:
            m[m[into + 1] + W_NEXT] = m[tail]
        m[into + 1] = m[tail + 1]


@helper
def end_pass(m, e):
    join(m, e + E_P_HEAD, e + E_L_HEAD)
    join(m, e + E_P_HEAD, e + E_R_HEAD)
    m[e + E_L_HEAD] = m[e + E_P_HEAD]
    m[e + E_L_TAIL] = m[e + E_P_TAIL]
    if m[e + E_L_HEAD] == 0:
        m[e + E_SOFT_ACTIVE] = 0
        m[e + E_SOFT_WORKER] = 0
        if m[e + E_SOFT_TASK] != 0:
            m[e + E_SOFT_TASK] = 0
            leave(m, m[e + E_KSOFTIRQD])
        return
    m[e + E_RESTARTS] += 1
    if m[e + E_SOFT_TASK] == 0 and m[e + E_DEMOTE] != 0 and m[e + E_KSOFTIRQD] != 0:
        long = m[H_NOW] - m[e + E_SOFT_START] >= m[e + E_SOFT_TIME] or m[e + E_RESTARTS] >= m[e + E_SOFT_RESTARTS]
        current = m[e + E_CURRENT]
        usable = current != 0 and m[current + T_RUNNABLE] != 0
        if long or (not usable and m[e + E_RUNNABLE] > 0) or m[e + E_PREEMPT] != 0:
            m[e + E_SOFT_TASK] = 1
            wake_thread(m, m[e + E_KSOFTIRQD])
    start_pass(m, e)


@helper
def soft_ended(m, e, w, more):
    """The invocation of soft worker w has ended."""
    if m[w + W_STATE] != PARKED:
        m[e + E_LEFT] -= m[w + W_SERVED]
    if more:
        append(m, e + E_R_HEAD, W_NEXT, w)
    if m[e + E_LEFT] <= 0 or m[H_NOW] - m[e + E_PASS_START] >= m[e + E_SOFT_TIME] or m[e + E_P_HEAD] == 0:
        end_pass(m, e)
    else:
        m[e + E_SOFT_WORKER] = take_head(m, e + E_P_HEAD, W_NEXT)


@helper
def soft_raise(m, e, w):
    append(m, e + E_L_HEAD, W_NEXT, w)
    if m[e + E_SOFT_ACTIVE] == 0:
        c = m[e + E_CORE]
        sync(m, c)
        m[e + E_SOFT_ACTIVE] = 1
        m[e + E_SOFT_TASK] = 0
        m[e + E_SOFT_START] = m[H_NOW]
        m[e + E_RESTARTS] = 0
        start_pass(m, e)
        if m[e + E_KIND] == VCPU:
            wake_vcpu(m, e)
        kick(m, c)


@inlined
def set_leaf(m, c, kind, ref, rest, label):
    m[c + E_LEAF] = kind
    m[c + E_LEAF_REF] = ref
    m[c + E_LEAF_REST] = rest
    m[c + E_LEAF_LABEL] = label


@helper
def pick_thread(m, c, e, t):
    """The leaf inside thread t (not a vCPU thread) of executor e, on core c."""
    if m[t + T_CTX] > 0:
        set_leaf(m, c, LEAF_CTXSW, t, t + T_CTX, LB_CTXSW)
    elif m[t + T_WAKE] > 0:
        set_leaf(m, c, LEAF_WAKE, t, t + T_WAKE, m[t + T_LABEL])
    elif m[t + T_KIND] == TK_BUSY:
        set_leaf(m, c, LEAF_BUSY, t, 0, m[t + T_LABEL])
    elif m[t + T_LOCK] != 0 and m[m[t + T_LOCK] + U_OWNER] != t:
        set_leaf(m, c, LEAF_TAKE, t, t + T_ZERO, m[t + T_LABEL])
    else:
        w = m[t + T_HEAD]
        if m[t + T_KIND] == TK_KSOFTIRQD:
            w = m[e + E_SOFT_WORKER]
            m[e + E_IN_PASS] = 1
        if m[w + W_STATE] == POLLING:
            set_leaf(m, c, LEAF_PMD, w, 0, LB_PMD_IDLE)
        else:
            set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])


@helper
def charged_thread(m, v):
    """Whose time it is while the hypervisor works for v: the guest's clock runs on."""
    t = m[v + E_CURRENT]
    if t == 0 or m[t + T_RUNNABLE] == 0 or m[v + E_IRQ_HEAD] != 0 or (m[v + E_SOFT_ACTIVE] != 0 and m[v + E_SOFT_TASK] == 0):
        return 0
    return t


@helper
def pick_vcpu(m, c, v):
    if m[v + V_WORKER] != 0:
        w = m[v + V_WORKER]
        m[c + E_LEAF_INNER] = charged_thread(m, v)
        set_leaf(m, c, LEAF_EXIT_WORK, w, w + W_REST, m[w + W_LABEL])
        return
    if m[v + V_HYP_HEAD] == 0 and m[v + V_STATE] == POLL:
        set_leaf(m, c, LEAF_HALT_POLL, v, 0, LB_HALT_POLL)
        return
    if m[v + V_HYP_HEAD] == 0:
        t = 0
        if m[v + E_IRQ_HEAD] != 0:
            m[v + V_GUEST_IDLING] = 0
            set_leaf(m, c, LEAF_GIRQ, v, m[v + E_IRQ_HEAD] + N_TIME, LB_GUEST_IRQ)
            return
        if m[v + E_SOFT_ACTIVE] != 0 and m[v + E_SOFT_TASK] == 0:
            m[v + V_GUEST_IDLING] = 0
            w = m[v + E_SOFT_WORKER]
            set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])
            return
        t = choose(m, v)
        if t != 0:
            m[v + V_GUEST_IDLING] = 0
            m[c + E_LEAF_INNER] = t
            pick_thread(m, c, v, t)
            return
        if m[v + V_IDLE] == IDLE_POLL:
            set_leaf(m, c, LEAF_GUEST_IDLE, v, 0, LB_GUEST_IDLE)
            return
        if m[v + V_IDLE] == IDLE_GHP:
            if m[v + V_GUEST_IDLING] == 0:
                m[v + V_GUEST_IDLING] = 1
                m[v + V_GUEST_REST] = m[v + V_GUEST_POLL]
            set_leaf(m, c, LEAF_GUEST_IDLE, v, v + V_GUEST_REST, LB_GUEST_IDLE)
            return
        halt(m, v)
    m[v + V_GUEST_IDLING] = 0
    n = m[v + V_HYP_HEAD]
    m[c + E_LEAF_INNER] = charged_thread(m, v)
    set_leaf(m, c, LEAF_HYP, v, n + N_TIME, m[n + N_B])


@helper
def pick_plain(m, c):
    m[c + E_LEAF_THREAD] = 0
    m[c + E_LEAF_INNER] = 0
    if m[c + E_IRQ_HEAD] != 0:
        set_leaf(m, c, LEAF_IRQ, c, m[c + E_IRQ_HEAD] + N_TIME, LB_HOST_IRQ)
        return
    if m[c + E_SOFT_ACTIVE] != 0 and m[c + E_SOFT_TASK] == 0:
        w = m[c + E_SOFT_WORKER]
        set_leaf(m, c, LEAF_WORK, w, w + W_REST, m[w + W_LABEL])
        return
    t = choose(m, c)
    if t == 0:
        set_leaf(m, c, LEAF_NONE, 0, 0, LB_IDLE)
        return
    m[c + E_LEAF_THREAD] = t
    if m[t + T_KIND] == TK_VCPU and m[t + T_CTX] == 0 and m[t + T_WAKE] == 0:
        pick_vcpu(m, c, m[t + T_VCPU])
    else:
        pick_thread(m, c, c, t)


@helper
def pick(m, c):
    before = m[c + E_LEAF]
    if m[c + E_IDLE_PENDING] == 0:
        pick_plain(m, c)
        if m[c + E_LEAF] == LEAF_NONE:
            if before != LEAF_NONE:
                m[c + E_IDLE_SINCE] = m[H_NOW]
            return
        if before != LEAF_NONE or m[c + E_IDLE_EXIT] == 0 or m[H_NOW] == m[c + E_IDLE_SINCE]:
            return
        m[c + E_IDLE_PENDING] = 1
        m[c + E_IDLE_REST] = spread(m, m[c + E_IDLE_EXIT], m[c + E_SPREAD])
    m[c + E_LEAF_THREAD] = 0
    m[c + E_LEAF_INNER] = 0
    set_leaf(m, c, LEAF_IDLE_EXIT, c, c + E_IDLE_REST, LB_IDLE)


@helper
def leaf_end(m, c):
    """The leaf's time is used up: run what follows it."""
    kind = m[c + E_LEAF]
    ref = m[c + E_LEAF_REF]
    if kind == LEAF_WORK or kind == LEAF_EXIT_WORK:
        job_end(m, ref)
    elif kind == LEAF_IRQ:
        n = take_head(m, c + E_IRQ_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_NATIVE:
            wake(m, m[a + Q_WORKER])
        elif kind == J_STAGE2:
            stage2(m, a, False)
    elif kind == LEAF_GIRQ:
        n = take_head(m, ref + E_IRQ_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_HANDLER:
            for i in range(m[a + Q_ACCESS_COUNT]):
                access(m, ref, m[a + Q_ACCESSES] + GATE * i)
            if m[a + Q_MODE] == LEGACY or m[a + Q_LEVEL] != 0:
                vm_exit(m, ref, X_EOI, m[a + Q_EOI])
            wake(m, m[a + Q_WORKER])
    elif kind == LEAF_HYP:
        n = take_head(m, ref + V_HYP_HEAD, N_NEXT)
        kind = m[n + N_KIND]
        a = m[n + N_A]
        free_node(m, n)
        if kind == J_HLT:
            halted(m, ref)
        elif kind == J_BLOCK:
            blocked(m, ref)
        elif kind == J_INJECT:
            inject(m, a)
        elif kind == J_EFFECT:
            access_effect(m, ref, a)
        elif kind == J_ENTER:
            enter_access(m, ref, a)
        elif kind == J_SIGNAL:
            raise_route(m, m[a + M_ROUTE], True)
            leave_access(m, ref)
    elif kind == LEAF_GUEST_IDLE:
        m[ref + V_GUEST_IDLING] = 0
        if not guest_has_work(m, ref):
            halt(m, ref)
    elif kind == LEAF_TAKE:
        lock_take(m, m[ref + T_LOCK], ref)
    elif kind == LEAF_IDLE_EXIT:
        m[c + E_IDLE_PENDING] = 0


@helper
def on_core(m, c):
    old = m[c + E_LEAF]
    old_ref = m[c + E_LEAF_REF]
    sync(m, c)
    pick_due = True
    while m[c + E_LEAF_REST] != 0 and m[m[c + E_LEAF_REST]] == 0:
        leaf_end(m, c)
        pick(m, c)
        pick_due = False
    if pick_due:
        pick(m, c)
    if m[c + E_LEAF] == LEAF_PMD and (old != LEAF_PMD or old_ref != m[c + E_LEAF_REF]):
        restart(m, m[c + E_LEAF_REF])
    due = INF
    if m[c + E_LEAF_REST] != 0:
        due = m[m[c + E_LEAF_REST]]
    if m[c + E_LEAF_THREAD] != 0:
        if m[c + E_RUNNABLE] > 1 and not in_pass(m, c, m[c + E_LEAF_THREAD]):
            due = min(due, m[c + E_SLICE])
        t = m[c + E_LEAF_INNER]
        outside = m[c + E_LEAF] == LEAF_HYP or m[c + E_LEAF] == LEAF_EXIT_WORK
        if t != 0 and not outside and m[m[t + T_EXECUTOR] + E_RUNNABLE] > 1 and not in_pass(m, m[t + T_EXECUTOR], t):
            due = min(due, m[m[t + T_EXECUTOR] + E_SLICE])
    if due != INF:
        arm(m, m[c + E_SLOT], m[H_NOW] + due)
    else:
        disarm(m, m[c + E_SLOT])


@helper
def on_halt_poll(m, v):
    if m[v + V_STATE] == POLL:
        sync(m, m[v + E_CORE])
        end_poll(m, v)
        kick(m, m[v + E_CORE])


@inlined
def preempted(m, v):
    current = m[m[v + E_CORE] + E_CURRENT]
    return current != 0 and m[current + T_RUNNABLE] != 0 and current != m[v + V_THREAD]


@helper
def irq_job(m, c, cost, kind, a):
    """Append an irq job on a core; a vCPU in guest mode there takes an external-interrupt exit."""
    sync(m, c)
    t = m[c + E_CURRENT]
    if t != 0 and m[t + T_RUNNABLE] != 0 and m[t + T_KIND] == TK_VCPU:
        v = m[t + T_VCPU]
        if m[v + V_STATE] == RUN and not in_hypervisor(m, v):
            vm_exit(m, v, X_EXTINT, m[v + V_EXIT])
    n = new_node(m, kind, spread(m, cost, m[c + E_SPREAD]))
    m[n + N_A] = a
    append(m, c + E_IRQ_HEAD, N_NEXT, n)
    kick(m, c)


@helper
def on_tick(m, i):
    arm(m, m[i + I_SLOT], m[H_NOW] + m[i + I_PERIOD])
    e = m[i + I_EXECUTOR]
    if m[e + E_KIND] == CORE:
        if m[e + E_LEAF] != LEAF_NONE:
            irq_job(m, e, m[i + I_COST], J_NOTHING, 0)
    elif m[e + V_STATE] == RUN and m[m[e + E_CORE] + E_CURRENT] == m[e + V_THREAD]:
        c = m[e + E_CORE]
        sync(m, c)
        vm_exit(m, e, X_TIMER, m[e + V_EXIT])
        guest_irq_job(m, e, m[i + I_COST], J_NOTHING, 0)
        kick(m, c)


# ---------------------------------------------------------------- 8. interrupt routes
@helper
def on_route(m, q):
    m[q + Q_C_DELIVERED] += 1
    mode = m[q + Q_MODE]
    if mode == NATIVE:
        irq_job(m, m[q + Q_CORE], m[q + Q_HARDIRQ], J_NATIVE, q)
    elif m[q + Q_IRQFD_ORIGIN] != 0:
        stage2(m, q, False)
    elif mode == POSTED:
        v = m[q + Q_VCPU]
        if m[v + V_STATE] == BLOCKED:
            irq_job(m, m[v + E_CORE], m[q + Q_WAKEUP], J_STAGE2, q)
        else:
            stage2(m, q, False)
    else:
        cost = m[q + Q_HARDIRQ] + m[q + Q_IRQFD]
        if m[q + Q_CORE] != m[m[q + Q_VCPU] + E_CORE]:
            cost += m[q + Q_IPI]
        irq_job(m, m[q + Q_CORE], cost, J_STAGE2, q)


@helper
def raise_route(m, q, inside):
    """An emulated device's interrupt, raised by whoever runs its model; ``inside``: in an exit of the vCPU that it is for."""
    m[q + Q_C_DELIVERED] += 1
    stage2(m, q, inside)


@helper
def stage2(m, q, inside):
    v = m[q + Q_VCPU]
    c = m[v + E_CORE]
    sync(m, c)
    running = m[v + V_STATE] == RUN
    wake_vcpu(m, v)
    if m[q + Q_MODE] == LEGACY:
        other = m[q + Q_IRQFD_ORIGIN] != 0 or m[q + Q_CORE] != c
        if running and other and not inside and not preempted(m, v) and not in_hypervisor(m, v):
            vm_exit(m, v, X_KICK, m[v + V_EXIT])
        hyp_job(m, v, m[q + Q_INJECT], J_INJECT, q)
        kick(m, c)
    else:
        inject(m, q)


@helper
def inject(m, q):
    v = m[q + Q_VCPU]
    c = m[v + E_CORE]
    sync(m, c)
    cost = m[q + Q_HANDLER]
    if m[q + Q_MODE] != LEGACY:
        cost += m[q + Q_NOTIFY]
    elif m[v + E_IRQ_HEAD] != 0:
        vm_exit(m, v, X_IRQWIN, m[v + V_EXIT])
    guest_irq_job(m, v, cost, J_HANDLER, q)
    kick(m, c)


# ---------------------------------------------------------------- 9. workers
@helper
def enqueue(m, w, phase, cost):
    """Queue an invocation (or the rest of a parked one) of a software worker."""
    m[w + W_STATE] = QUEUED
    m[w + W_PHASE] = phase
    m[w + W_REST] = cost
    if m[w + W_KIND] == SOFT:
        soft_raise(m, m[w + W_ON], w)
    elif m[w + W_KIND] == EXIT:
        m[m[w + W_ON] + V_WORKER] = w
    else:
        t = m[w + W_ON]
        append(m, t + T_HEAD, W_NEXT, w)
        wake_thread(m, t)


@helper
def wake(m, w):
    if m[w + W_STATE] == IDLE:
        enqueue(m, w, PH_WAKE, m[w + W_WAKE_PS])
    else:
        m[w + W_AGAIN] = 1


@helper
def resume(m, w):
    if m[w + W_KIND] == HW:
        m[w + W_STATE] = IDLE
        arm_min(m, m[w + W_EXAM], m[H_NOW])
    else:
        enqueue(m, w, PH_RESUME, m[w + W_RESUME_PS])


@inlined
def end_invocation(m, w, more):
    """Take w out of its level; ``more``: it is to run again (soft: in this dispatcher's list, task: at the tail of its thread)."""
    if more:
        m[w + W_STATE] = QUEUED
        m[w + W_PHASE] = PH_WAKE
        m[w + W_REST] = m[w + W_WAKE_PS]
        m[w + W_C_REQUEUED] += 1
    if m[w + W_KIND] == SOFT:
        soft_ended(m, m[w + W_ON], w, more)
    elif m[w + W_KIND] == EXIT:
        m[m[w + W_ON] + V_WORKER] = 0
        leave_access(m, m[w + W_ON])
    else:
        t = m[w + W_ON]
        take_head(m, t + T_HEAD, W_NEXT)
        if more:
            append(m, t + T_HEAD, W_NEXT, w)
        elif m[t + T_HEAD] == 0:
            leave(m, t)
        u = m[t + T_LOCK]
        if u != 0 and (m[t + T_RUNNABLE] == 0 or m[u + U_WAIT_HEAD] != 0):
            lock_release(m, u)


@inlined
def requeue(m, w):
    """Start a new invocation at the tail without sleeping: soft workers raise themselves."""
    if m[w + W_KIND] == SOFT:
        m[w + W_STATE] = QUEUED
        m[w + W_PHASE] = PH_WAKE
        m[w + W_REST] = m[w + W_WAKE_PS]
        m[w + W_C_REQUEUED] += 1
        soft_raise(m, m[w + W_ON], w)
        soft_ended(m, m[w + W_ON], w, False)
    else:
        end_invocation(m, w, True)


@inlined
def visible(m, i):
    ref = m[i + I_REF]
    kind = m[i + I_KIND]
    if kind == IN_FIFO:
        return m[ref + F_PUBLISHED] - m[ref + F_POPPED]
    if kind == IN_RX:
        return m[ref + R_USED] - m[ref + R_REAPED]
    if m[ref + R_REMOTE] != 0:
        return m[ref + R_FETCHED] - m[ref + R_TAKEN]
    return m[ref + R_AVAIL] - m[ref + R_TAKEN]


@inlined
def head_of(m, i):
    ref = m[i + I_REF]
    if m[i + I_KIND] == IN_FIFO:
        return m[ref + F_HEAD]
    return m[ref + R_HEAD]


@helper
def pop_input(m, i):
    ref = m[i + I_REF]
    kind = m[i + I_KIND]
    if kind == IN_FIFO:
        return fifo_pop(m, ref)
    p = take_head(m, ref + R_HEAD, P_NEXT)
    meter(m, ref + R_METER, -1)
    if kind == IN_RX:
        m[ref + R_REAPED] += 1
        m[ref + R_FREED] += m[p + P_BUFFERS]
        m[ref + R_C_REAPED] += 1
        log(m, EV_REAP, m[ref + R_PLACE], m[p + P_ID])
    else:
        m[ref + R_TAKEN] += 1
        m[ref + R_C_TAKEN] += 1
        m[p + P_RING] = ref
        log(m, EV_TAKE, m[ref + R_PLACE], m[p + P_ID])
        if m[ref + R_REMOTE] != 0:
            try_fetch(m, ref)
    return p


@inlined
def turned(m, w, p):
    kind = m[p + P_KIND]
    return m[w + W_SELECT] == BY_ENDPOINT and (kind == REQ or (kind == DATA and m[p + P_FLAG] != 0))


@helper
def select(m, w, p):
    """Output record for p, or 0 if the switch knows none."""
    index = 0
    if m[w + W_SELECT] == BY_SWITCH:
        y = m[w + W_SWITCH]
        port = m[m[y + Y_TABLE] + m[p + P_VLAN] * m[y + Y_MACS] + m[p + P_DST]]
        if port < 0:
            port = m[y + Y_DEFAULT]
        if port < 0:
            return 0
        at = m[y + Y_PORTS] + 2 * port
        hashed = ((m[p + P_FLOW] * 2654435761) & 0xFFFFFFFF) >> 16
        index = m[at] + ((hashed * m[at + 1]) >> 16)
    elif turned(m, w, p):
        index = 1
    return m[w + W_OUTPUTS] + OUTPUT * index


@inlined
def has_room(m, o, p, reserve):
    """Whether output o can take p (0: a packet of one descriptor); if so and asked, reserve the place."""
    if o == 0:
        return True
    kind = m[o + O_KIND]
    if kind == OUT_SINK or (kind == OUT_FIFO and m[m[o + O_REF] + F_BLOCK] == 0):
        return True
    return find_room(m, o, p, reserve)


@helper
def find_room(m, o, p, reserve):
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    if kind == OUT_DMA_WRITE and m[m[m[ref + R_DMA] + D_UP] + L_BUSY] - m[H_NOW] > m[o + O_ROOM]:
        return False
    if m[o + O_DROP] != 0:
        return True
    if kind == OUT_FIFO or kind == OUT_DMA_READ:
        f = ref
        if kind == OUT_DMA_READ:
            f = m[o + O_FIFO]
        if fifo_space(m, f) < 1:
            return False
        if reserve:
            m[f + F_RESERVED] += 1
    elif kind == OUT_POST:
        d = tx_descriptors(m, ref, p)
        if m[ref + R_FREE] < d:
            return False
        if reserve:
            m[ref + R_FREE] -= d
            m[p + P_RD] = d
    elif kind == OUT_FILL or kind == OUT_DMA_WRITE:
        d = 1
        if p != 0:
            d = rx_descriptors(m, ref, p)
        if m[ref + R_AVAIL] - m[ref + R_TAKEN] < d:
            return False
        if reserve:
            m[ref + R_TAKEN] += d
            m[ref + R_C_TAKEN] += d
            m[p + P_RD] = d
    else:  # a link
        return m[ref + L_BUSY] - m[H_NOW] <= m[o + O_ROOM]
    return True


@inlined
def gates_of(m, w, k):
    """Gate number k of worker w (inputs in order, then the reap ring's used gate), or 0."""
    if k < m[w + W_INPUT_COUNT]:
        i = m[w + W_INPUTS] + INPUT * k
        ref = m[i + I_REF]
        if m[i + I_KIND] == IN_FIFO:
            return ref + F_GATE
        if m[ref + R_REMOTE] != 0 or m[ref + R_MODERATOR] != 0:
            return 0
        if m[i + I_KIND] == IN_RX:
            return ref + R_USED_GATE
        return ref + R_AVAIL_GATE
    ref = m[w + W_REAP_RING]
    if ref == 0 or m[ref + R_REMOTE] != 0 or m[ref + R_MODERATOR] != 0 or m[ref + R_USED_GATE + G_MODE] == NEVER_FIRES:
        return 0
    return ref + R_USED_GATE


@helper
def gate_disable(m, g, backend):
    m[g + G_ENABLED] = 0
    if m[g + G_MODE] == EVENT and backend == 0:
        m[g + G_EVENT] = -1


@helper
def disable_gates(m, w):
    for k in range(m[w + W_INPUT_COUNT] + 1):
        g = gates_of(m, w, k)
        if g != 0:
            gate_disable(m, g, m[w + W_BACKEND])


@helper
def gate_enable(m, g):
    """Ask for the next notification; True if there is work already."""
    owner = m[g + G_OWNER]
    outstanding = 0
    if g == owner + F_GATE:
        consumer = m[owner + F_POPPED]
        published = m[owner + F_PUBLISHED]
    elif g == owner + R_AVAIL_GATE:
        consumer = m[owner + R_TAKEN]
        published = m[owner + R_SENT]
    else:
        consumer = m[owner + R_REAPED]
        published = m[owner + R_USED]
        outstanding = m[owner + R_POSTED] - consumer
    event = consumer
    if m[g + G_NUM] > 0:
        event += outstanding * m[g + G_NUM] // m[g + G_DEN]
    m[g + G_ENABLED] = 1
    m[g + G_EVENT] = event
    return published > event


@helper
def begin(m, w):
    m[w + W_AGAIN] = 0
    m[w + W_SERVED] = 0
    m[w + W_BYTES] = 0
    m[w + W_FIRST] = 1
    m[w + W_REAPED] = 0
    m[w + W_BEGUN] = m[H_NOW]
    m[w + W_C_INVOCATIONS] += 1
    disable_gates(m, w)
    m[w + W_STATE] = RUNNING


@inlined
def take_one(m, w, i, p):
    """Take p, the head of input i, into the worker's hands; returns its own cost."""
    pop_input(m, i)
    stage = m[w + W_NOTIFY_STAGE]
    if stage >= 0:
        x = 0
        if m[i + I_KIND] == IN_RX:
            x = m[m[i + I_REF] + R_MODERATOR]
        if x != 0 and m[p + P_MARK] < m[x + M_LAST]:
            mark(m, p, m[x + M_STAGE], m[x + M_LAST])
        if m[p + P_MARK] < m[w + W_BEGUN]:
            mark(m, p, stage, m[w + W_BEGUN])
    cost = m[w + W_PACKET_PS] + m[w + W_SEGMENT_PS] * (m[p + P_SEGS] - 1)
    if m[w + W_BYTE_FS] != 0:
        cost += (m[w + W_BYTE_FS] * m[p + P_LEN] + 500) // 1000
    if m[w + W_SERVICE] != 0:
        cost += draw(m, m[w + W_SERVICE])
    if turned(m, w, p):
        cost += m[w + W_REPLY_PS]
    m[p + P_OWN] = cost
    append(m, w + W_HEAD, P_NEXT, p)
    m[w + W_TAKEN] += 1
    return cost


@helper
def start_job(m, w, overhead, total):
    """Spread the cost over the job and its packets: the first packet is served the job's rest."""
    z = m[w + W_SPREAD]
    cost = overhead + total
    factor = 1024
    if z != 0:
        factor = draw(m, z)
        cost = (cost * factor + 512) >> 10
    p = m[w + W_HEAD]
    if p != 0:
        first = p
        rest = cost
        p = m[p + P_NEXT]
        while p != 0:
            own = m[p + P_OWN]
            if z != 0:
                own = (own * factor + 512) >> 10
            m[p + P_SERVICE] += own
            rest -= own
            p = m[p + P_NEXT]
        m[first + P_SERVICE] += rest
    m[w + W_PHASE] = PH_WORK
    m[w + W_REST] = cost


@inlined
def next_input(m, w, start):
    """Index of the first input with visible packets, scanning from ``start`` round; -1 if none."""
    if m[w + W_READY] != 0:
        return next_ready(m, w, start)
    count = m[w + W_INPUT_COUNT]
    k = start
    for _ in range(count):
        if k >= count:
            k -= count
        if visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
            return k
        k += 1
    return -1


@helper
def next_ready(m, w, start):
    """The same by the bits of W_READY: a bit is set whenever its input is told of, and cleared when a scan finds the input empty."""
    count = m[w + W_INPUT_COUNT]
    if start >= count:
        start -= count
    k = start
    end = count
    for _ in range(2):
        while k < end:
            bits = m[m[w + W_READY] + k // READY_BITS] >> (k % READY_BITS)
            if bits == 0:
                k += READY_BITS - k % READY_BITS
            elif bits & 1 == 0:
                k += 1 + 7 * (bits & 0xFF == 0)
            elif visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
                return k
            else:
                m[m[w + W_READY] + k // READY_BITS] -= 1 << (k % READY_BITS)
        k = 0
        end = start
    return -1


@helper
def step(m, w):
    """Take packets and start a job (returns -1), or say what is to be done instead."""
    poll_mode = m[w + W_POLL_MODE] != 0
    if not poll_mode and (m[w + W_SERVED] >= m[w + W_BUDGET] or m[w + W_BYTES] >= m[w + W_BUDGET_BYTES]):
        m[w + W_CONTINUE] = DO_BUDGET
        return DO_FLUSH_ALL
    start = 0
    if m[w + W_SCAN] >= 0:
        start = m[w + W_SCAN]
        m[w + W_SCAN] = -1
    elif m[w + W_POLICY] == ROUND_ROBIN:
        start = m[w + W_LAST] + 1
    k = next_input(m, w, start)
    total = 0
    if k >= 0:
        i = m[w + W_INPUTS] + INPUT * k
        while m[w + W_TAKEN] < m[w + W_CHUNK] and (poll_mode or m[w + W_SERVED] + m[w + W_TAKEN] < m[w + W_BUDGET]) and visible(m, i) > 0:
            p = head_of(m, i)
            o = select(m, w, p)
            if not has_room(m, o, p, True):
                break
            m[p + P_OUT] = o
            total += take_one(m, w, i, p)
        if m[w + W_TAKEN] == 0:
            m[w + W_BLOCKED] = k
            m[w + W_CONTINUE] = DO_PARK
            return DO_FLUSH_ALL
        m[w + W_LAST] = k
    elif m[w + W_FIRST] == 0 or poll_mode:
        m[w + W_CONTINUE] = DO_REARM
        if poll_mode:
            m[w + W_CONTINUE] = DO_IDLE_POLL
        return DO_FLUSH_ALL
    overhead = 0
    if m[w + W_FIRST] != 0:
        overhead = m[w + W_POLL_PS]
    if m[w + W_REAP_RING] != 0 and (m[w + W_FIRST] != 0 or poll_mode):
        k = reap(m, m[w + W_REAP_RING])
        m[w + W_REAPED] += k
        overhead += k * m[w + W_REAP_PS]
    if m[w + W_TAKEN] > 0:
        overhead += m[w + W_BATCH_PS]
    m[w + W_FIRST] = 0
    start_job(m, w, overhead, total)
    return -1


@helper
def publish_output(m, w, o, all_of_it):
    """Publish what output o holds back; 1 if its gate fires."""
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    every = m[o + O_EVERY]
    if all_of_it:
        every = 1
    if kind == OUT_FIFO:
        if m[ref + F_PUSHED] - m[ref + F_PUBLISHED] >= every and fifo_publish(m, ref):
            return 1
    elif kind == OUT_POST:
        if m[ref + R_POSTED] - m[ref + R_SENT] >= every and avail_publish(m, ref):
            return 1
    elif kind == OUT_FILL:
        if m[ref + R_DONE] - m[ref + R_USED] >= every and used_publish(m, ref):
            return 1
    return 0


@inlined
def note(m, w, k):
    """Remember notify k, which is not pending."""
    m[w + W_NOTES + k // NOTE_BITS] += 1 << (k % NOTE_BITS)


@helper
def flush(m, w, all_of_it):
    m[w + W_NOTES] = m[w + W_NOTES_1] = m[w + W_NOTES_2] = m[w + W_NOTES_3] = 0
    outputs = m[w + W_OUTPUT_COUNT]
    for k in range(outputs):
        if publish_output(m, w, m[w + W_OUTPUTS] + OUTPUT * k, all_of_it):
            note(m, w, k)
    r = m[w + W_REFILL_RING]
    if r != 0 and m[w + W_CREDIT] > 0 and (all_of_it or m[w + W_CREDIT] >= m[w + W_REFILL_CHUNK]):
        m[w + W_CREDIT] = 0
        free = m[r + R_FREED] + m[r + R_SIZE] - m[r + R_POSTED]
        if free > m[w + W_REFILL_ABOVE]:
            m[r + R_POSTED] += free
            m[r + R_C_POSTED] += free
        if avail_publish(m, r):
            note(m, w, outputs)
    for k in range(m[w + W_INPUT_COUNT]):
        i = m[w + W_INPUTS] + INPUT * k
        r = m[i + I_REF]
        if m[i + I_KIND] == IN_TX and m[r + R_REMOTE] == 0:
            if (all_of_it or m[r + R_DONE] - m[r + R_USED] >= m[i + I_EVERY]) and used_publish(m, r):
                note(m, w, outputs + 1 + k)
    if m[w + W_MODERATOR] != 0 and moderator_settle(m, m[w + W_MODERATOR]):
        note(m, w, outputs + 1 + m[w + W_INPUT_COUNT])


@inlined
def noted(m, w):
    return m[w + W_NOTES] | m[w + W_NOTES_1] | m[w + W_NOTES_2] | m[w + W_NOTES_3]


@inlined
def note_gate(m, w, k):
    """The gate behind notify bit k: outputs, then the refill, then the used sides of tx inputs, then the worker's moderator."""
    outputs = m[w + W_OUTPUT_COUNT]
    if k < outputs:
        o = m[w + W_OUTPUTS] + OUTPUT * k
        ref = m[o + O_REF]
        if m[o + O_KIND] == OUT_FIFO:
            return ref + F_GATE
        if m[o + O_KIND] == OUT_POST:
            return ref + R_AVAIL_GATE
        return used_gate(m, ref)
    if k == outputs:
        return m[w + W_REFILL_RING] + R_AVAIL_GATE
    k -= outputs + 1
    if k < m[w + W_INPUT_COUNT]:
        return used_gate(m, m[m[w + W_INPUTS] + INPUT * k + I_REF])
    return m[w + W_MODERATOR] + M_GATE


@inlined
def used_gate(m, r):
    """What a fired used gate costs and does: of a moderated ring, its moderator says."""
    if m[r + R_USED_GATE + G_MODE] == MODERATED:
        return m[r + R_MODERATOR] + M_GATE
    return r + R_USED_GATE


@helper
def next_note(m, w):
    """Start the job of the next fired gate."""
    word = 0
    while m[w + W_NOTES + word] == 0:
        word += 1
    notes = m[w + W_NOTES + word]
    k = 0
    while (notes >> k) & 1 == 0:
        k += 1
    m[w + W_NOTES + word] = notes - (1 << k)
    g = note_gate(m, w, word * NOTE_BITS + k)
    m[w + W_PHASE] = PH_NOTIFY
    if m[g + G_EXIT] >= 0:
        v = m[w + W_ON]
        if m[w + W_KIND] == TASK:
            v = m[v + T_EXECUTOR]
        access(m, v, g)
        m[w + W_NOTE] = 0
        m[w + W_REST] = 0
    else:
        m[w + W_NOTE] = g
        m[w + W_REST] = m[g + G_COST]


@helper
def park(m, w):
    """Wait for room at the output of the blocked head, unless there is room now; True if parked."""
    p = head_of(m, m[w + W_INPUTS] + INPUT * m[w + W_BLOCKED])
    o = select(m, w, p)
    if has_room(m, o, p, False):
        return False
    ref = m[o + O_REF]
    waiters = ref + R_WAIT_HEAD
    if m[o + O_KIND] == OUT_FIFO:
        waiters = ref + F_WAIT_HEAD
    elif m[o + O_KIND] == OUT_FILL:
        m[ref + R_AVAIL_GATE + G_ENABLED] = 1
        m[ref + R_AVAIL_GATE + G_EVENT] = m[ref + R_SENT]
    m[w + W_STATE] = PARKED
    m[w + W_C_PARKED] += 1
    end_invocation(m, w, False)
    append(m, waiters, W_NEXT, w)
    return True


@helper
def advance(m, w, what):
    """Carry a software worker on until it has a job, sleeps, or waits."""
    while what >= 0:
        if what == DO_STEP:
            what = step(m, w)
        elif what == DO_FLUSH_DUE:
            flush(m, w, False)
            m[w + W_CONTINUE] = DO_STEP
            what = DO_NOTIFY
        elif what == DO_FLUSH_ALL:
            flush(m, w, True)
            what = DO_NOTIFY
        elif what == DO_NOTIFY:
            if noted(m, w) != 0:
                next_note(m, w)
                return
            what = m[w + W_CONTINUE]
        elif what == DO_PARK:
            if park(m, w):
                return
            what = DO_STEP
        elif what == DO_BUDGET:
            if m[w + W_KIND] == SOFT or next_input(m, w, 0) >= 0:
                end_invocation(m, w, True)
                return
            what = DO_REARM
        elif what == DO_REARM:
            m[w + W_PHASE] = PH_REARM
            m[w + W_REST] = m[w + W_REARM_PS]
            return
        else:
            m[w + W_STATE] = POLLING
            m[w + W_T0] = m[H_NOW]
            tell_visible(m, w)
            return


@helper
def rearmed(m, w):
    """Enable all gates and look again: what arrived before the enabling would otherwise be stranded."""
    count = m[w + W_INPUT_COUNT] + 1
    found = False
    for k in range(count):
        g = gates_of(m, w, k)
        if g != 0 and gate_enable(m, g):
            found = True
    if found:
        disable_gates(m, w)
        if m[w + W_INPLACE] != 0:
            advance(m, w, DO_STEP)
        else:
            requeue(m, w)
        return
    unmask(m, w)
    if m[w + W_UNMASK_COUNT] > 0:
        m[w + W_PHASE] = PH_UNMASK
        m[w + W_REST] = 0
    else:
        unmasked(m, w)


@helper
def unmasked(m, w):
    """End the invocation, unless an interrupt came meanwhile."""
    if m[w + W_AGAIN] != 0:
        requeue(m, w)
        return
    if m[w + W_SERVED] == 0 and m[w + W_REAPED] == 0:
        m[w + W_C_EMPTY] += 1
    m[w + W_STATE] = IDLE
    end_invocation(m, w, False)


@inlined
def moderator_of(m, w, k):
    r = m[w + W_REAP_RING]
    if k < m[w + W_INPUT_COUNT]:
        i = m[w + W_INPUTS] + INPUT * k
        r = m[i + I_REF]
        if m[i + I_KIND] == IN_FIFO:
            r = 0
    if r == 0:
        return 0
    return m[r + R_MODERATOR]


@helper
def unmask(m, w):
    """One posted write per distinct vector: its moderator may fire again when the write arrives. An emulated device's traps."""
    if m[w + W_UNMASK_COUNT] > 0:
        v = m[w + W_ON]
        if m[w + W_KIND] == TASK:
            v = m[v + T_EXECUTOR]
        for k in range(m[w + W_UNMASK_COUNT]):
            access(m, v, m[w + W_UNMASK] + GATE * k)
        return
    for k in range(m[w + W_INPUT_COUNT] + 1):
        x = moderator_of(m, w, k)
        for j in range(k):
            if moderator_of(m, w, j) == x:
                x = 0
        if x != 0 and m[x + M_WORKER] == 0:
            if m[x + M_DMA] == 0:
                moderator_rearm(m, x)
            else:
                send_item(m, m[m[x + M_DMA] + D_DOWN], IT_UNMASK, x, 0, m[x + M_UNMASK_BYTES])


@helper
def emit_all(m, w):
    """The job's packets take effect, in order."""
    m[w + W_TAKEN] = 0
    while m[w + W_HEAD] != 0:
        p = take_head(m, w + W_HEAD, P_NEXT)
        m[w + W_SERVED] += 1
        m[w + W_C_SERVED] += 1
        m[w + W_BYTES] += m[p + P_LEN]
        m[w + W_CREDIT] += 1
        mark(m, p, m[w + W_STAGE], m[H_NOW])
        r = m[p + P_RING]
        if r != 0 and m[r + R_REMOTE] == 0:
            tx_done(m, p)
            if m[w + W_KIND] == HW and used_publish(m, r):
                effect(m, r + R_USED_GATE)
        emit(m, w, m[p + P_OUT], p)


@helper
def emit(m, w, o, p):
    if o == 0:
        y = m[w + W_SWITCH]
        m[y + Y_C_DROPPED] += 1
        drop(m, p, m[y + Y_PLACE])
        return
    if turned(m, w, p):
        if m[p + P_KIND] == DATA:
            record(m, m[m[w + W_OUTPUTS] + O_REF], p)
        turn(m, p)
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    drops = m[o + O_DROP] != 0
    if kind == OUT_FIFO:
        reserved = not drops and m[ref + F_BLOCK] != 0
        if m[w + W_KIND] == HW:
            fifo_arrive(m, ref, p, reserved)
        else:
            fifo_push(m, ref, p, reserved)
    elif kind == OUT_POST:
        if drops:
            m[p + P_RD] = tx_descriptors(m, ref, p)
            if m[ref + R_FREE] < m[p + P_RD]:
                m[ref + R_C_DROPPED] += 1
                drop(m, p, m[ref + R_PLACE])
                return
            m[ref + R_FREE] -= m[p + P_RD]
        post(m, ref, p)
    elif kind == OUT_FILL or kind == OUT_DMA_WRITE:
        if drops:
            m[p + P_RD] = rx_descriptors(m, ref, p)
            if m[ref + R_AVAIL] - m[ref + R_TAKEN] < m[p + P_RD]:
                m[ref + R_C_DROPPED] += 1
                drop(m, p, m[ref + R_PLACE])
                return
            m[ref + R_TAKEN] += m[p + P_RD]
            m[ref + R_C_TAKEN] += m[p + P_RD]
        m[p + P_BUFFERS] = m[p + P_RD]
        if kind == OUT_FILL:
            complete_rx(m, ref, p)
        else:
            dma_write(m, ref, p)
    elif kind == OUT_LINK:
        if m[p + P_RING] != 0:
            tx_done(m, p)
        send_packet(m, ref, p)
    elif kind == OUT_DMA_READ:
        dma_read(m, ref, READ_DATA, m[o + O_FIFO], m[p + P_LEN], 0, p)
    else:
        if m[p + P_RING] != 0:
            tx_done(m, p)
        deliver(m, ref, p)


@helper
def post(m, r, p):
    m[p + P_RING] = r
    m[p + P_D] = m[p + P_RD]
    append(m, r + R_HEAD, P_NEXT, p)
    m[r + R_POSTED] += 1
    m[r + R_C_POSTED] += 1
    meter(m, r + R_METER, 1)
    log(m, EV_POST, m[r + R_PLACE], m[p + P_ID])


@helper
def dma_write(m, r, p):
    """The device writes p and its descriptor into host memory; the completion event follows the write on the same FIFO."""
    if m[p + P_RING] != 0:
        tx_done(m, p)
    d = m[r + R_DMA]
    segs = m[p + P_SEGS]
    total = m[p + P_LEN] + (segs - 1) * m[d + D_HEADER]
    n = new_node(m, IT_WRITE_RX, 0)
    m[n + N_A] = r
    m[n + N_P] = p
    link_send(m, m[d + D_UP], n, segs * (24 * ceil_div(ceil_div(total, segs), m[d + D_MPS]) + 24 + m[r + R_WB_BYTES]) + total)
    if m[r + R_MODERATOR] != 0:
        moderator_event(m, m[r + R_MODERATOR], 1)


@helper
def job_end(m, w):
    phase = m[w + W_PHASE]
    if phase == PH_WORK:
        emit_all(m, w)
        advance(m, w, DO_FLUSH_DUE)
    elif phase == PH_WAKE:
        begin(m, w)
        advance(m, w, DO_STEP)
    elif phase == PH_RESUME:
        m[w + W_STATE] = RUNNING
        advance(m, w, DO_STEP)
    elif phase == PH_NOTIFY:
        g = m[w + W_NOTE]
        if g != 0:
            effect(m, g)
        advance(m, w, DO_NOTIFY)
    elif phase == PH_REARM:
        rearmed(m, w)
    else:
        unmasked(m, w)


@helper
def restart(m, w):
    """A poll-mode worker has the core again: its pass starts now."""
    m[w + W_T0] = m[H_NOW]
    tell_visible(m, w)


@helper
def tell_visible(m, w):
    for k in range(m[w + W_INPUT_COUNT]):
        if visible(m, m[w + W_INPUTS] + INPUT * k) > 0:
            tell(m, w, k)


@helper
def poll_examine(m, w):
    c = m[w + W_CORE]
    if m[w + W_STATE] != POLLING or m[c + E_LEAF] != LEAF_PMD or m[c + E_LEAF_REF] != w:
        return
    sync(m, c)
    loop = m[w + W_LOOP]
    since = m[H_NOW] - m[w + W_T0]
    scan = 0
    if loop > 0:
        count = m[w + W_INPUT_COUNT]
        for k in range(count - 1, -1, -1):
            offset = loop * k // count
            if since >= offset and (since - offset) % loop == 0:
                scan = k
    if next_input(m, w, scan) < 0:
        return
    m[w + W_SCAN] = scan
    m[w + W_STATE] = RUNNING
    m[w + W_FIRST] = 1
    m[w + W_BEGUN] = m[H_NOW]
    m[w + W_C_INVOCATIONS] += 1
    advance(m, w, DO_STEP)
    kick(m, c)


# ---------------------------------------------------------------- 10. hardware engines
@helper
def hardware_park(m, w, o):
    """No room at output o: wait for it. A link frees itself, everything else resumes its waiters."""
    kind = m[o + O_KIND]
    ref = m[o + O_REF]
    k = 0
    if kind == OUT_LINK:
        k = ref
    elif kind == OUT_DMA_WRITE:
        k = m[m[ref + R_DMA] + D_UP]
    if k != 0 and m[k + L_BUSY] - m[H_NOW] > m[o + O_ROOM]:
        m[w + W_STATE] = IDLE
        arm_min(m, m[w + W_EXAM], m[k + L_BUSY] - m[o + O_ROOM])
        return
    m[w + W_STATE] = PARKED
    m[w + W_C_PARKED] += 1
    waiters = ref + R_WAIT_HEAD
    if kind == OUT_FIFO:
        waiters = ref + F_WAIT_HEAD
    elif kind == OUT_DMA_READ:
        waiters = m[o + O_FIFO] + F_WAIT_HEAD
    append(m, waiters, W_NEXT, w)


@inlined
def conforms(m, i):
    return m[i + I_RATE] == 0 or m[H_NOW] >= m[i + I_TAT] - m[i + I_TAU]


@inlined
def choose_conforming(m, w, start):
    count = m[w + W_INPUT_COUNT]
    k = start
    for _ in range(count):
        if k >= count:
            k -= count
        i = m[w + W_INPUTS] + INPUT * k
        if visible(m, i) > 0 and conforms(m, i):
            return k
        k += 1
    return -1


@inlined
def choose_drr(m, w):
    """Deficit round robin over eligible inputs; W_LAST is the pointer, W_FRESH tells that its quantum was given in this visit."""
    count = m[w + W_INPUT_COUNT]
    if m[w + W_LAST] < 0:
        m[w + W_LAST] = 0
    idle = 0
    while idle < count:
        i = m[w + W_INPUTS] + INPUT * m[w + W_LAST]
        if visible(m, i) == 0:
            m[i + I_DEFICIT] = 0
            idle += 1
        elif not conforms(m, i):
            idle += 1
        else:
            idle = 0
            if m[w + W_FRESH] == 0:
                m[i + I_DEFICIT] += m[w + W_QUANTUM] * m[i + I_WEIGHT]
                m[w + W_FRESH] = 1
            size = m[head_of(m, i) + P_LEN]
            if size <= m[i + I_DEFICIT]:
                return m[w + W_LAST]
        m[w + W_FRESH] = 0
        m[w + W_LAST] += 1
        if m[w + W_LAST] == count:
            m[w + W_LAST] = 0
    return -1


@helper
def hardware_idle(m, w):
    m[w + W_STATE] = IDLE
    if m[w + W_SHAPED] != 0:
        due = INF
        for k in range(m[w + W_INPUT_COUNT]):
            i = m[w + W_INPUTS] + INPUT * k
            if m[i + I_RATE] > 0 and visible(m, i) > 0:
                due = min(due, m[i + I_TAT] - m[i + I_TAU])
        if due != INF:
            arm_min(m, m[w + W_EXAM], due)


@helper
def hardware_step(m, w):
    m[w + W_STATE] = IDLE
    policy = m[w + W_POLICY]
    start = 0
    if policy == ROUND_ROBIN:
        start = m[w + W_LAST] + 1
    k = next_input(m, w, start)
    if k < 0:
        if policy == DRR:
            choose_drr(m, w)
        return
    o = m[w + W_OUTPUTS]
    # without deficits and shapers choosing changes nothing: one look at the room, below, is enough
    if m[w + W_SELECT] == BY_FIRST and (policy == DRR or m[w + W_SHAPED] != 0) and not has_room(m, o, 0, False):
        hardware_park(m, w, o)
        return
    if policy == DRR:
        k = choose_drr(m, w)
    elif m[w + W_SHAPED] != 0:
        k = choose_conforming(m, w, start)
    if k < 0:
        hardware_idle(m, w)
        return
    i = m[w + W_INPUTS] + INPUT * k
    p = head_of(m, i)
    if m[w + W_SELECT] != BY_FIRST:
        o = select(m, w, p)
    if not has_room(m, o, p, True):
        hardware_park(m, w, o)
        return
    if policy == DRR:
        m[i + I_DEFICIT] -= m[p + P_LEN]
    else:
        m[w + W_LAST] = k
    m[p + P_OUT] = o
    if m[i + I_RATE] > 0:
        bits = (m[p + P_LEN] + m[i + I_OVERHEAD]) * 8
        m[i + I_TAT] = max(m[H_NOW], m[i + I_TAT]) + bits * 1_000_000_000_000 // m[i + I_RATE]
    m[w + W_STATE] = RUNNING
    cost = take_one(m, w, i, p)
    start_job(m, w, m[w + W_BATCH_PS], cost)
    arm(m, m[w + W_SLOT], m[H_NOW] + m[w + W_REST])


@helper
def on_hardware(m, w):
    emit_all(m, w)
    hardware_step(m, w)


@helper
def on_examination(m, w):
    if m[w + W_KIND] != HW:
        poll_examine(m, w)
    elif m[w + W_STATE] == IDLE:
        hardware_step(m, w)


# ---------------------------------------------------------------- 11. endpoints
@helper
def new_packet(m, s):
    p = m[H_PACKETS]
    m[H_PACKETS] = m[p + P_NEXT]
    m[H_PACKETS_FREE] -= 1
    m[H_ALIVE] += 1
    for k in range(P_STAGES + 2 * m[H_STAGES]):
        m[p + k] = 0
    m[p + P_ID] = m[H_NEXT_ID]
    m[H_NEXT_ID] += 1
    m[p + P_SOURCE] = s
    m[p + P_SEQ] = m[s + S_NEXT_SEQ]
    m[s + S_NEXT_SEQ] += 1
    m[p + P_LEN] = draw(m, m[s + S_SIZE])
    m[p + P_FLOW] = draw(m, m[s + S_FLOW])
    m[p + P_DST] = draw(m, m[s + S_DST])
    m[p + P_VLAN] = m[s + S_VLAN]
    m[p + P_SEGS] = 1
    if m[s + S_SEGMENT] > 0:
        m[p + P_SEGS] = max(1, ceil_div(m[p + P_LEN], m[s + S_SEGMENT]))
    m[p + P_BORN] = m[H_NOW]
    m[p + P_MARK] = m[H_NOW]
    m[s + S_C_OFFERED] += 1
    m[s + S_C_BYTES] += m[p + P_LEN]
    return p


@inlined
def launch(m, s, p):
    target = m[s + S_TARGET]
    if m[s + S_TARGET_KIND] == TO_FIFO:
        fifo_arrive(m, target, p, False)
    elif m[target + L_BUSY] - m[H_NOW] > m[s + S_BACKLOG]:
        m[s + S_C_DROPPED] += 1
        drop(m, p, m[s + S_PLACE])
    else:
        send_packet(m, target, p)


@inlined
def may_send(m, s, t):
    return t < m[s + S_STOP] and m[s + S_NEXT_SEQ] < m[s + S_MAX]


@helper
def on_source(m, s):
    now = m[H_NOW]
    kind = m[s + S_KIND]
    p = new_packet(m, s)
    if kind == OPEN:
        launch(m, s, p)
        t = now + draw(m, m[s + S_GAP])
        if may_send(m, s, t):
            arm(m, m[s + S_SLOT], t)
    elif kind == RR:
        m[p + P_KIND] = REQ
        launch(m, s, p)
        arm(m, m[s + S_TIMER], now + m[s + S_TIMEOUT])
    else:
        sent = m[s + S_NEXT_SEQ]
        if sent % m[s + S_ACK_EVERY] == 0 or sent - m[s + S_ACKED] >= m[s + S_CWND]:
            m[p + P_FLAG] = 1
        launch(m, s, p)
        arm_min(m, m[s + S_TIMER], now + m[s + S_TIMEOUT])
        window_open(m, s)


@inlined
def window_open(m, s):
    if m[s + S_NEXT_SEQ] - m[s + S_ACKED] < m[s + S_CWND] and may_send(m, s, m[H_NOW]):
        arm(m, m[s + S_SLOT], m[H_NOW])


@helper
def on_timeout(m, s):
    m[s + S_C_TIMEOUTS] += 1
    if m[s + S_KIND] == RR:
        if may_send(m, s, m[H_NOW]):
            arm(m, m[s + S_SLOT], m[H_NOW])
        return
    m[s + S_ACKED] = m[s + S_NEXT_SEQ]
    m[s + S_CWND] = max(1, m[s + S_CWND] // 2)
    m[s + S_RECOVER] = m[s + S_NEXT_SEQ]
    window_open(m, s)


@helper
def answered(m, s, seq):
    """A response reached its source."""
    if m[s + S_KIND] == RR and seq == m[s + S_NEXT_SEQ] - 1:
        disarm(m, m[s + S_TIMER])
        t = m[H_NOW]
        if m[s + S_THINK] != 0:
            t += draw(m, m[s + S_THINK])
        if may_send(m, s, t):
            arm(m, m[s + S_SLOT], t)


@helper
def acknowledged(m, s, seq, received):
    sent = m[s + S_NEXT_SEQ]
    if seq + 1 > m[s + S_ACKED]:
        m[s + S_ACKED] = seq + 1
        if sent > m[s + S_ACKED]:
            arm(m, m[s + S_TIMER], m[H_NOW] + m[s + S_TIMEOUT])
        else:
            disarm(m, m[s + S_TIMER])
    lost = seq + 1 - received
    if lost > m[s + S_LOST]:
        m[s + S_LOST] = lost
        if seq >= m[s + S_RECOVER]:
            m[s + S_CWND] = max(1, m[s + S_CWND] // 2)
            m[s + S_RECOVER] = sent
    elif m[s + S_ACKED] >= m[s + S_ROUND]:
        m[s + S_CWND] = min(m[s + S_WINDOW], m[s + S_CWND] + 1)
        m[s + S_ROUND] = sent
    window_open(m, s)


@helper
def turn(m, p):
    """A request becomes its response, flagged data its acknowledgement."""
    s = m[p + P_SOURCE]
    m[p + P_DST] = m[s + S_REPLY_DST]
    m[p + P_SEGS] = 1
    if m[p + P_KIND] == REQ:
        m[p + P_KIND] = RESP
        m[p + P_LEN] = m[s + S_RESPONSE]
    else:
        m[p + P_KIND] = ACK
        m[p + P_LEN] = 60
        m[p + P_AUX] = m[s + S_RECEIVED]


@inlined
def bucket(v):
    """Histogram bucket of v: exact below 128, then 128 per octave."""
    shift = 0
    x = v >> 8
    if x >= 1 << 32:
        shift += 32
        x >>= 32
    if x >= 1 << 16:
        shift += 16
        x >>= 16
    if x >= 1 << 8:
        shift += 8
        x >>= 8
    if x >= 1 << 4:
        shift += 4
        x >>= 4
    if x >= 1 << 2:
        shift += 2
        x >>= 2
    if x >= 2:
        shift += 1
        x >>= 1
    shift += x
    return 128 * shift + (v >> shift)


@helper
def record(m, k, p):
    """Count a packet that has reached its reader."""
    latency = m[H_NOW] - m[p + P_BORN]
    m[k + K_COUNT] += 1
    m[k + K_BYTES] += m[p + P_LEN]
    if m[k + K_MINIMUM] < 0 or latency < m[k + K_MINIMUM]:
        m[k + K_MINIMUM] = latency
    if latency > m[k + K_MAXIMUM]:
        m[k + K_MAXIMUM] = latency
    add_wide(m, k + K_SUM, latency)
    m[m[k + K_HISTOGRAM] + bucket(latency)] += 1
    for i in range(2 * m[H_STAGES]):
        add_wide(m, m[k + K_STAGES] + 2 * i, m[p + P_STAGES + i])
    log(m, EV_DELIVER, m[k + K_PLACE], m[p + P_ID])
    if m[p + P_KIND] == DATA:
        s = m[p + P_SOURCE]
        m[s + S_RECEIVED] += 1
        m[s + S_C_RECEIVED] += 1


@helper
def deliver(m, k, p):
    kind = m[p + P_KIND]
    reply = m[k + K_REPLY]
    if kind == REQ:
        if reply == 0:
            m[H_ERROR] = E_REQUEST
            m[H_ERROR_AT] = m[k + K_PLACE]
            return
        turn(m, p)
        send_packet(m, reply, p)
        return
    if kind == ACK:
        m[k + K_ACKS] += 1
        log(m, EV_DELIVER, m[k + K_PLACE], m[p + P_ID])
        acknowledged(m, m[p + P_SOURCE], m[p + P_SEQ], m[p + P_AUX])
    else:
        record(m, k, p)
        if kind == DATA and m[p + P_FLAG] != 0 and reply != 0:
            turn(m, p)
            send_packet(m, reply, p)
            return
        if kind == RESP:
            answered(m, m[p + P_SOURCE], m[p + P_SEQ])
    free_packet(m, p)


# ---------------------------------------------------------------- 12. main loop
@helper
def on_link(m, k):
    n = take_head(m, k + L_HEAD, N_NEXT)
    if m[k + L_HEAD] != 0:
        arm(m, m[k + L_SLOT], m[m[k + L_HEAD] + N_TIME])
    kind = m[n + N_KIND]
    a = m[n + N_A]
    p = m[n + N_P]
    if kind == IT_READ_REQ:
        memory_request(m, a, n)
        return
    if kind == IT_READ_CPL:
        read_completed(m, a, n)
        return
    b = m[n + N_B]
    c = m[n + N_C]
    free_node(m, n)
    if kind == IT_PACKET:
        mark(m, p, m[k + L_STAGE], m[H_NOW])
        if m[k + L_TARGET_KIND] == TO_FIFO:
            fifo_arrive(m, m[k + L_TARGET], p, False)
        elif m[k + L_TARGET_KIND] == TO_LINK:
            send_packet(m, m[k + L_TARGET], p)
        else:
            deliver(m, m[k + L_TARGET], p)
    elif kind == IT_WRITE_RX:
        mark(m, p, m[k + L_STAGE], m[H_NOW])
        complete_rx(m, a, p)
        if used_publish(m, a):
            effect(m, a + R_USED_GATE)
    elif kind == IT_WRITE_TX:
        tx_completed(m, a, b, c)
        if used_publish(m, a):
            effect(m, a + R_USED_GATE)
    elif kind == IT_MSI:
        arm(m, m[m[a + M_ROUTE] + Q_SLOT], m[H_NOW])
    elif kind == IT_UNMASK:
        moderator_rearm(m, a)
    else:
        doorbell(m, a, b)


@helper
def doorbell(m, r, index):
    fresh = index - m[r + R_AVAIL]
    m[r + R_AVAIL] = index
    if m[r + R_KIND] == TX:
        if m[r + R_FETCH_MAX] > 0:
            try_fetch(m, r)
        else:
            m[r + R_FETCHED] = index
        if m[r + R_POLLER] != 0:
            tell(m, m[r + R_POLLER], m[r + R_POLLER_INPUT])
        return
    if m[r + R_DESC_BYTES] > 0:
        piece = max(1, m[r + R_FETCH_MAX])
        while fresh > 0:
            count = min(piece, fresh)
            dma_read(m, m[r + R_DMA], READ_RXDESC, 0, count * m[r + R_DESC_BYTES], count, 0)
            fresh -= count
    resume_first(m, r + R_WAIT_HEAD)


@helper
def memory_request(m, d, n):
    cost = spread(m, m[d + D_MEMORY], m[d + D_SPREAD])
    ready = max(m[d + D_READY], m[H_NOW] + cost)
    m[d + D_READY] = ready
    if m[n + N_P] != 0:
        m[m[n + N_P] + P_SERVICE] += cost
    m[n + N_TIME] = ready
    if m[d + D_MEM_HEAD] == 0:
        arm(m, m[d + D_SLOT], ready)
    append(m, d + D_MEM_HEAD, N_NEXT, n)


@helper
def on_memory(m, d):
    n = take_head(m, d + D_MEM_HEAD, N_NEXT)
    if m[d + D_MEM_HEAD] != 0:
        arm(m, m[d + D_SLOT], m[m[d + D_MEM_HEAD] + N_TIME])
    m[n + N_KIND] = IT_READ_CPL
    size = m[n + N_C]
    link_send(m, m[d + D_DOWN], n, 20 * ceil_div(size, m[d + D_COMPLETION]) + size)


@helper
def read_completed(m, d, n):
    m[d + D_OUTSTANDING] -= 1
    if m[d + D_WAIT_HEAD] != 0:
        dma_issue(m, d, take_head(m, d + D_WAIT_HEAD, N_NEXT))
    kind = m[n + N_READ] & 3
    count = m[n + N_READ] >> 2
    target = m[n + N_B]
    p = m[n + N_P]
    free_node(m, n)
    if kind == READ_DESC:
        m[target + R_FETCHED] += count
        m[target + R_FETCH_BUSY] = 0
        try_fetch(m, target)
        if m[target + R_POLLER] != 0:
            tell(m, m[target + R_POLLER], m[target + R_POLLER_INPUT])
    elif kind == READ_DATA:
        mark(m, p, m[d + D_STAGE], m[H_NOW])
        fifo_arrive(m, target, p, True)


@helper
def handle(m, kind, ref):
    if kind == ON_CORE:
        on_core(m, ref)
    elif kind == ON_LINK:
        on_link(m, ref)
    elif kind == ON_HARDWARE:
        on_hardware(m, ref)
    elif kind == ON_EXAMINATION:
        on_examination(m, ref)
    elif kind == ON_SOURCE:
        on_source(m, ref)
    elif kind == ON_MEMORY:
        on_memory(m, ref)
    elif kind == ON_MODERATOR:
        on_moderator(m, ref)
    elif kind == ON_ROUTE:
        on_route(m, ref)
    elif kind == ON_HALT_POLL:
        on_halt_poll(m, ref)
    elif kind == ON_TICK:
        on_tick(m, ref)
    else:
        on_timeout(m, ref)


@helper
def settle(m, until):
    """Let core seconds and ring integrals include the time up to ``until``."""
    if until > m[H_NOW]:
        m[H_NOW] = until
    for i in range(m[H_CORE_COUNT]):
        sync(m, m[m[H_CORES] + i])
    for i in range(m[H_METER_COUNT]):
        meter(m, m[m[H_METERS] + i], 0)
    for i in range(m[H_LOCK_COUNT]):
        u = m[H_LOCKS] + LOCK * i
        if m[u + U_OWNER] != 0:
            m[u + U_C_HELD] += m[H_NOW] - m[u + U_SINCE]
            m[u + U_SINCE] = m[H_NOW]


@entry
def run(m, until):
    """Handle every armed slot with time <= until; returns a status, see DONE and its followers."""
    times = m[H_TIMES]
    tree = m[H_TREE]
    kinds = m[H_KINDS]
    refs = m[H_REFS]
    margin = m[H_MARGIN]
    while True:
        if m[H_NODES_FREE] < margin or m[H_PACKETS_FREE] < 4:
            return NEED_MEMORY
        if m[H_REFILL] != 0:
            return NEED_DRAWS
        if m[H_LOG_CAPACITY] > 0 and m[H_LOG_COUNT] + 4 * margin > m[H_LOG_CAPACITY]:
            return NEED_LOG
        slot = m[tree + 2]
        t = m[tree + 3]
        if m[H_SOON_COUNT] != 0:
            due = m[m[H_SOON]]
            if m[H_SOON_COUNT] == 1 and t > m[H_NOW] and m[times + 2 * due] == m[H_NOW]:
                m[H_SOON_COUNT] = 0
            else:
                due = take_soon(m, slot, t)
            if due >= 0:
                slot = due
                t = m[H_NOW]
        if t > until:
            settle(m, until)
            return DONE
        if t > m[H_NOW]:
            m[H_NOW] = t
            m[H_RUNS] = 0
        m[H_RUNS] += 1
        m[H_HANDLED] += 1
        m[times + 2 * slot] = INF
        handle(m, m[kinds + slot], m[refs + slot])
        if m[times + 2 * slot] == INF:
            rise(m, slot)
        if m[H_RUNS] > 1_000_000:
            m[H_ERROR] = E_ZERO_TIME
            m[H_ERROR_AT] = slot
        if m[H_ERROR] != 0:
            return FAILED
