"""What drivers do to the intervals of a vector at the end of a poll, judged by what the poll has seen.

A word of the size rules is its delay, plus 32768 in latency mode. Direction 0 is received packets, 1 sent ones; two words that belong to
the directions stand side by side.

*Scope*: the rules of ``docs/reference/plan.md`` 6.1; times in rules are whole microseconds. *Validation*: conformance vectors of each rule.
"""

from __future__ import annotations

from simulator.engines.compiled.jit import helper, inlined
from simulator.engines.compiled.kernel.clock.arithmetic import ceil_div
from simulator.engines.compiled.kernel.clock.world import H_NOW
from simulator.engines.compiled.kernel.interrupts.moderators import (
    M_FIRES, M_FRAMES, M_INTERVAL, M_RULE, M_RX_BYTES, M_RX_PACKETS, M_TX_BYTES, M_TX_FRAMES, M_TX_INTERVAL, M_TX_PACKETS,
)

# rule: what it is, four numbers of it, what it remembers; the profiles of dim stand behind all that
A_KIND, A_LEAST, A_MOST, A_DIVISOR, A_JIFFY, A_TARGET, A_TARGET_TX, A_CURRENT, A_CURRENT_TX, A_COUNTDOWN, A_NEXT, A_NEXT_TX = range(12)
A_VECTOR, A_CLASS, A_CLASS_TX = A_COUNTDOWN, A_CURRENT, A_CURRENT_TX
A_CLIMBERS = 12
RULE_SIZE, RULE_SIZE_VECTOR, RULE_CLASSES, RULE_DIM = range(1, 5)
LATENCY = 32768
US = 1_000_000
# a direction's search among the profiles of dim
(
    J_PROFILE, J_STARTED, J_FIRED, J_PACKETS, J_BYTES, J_TIME, J_TUNE, J_LEFT, J_RIGHT, J_TIRED, J_BPS, J_PPS, J_EPS,
) = range(13)  # fmt: skip
CLIMBER = 13
A_PROFILES = A_CLIMBERS + 2 * CLIMBER
PROFILES = 5
RULE = A_PROFILES + 4 * PROFILES
TOP, TIRED, LEFTWARD, RIGHTWARD = range(4)
WORSE, SAME, BETTER = range(3)


@inlined
def seen_packets(m, x, d):
    if d == 0:
        return m[x + M_RX_PACKETS]
    return m[x + M_TX_PACKETS]


@inlined
def seen_bytes(m, x, d):
    if d == 0:
        return m[x + M_RX_BYTES]
    return m[x + M_TX_BYTES]


@inlined
def forget_seen(m, x, d):
    if d == 0:
        m[x + M_RX_PACKETS] = m[x + M_RX_BYTES] = 0
    else:
        m[x + M_TX_PACKETS] = m[x + M_TX_BYTES] = 0


@inlined
def set_interval(m, x, d, us):
    if d == 0:
        m[x + M_INTERVAL] = us * US
    else:
        m[x + M_TX_INTERVAL] = us * US


@helper
def size_weight(size, smallest, small, offset, largest):
    """How much an interrupt may cost at this average size."""
    if size <= 60:
        return smallest
    if size <= small:
        return 40 * size + offset
    if size <= 1084:
        return 15 * size + 11452
    if size <= largest:
        return 5 * size + 22420
    return 32256


@inlined
def longer(m, a, word, weight):
    """The word with a delay longer by what ``weight`` asks for."""
    latency = word & LATENCY
    if latency != 0:
        weight = weight // 2
    delay = (word - latency) + 2 * ceil_div(weight, m[a + A_DIVISOR])
    return min(delay, m[a + A_MOST]) + latency


@helper
def judge_size(m, x, a, d, jiffy):
    """The word that rule ``size`` comes to in direction d."""
    most = m[a + A_MOST]
    if jiffy > m[a + A_NEXT + d]:
        if d == 0:
            return m[a + A_LEAST] + LATENCY
        return most + LATENCY
    if m[a + A_COUNTDOWN] > 0:
        return m[a + A_TARGET + d]
    packets = seen_packets(m, x, d)
    size = seen_bytes(m, x, d)
    if d == 0:
        if packets >= 1 and packets <= 3 and size < 9000 and m[a + A_TARGET_TX] >= LATENCY:
            return longer(m, a, LATENCY, size_weight(size // packets, 4096, 380, 1696, 1980))
    elif packets < 4:
        if m[a + A_TARGET_TX] == most and (m[a + A_TARGET] & (LATENCY - 1)) == most:
            return most + LATENCY
    elif packets > 32:
        m[a + A_TARGET_TX] &= LATENCY - 1
    if packets < 56:
        latency = m[a + A_TARGET + d] & LATENCY
        return min(m[a + A_TARGET + d] - latency + 2, most) + latency
    shorter = min(m[a + A_CURRENT] & (LATENCY - 1), m[a + A_CURRENT_TX] & (LATENCY - 1))
    if packets <= 112:
        return shorter
    if packets <= 256:
        return max(m[a + A_LEAST], shorter // 2 // 2 * 2)
    return longer(m, a, 0, size_weight(size // packets, 4096, 380, 1696, 1980))


@helper
def adapt_size(m, x, a, reaps):
    jiffy = m[H_NOW] // m[a + A_JIFFY]
    d = 1 if reaps else 0
    while d >= 0:
        m[a + A_TARGET + d] = judge_size(m, x, a, d, jiffy)
        m[a + A_NEXT + d] = jiffy + 1
        forget_seen(m, x, d)
        d -= 1
    received = m[a + A_TARGET] - m[a + A_CURRENT]
    sent = m[a + A_TARGET_TX] - m[a + A_CURRENT_TX]
    if received < 0:
        d = 0
    elif sent < 0 or received < sent:
        d = 1
    elif received != 0:
        d = 0
    else:
        m[a + A_COUNTDOWN] = max(0, m[a + A_COUNTDOWN] - 1)
        return
    m[a + A_CURRENT + d] = m[a + A_TARGET + d]
    set_interval(m, x, d, m[a + A_TARGET + d] & (LATENCY - 1))
    m[a + A_COUNTDOWN] = 3


@helper
def judge_vector(m, x, a, d, jiffy):
    """The word that rule ``size_vector`` comes to for a container."""
    if jiffy > m[a + A_NEXT + d]:
        return m[a + A_LEAST] + LATENCY
    packets = seen_packets(m, x, d)
    size = seen_bytes(m, x, d)
    later = min(m[a + A_VECTOR] + 2, m[a + A_MOST])
    if packets == 0:
        return later + (m[a + A_TARGET + d] & LATENCY)
    if packets < 4 and size < 9000:
        return longer(m, a, LATENCY, size_weight(size // packets, 5120, 316, 2720, 1967))
    if packets < 48:
        return later
    if packets < 96:
        return m[a + A_VECTOR]
    if packets < 256:
        return max(m[a + A_VECTOR] // 2, m[a + A_LEAST])
    return longer(m, a, 0, size_weight(size // packets, 5120, 316, 2720, 1967))


@helper
def adapt_vector(m, x, a, reaps):
    jiffy = m[H_NOW] // m[a + A_JIFFY]
    d = 1 if reaps else 0
    while d >= 0:
        m[a + A_TARGET + d] = judge_vector(m, x, a, d, jiffy)
        m[a + A_NEXT + d] = jiffy + 1
        forget_seen(m, x, d)
        d -= 1
    word = m[a + A_TARGET]
    if reaps:
        word = min(word, m[a + A_TARGET_TX])
    m[a + A_VECTOR] = word & (LATENCY - 1)
    set_interval(m, x, 0, m[a + A_VECTOR])


@inlined
def judge_class(m, x, a, d):
    delay = m[a + A_VECTOR] // 4
    if seen_packets(m, x, d) == 0 or delay == 0:
        return
    rate = seen_bytes(m, x, d) // delay
    now = m[a + A_CLASS + d]
    if now == 0 and rate > 10:
        m[a + A_CLASS + d] = 1
    elif now == 1 and rate > 20:
        m[a + A_CLASS + d] = 2
    elif now == 1 and rate <= 10:
        m[a + A_CLASS + d] = 0
    elif now == 2 and rate <= 20:
        m[a + A_CLASS + d] = 1
    forget_seen(m, x, d)


@helper
def adapt_classes(m, x, a, reaps):
    """The delays of the classes stand where other rules have their bounds; A_VECTOR is the register, in quarters of a microsecond."""
    if reaps:
        judge_class(m, x, a, 1)
    judge_class(m, x, a, 0)
    judged = m[a + A_CLASS]
    if reaps:
        judged = max(judged, m[a + A_CLASS_TX])
    wanted = 4 * m[a + A_LEAST + judged]
    now = m[a + A_VECTOR]
    if wanted != now:
        now = 10 * wanted * now // (9 * wanted + now)
        m[a + A_VECTOR] = now
        m[x + M_INTERVAL] = (now & 0xFF8) * 250_000


@inlined
def differ(new, old):
    return 100 * abs(new - old) // old > 10


@helper
def compare_rates(m, j, bps, pps, eps):
    before = m[j + J_BPS]
    if before == 0:
        return BETTER if bps > 0 else SAME
    if differ(bps, before):
        return BETTER if bps > before else WORSE
    before = m[j + J_PPS]
    if before == 0:
        return BETTER if pps > 0 else SAME
    if differ(pps, before):
        return BETTER if pps > before else WORSE
    before = m[j + J_EPS]
    if before == 0 or not differ(eps, before):
        return SAME
    return BETTER if eps < before else WORSE


@inlined
def park_on_top(m, j):
    m[j + J_TUNE] = TOP
    m[j + J_LEFT] = m[j + J_RIGHT] = m[j + J_TIRED] = 0


@helper
def climb(m, j):
    """One step in the direction of the search."""
    right = m[j + J_TUNE] == RIGHTWARD
    if m[j + J_TIRED] == 10:
        m[j + J_TUNE] = TIRED
        m[j + J_LEFT] = m[j + J_RIGHT] = 0
    elif (right and m[j + J_PROFILE] == PROFILES - 1) or (not right and m[j + J_PROFILE] == 0):
        park_on_top(m, j)
    else:
        if right:
            m[j + J_PROFILE] += 1
            m[j + J_RIGHT] += 1
        else:
            m[j + J_PROFILE] -= 1
            m[j + J_LEFT] += 1
        m[j + J_TIRED] += 1


@inlined
def leave_parking(m, j):
    m[j + J_TUNE] = RIGHTWARD
    if m[j + J_PROFILE] > 0:
        m[j + J_TUNE] = LEFTWARD
    climb(m, j)


@helper
def decide(m, j, compared):
    tune = m[j + J_TUNE]
    if tune == TOP:
        if compared != SAME:
            leave_parking(m, j)
    elif tune == TIRED:
        m[j + J_TIRED] -= 1
        if m[j + J_TIRED] == 0:
            leave_parking(m, j)
    else:
        if compared != BETTER:
            if tune == RIGHTWARD:
                m[j + J_TUNE] = LEFTWARD
                m[j + J_LEFT] = 0
            else:
                m[j + J_TUNE] = RIGHTWARD
                m[j + J_RIGHT] = 0
        if m[j + J_TUNE] == RIGHTWARD:
            top = m[j + J_LEFT] > 1 and m[j + J_RIGHT] == 1
        else:
            top = m[j + J_RIGHT] > 1 and m[j + J_LEFT] == 1
        if top:
            park_on_top(m, j)
        else:
            climb(m, j)


@inlined
def take_sample(m, x, j, d, now):
    m[j + J_FIRED] = m[x + M_FIRES]
    m[j + J_PACKETS] = seen_packets(m, x, d)
    m[j + J_BYTES] = seen_bytes(m, x, d)
    m[j + J_TIME] = now
    m[j + J_STARTED] = 1


@helper
def sample(m, x, j, d):
    """Judge what has happened since the start of the window; True if the profile has changed."""
    now = m[H_NOW] // US
    if m[j + J_STARTED] == 0 or now - m[j + J_TIME] >= US:
        take_sample(m, x, j, d, now)
        return False
    dt = now - m[j + J_TIME]
    if m[x + M_FIRES] - m[j + J_FIRED] < 64 or dt == 0:
        return False
    pps = ceil_div((seen_packets(m, x, d) - m[j + J_PACKETS]) * 1000, dt)
    bps = ceil_div((seen_bytes(m, x, d) - m[j + J_BYTES]) * 1000, dt)
    eps = ceil_div(64_000, dt)
    profile = m[j + J_PROFILE]
    top = m[j + J_TUNE] == TOP
    decide(m, j, compare_rates(m, j, bps, pps, eps))
    if not (top and m[j + J_TUNE] == TOP):
        m[j + J_BPS] = bps
        m[j + J_PPS] = pps
        m[j + J_EPS] = eps
    if m[j + J_PROFILE] != profile:
        m[j + J_STARTED] = 0
        return True
    take_sample(m, x, j, d, now)
    return False


@helper
def adapt_dim(m, x, a, reaps):
    d = 1 if reaps else 0
    while d >= 0:
        j = a + A_CLIMBERS + CLIMBER * d
        if sample(m, x, j, d):
            at = a + A_PROFILES + 2 * PROFILES * d + m[j + J_PROFILE]
            set_interval(m, x, d, m[at])
            if d == 0:
                m[x + M_FRAMES] = m[at + PROFILES]
            else:
                m[x + M_TX_FRAMES] = m[at + PROFILES]
        d -= 1


@helper
def moderator_adapt(m, x, reaps):
    """The driver leaves a poll, in which it has freed sent packets too (``reaps``) or not: it may choose other intervals."""
    a = m[x + M_RULE]
    kind = m[a + A_KIND]
    if kind == RULE_SIZE:
        adapt_size(m, x, a, reaps)
    elif kind == RULE_SIZE_VECTOR:
        adapt_vector(m, x, a, reaps)
    elif kind == RULE_CLASSES:
        adapt_classes(m, x, a, reaps)
    else:
        adapt_dim(m, x, a, reaps)
