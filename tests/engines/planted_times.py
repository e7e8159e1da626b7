"""Bugs in the rules for what takes time on the way, adapts, groups or limits.

*Scope*: at least one for each of these rules; where few random plans reach a rule, only vectors notice. *Validation*: ``test_planted_bugs``.
"""

from __future__ import annotations

from tests.engines.bug import Bug

RARE = "of the first sixty random plans none or only the last ones show it; its vectors do"

FIRST_FLIGHT = """        if m[t + T_LANDING] == 0:
            m[t + T_LANDING] = 1
            arm(m, m[t + T_SLOT], m[H_NOW] + m[t + T_FLIGHT])
"""
LATEST_FLIGHT = """        m[t + T_LANDING] = 1
        arm(m, m[t + T_SLOT], m[H_NOW] + m[t + T_FLIGHT])
"""
ELSEWHERE = "if m[t + T_FLIGHT] > 0 and m[H_ACTING] != 0 and m[H_ACTING] != m[t + T_EXECUTOR]:"
SLEEPS = "    if m[t + T_RUNNABLE] != 0 or m[t + T_LANDING] != 0:\n        return 0\n"
KICK = "arm_min(m, m[q + Q_KICK_SLOT], m[H_NOW] + m[q + Q_KICK_FLIGHT])"
IN_GUEST = "    return runs and m[v + V_HYP_HEAD] == 0 and m[v + V_WORKER] == 0\n"
THROTTLED = "    if m[t + T_THROTTLED] != 0:\n        return\n"
GIVEN_FLAG = "        m[p + P_FLAG] |= m[last + P_FLAG]\n        m[last + P_FLAG] = 0\n"
STOPPED = "        elif kind == J_STOPPED:\n            if not guest_has_work(m, ref):\n"
BOTH_FORGOTTEN = "    m[x + M_TX_PENDING] = 0\n    m[x + M_TX_COUNT] = 0\n"
HELD = "        if m[r + R_HELD] > 0:\n            hand_over_held(m, r)\n"
SENT = "    if m[x + M_TX] == 0:\n        moderator_latch(m, x, n)\n"
ENDS = "m[q + Q_PV_EOI] == 0 or m[q + Q_LEVEL] != 0 or m[v + E_IRQ_HEAD] != 0:"

TIMES = (
    Bug(
        "a second wake starts the flight again", ("second_wake_in_flight_changes_nothing",), 0, why=RARE,
        kernel=((FIRST_FLIGHT, LATEST_FLIGHT),),
    ),
    Bug(
        "a wake by the own core flies", ("own_core_lands_a_thread_in_flight",), 0, why=RARE,
        kernel=((ELSEWHERE, "if m[t + T_FLIGHT] > 0 and m[H_ACTING] != 0:"),),
    ),
    Bug(
        "waking one who is awake is work", ("second_wake_in_flight_changes_nothing", "resuming_one_who_runs_is_no_work"), 0, why=RARE,
        kernel=((SLEEPS, ""),),
    ),
    Bug(
        "resuming is no work", ("resuming_a_sleeper_is_work",), 0, why=RARE,
        kernel=(("if kind == NF_RESUME and m[target", "if False and m[target"),),
    ),
    Bug(
        "raising is no work", ("raising_adds_the_wakers_work",), 0, why=RARE,
        kernel=(("if kind == NF_IRQ or kind == NF_RAISE:", "if kind == NF_IRQ:"),),
    ),
    Bug(
        "an access without the waker's work", ("access_adds_the_wakers_work",), 0, why=RARE,
        kernel=(("cost = m[g + G_COST] + waker_work(m, g)", "cost = m[g + G_COST]"),),
    ),
    Bug(
        "messages arrive at once", ("message_flies_to_its_core", "two_messages_in_one_flight"), 0, why=RARE,
        kernel=(("arm_min(m, m[q + Q_SLOT], m[H_NOW] + m[q + Q_FLIGHT])", "arm_min(m, m[q + Q_SLOT], m[H_NOW])"),),
    ),
    Bug(
        "kicks fly on one core too", ("kick_on_the_same_core_does_not_fly",), 0, why=RARE,
        kernel=(("if m[q + Q_KICK_FLIGHT] > 0 and m[H_ACTING] != m[m[q + Q_VCPU] + E_CORE]:", "if m[q + Q_KICK_FLIGHT] > 0:"),),
    ),
    Bug(
        "a second kick starts the flight again", ("two_kicks_in_one_flight",), 0, why=RARE,
        kernel=((KICK, KICK.replace("arm_min", "disarm(m, m[q + Q_KICK_SLOT])\n        arm_min")),),
    ),
    Bug(
        "in guest though the hypervisor works", ("no_notification_out_of_guest", "legacy_kick_is_judged_where_it_lands"), 60,
        kernel=((IN_GUEST, "    return runs\n"),),
    ),
    Bug(
        "pv_eoi never exits", ("pv_eoi_with_another_interrupt",), 0, why=RARE,
        kernel=((ENDS, ENDS.replace(" or m[v + E_IRQ_HEAD] != 0", "")),),
    ),
    Bug(
        "small variances mean nothing to the governor", ("governor_knows_nothing_then_a_short_idle",), 60,
        kernel=(("if variance <= 400 or (mean", "if False or (mean"),),
    ),
    Bug(
        "the governor forgets the mean", ("governor_without_a_pattern_takes_the_mean",), 0, why=RARE,
        kernel=(("min(typical_interval(m, g), m[g + V8_MEAN] >> 3) * 1_000_000", "min(typical_interval(m, g), 1 << 40) * 1_000_000"),),
    ),
    Bug(
        "the governor keeps outliers", ("governor_leaves_one_outlier_out", "governor_goes_deep_after_long_idles"), 0, why=RARE,
        kernel=(("        if 4 * n <= 24:\n", "        if 4 * n <= 32:\n"),),
    ),
    Bug(
        "a guest halts though work came while it stopped its tick", ("work_while_the_tick_is_stopped",), 0, why=RARE,
        kernel=((STOPPED, STOPPED.replace("not guest_has_work(m, ref)", "True")),),
    ),
    Bug(
        "noise of a guest exits", ("noise_of_a_guest_is_no_exit",), 60,
        kernel=(("        if m[i + I_GAP] == 0:\n            vm_exit", "        if True:\n            vm_exit"),),
    ),
    Bug(
        "a quota is handed out at once", ("quota_is_handed_out_in_slices",), 0, why=RARE,
        kernel=(("taken = min(m[b + B_SLICE], m[b + B_POOL])", "taken = m[b + B_POOL]"),),
    ),
    Bug(
        "a throttled thread can be woken", ("waking_a_throttled_thread_does_nothing",), 0, why=RARE,
        kernel=((THROTTLED, ""),),
    ),
    Bug(
        "siblings carry nothing", ("siblings_carry_what_is_left",), 0, why=RARE,
        kernel=(("m[c + E_CARRY] = done & 1023", "m[c + E_CARRY] = 0"),),
    ),
    Bug(
        "a bucket of packets forgets its debt", ("bucket_in_packets",), 0, why=RARE,
        kernel=(("m[c + C_PACKET_TAT] = max(now, m[c + C_PACKET_TAT]) +", "m[c + C_PACKET_TAT] = now +"),),
    ),
    Bug(
        "the later bucket does not count", ("both_buckets",), 0, why=RARE,
        kernel=(("due = max(due, m[c + C_PACKET_TAT] - m[c + C_PACKET_BURST])", "due = m[c + C_PACKET_TAT] - m[c + C_PACKET_BURST]"),),
    ),
    Bug(
        "a floor gives no precedence", ("floor_is_served_first", "floor_comes_back"), 0, why=RARE,
        kernel=(("owed = somebody_is_owed(m, w)", "owed = False"),),
    ),
    Bug(
        "a share offers its first input", ("share_takes_turns_as_one", "share_has_one_deficit"), 0, why=RARE,
        kernel=(("    position = m[share + SH_LAST]\n", "    position = -1\n"),),
    ),
    Bug(
        "a share has the weight of whom it offers", ("share_has_one_deficit",), 0, why=RARE,
        kernel=(("first = m[w + W_INPUTS] + INPUT * m[m[share + SH_MEMBERS]]", "first = m[w + W_INPUTS] + INPUT * k"),),
    ),
    Bug(
        "merged packets keep their flag", ("packets_merge_up_to_the_limit", "merging_looks_past_another_flow"), 0, why=RARE,
        kernel=((GIVEN_FLAG, ""),),
    ),
    Bug(
        "trains have no end", ("packets_merge_up_to_the_limit",), 0, why=RARE,
        kernel=(("m[last + P_TRAIN] + m[p + P_LEN] <= m[w + W_MERGE_BYTES]", "m[last + P_LEN] + m[p + P_LEN] <= m[w + W_MERGE_BYTES]"),),
    ),
    Bug(
        "a window grows while it recovers", ("window_grows_by_the_round",), 0, why=RARE,
        kernel=(("if fresh > 0 and seq >= m[s + S_RECOVER]:", "if fresh > 0:"),),
    ),
    Bug(
        "losses are believed at once", ("loss_is_believed_after_three",), 0, why=RARE,
        kernel=(("if seq - m[s + S_SUSPECTED] >= m[s + S_REORDER] - 1:", "if True:"),),
    ),
    Bug(
        "after a timeout old losses count again", ("what_a_timeout_gave_up_is_no_news",), 0, why=RARE,
        kernel=(("    m[s + S_BLIND] = 1\n", ""),),
    ),
    Bug(
        "data behind a gap waits", ("data_behind_a_gap_asks_at_once", "endpoint_sees_a_gap"), 0, why=RARE,
        kernel=(("and m[p + P_SEQ] - m[s + S_CAME] > m[p + P_AUX]:", "and False:"),),
    ),
    Bug(
        "data in place of what was lost asks", ("what_a_timeout_gave_up_is_no_news",), 0, why=RARE,
        kernel=(("        m[p + P_AUX] = m[s + S_LOST]\n", ""),),
    ),
    Bug(
        "an acknowledgement costs what an answer does", ("streams_have_their_own_costs",), 0, why=RARE,
        kernel=(("cost += m[w + W_ACK_PS]", "cost += m[w + W_REPLY_PS]"),),
    ),
    Bug(
        "acknowledgements cost what other packets do", ("acknowledgements_go_another_way",), 0, why=RARE,
        kernel=(("elif m[w + W_STREAM_PS] >= 0 and is_bulk(m, m[p + P_SOURCE]):", "elif m[w + W_STREAM_PS] >= 0 and m[p + P_KIND] == DATA:"),),
    ),
    Bug(
        "open sources do not ask", ("open_source_asks",), 0, why=RARE,
        kernel=(("        if m[s + S_REQUEST] != 0:\n", "        if False:\n"),),
    ),
    Bug(
        "an answer as long as its request is one segment", ("answer_as_long_as_its_request",), 0, why=RARE,
        kernel=(
            ("        if m[s + S_RESPONSE] >= 0:\n            m[p + P_LEN] = m[s + S_RESPONSE]\n            m[p + P_SEGS] = 1\n",
             "        if m[s + S_RESPONSE] >= 0:\n            m[p + P_LEN] = m[s + S_RESPONSE]\n        m[p + P_SEGS] = 1\n"),
        ),
    ),
    Bug(
        "recorded elsewhere by everybody", ("recorded_where_nobody_answers",), 0, why=RARE,
        kernel=(("if kept != 0 and m[k + K_REPLY] != 0:", "if kept != 0:"),),
    ),
    Bug(
        "flows that are not hashed are", ("flow_that_is_not_hashed",), 0, why=RARE,
        kernel=(("    if m[p + P_FLOW] < 0:\n", "    if False:\n"),),
    ),
    Bug(
        "held packets wait though the vector fires", ("firing_hands_over_what_is_held",), 0, why=RARE,
        kernel=((HELD, ""), ("    for i in range(m[x + M_HOLD_COUNT]):\n        r = m[m[x + M_HOLDS] + i]\n", "")),
    ),
    Bug(
        "a hand-over does not count", ("full_group_is_handed_over", "held_packets_go_when_their_time_is_over"), 0, why=RARE,
        kernel=(("    m[r + R_HANDED] = m[H_NOW]\n", ""),),
    ),
    Bug(
        "sent packets wait like received ones", ("sent_packets_have_their_own_interval", "sent_packets_have_their_own_frames"), 0, why=RARE,
        kernel=((SENT, SENT.replace("m[x + M_TX] == 0", "True")),),
    ),
    Bug(
        "firing forgets one direction", ("earlier_direction_fires_for_both",), 0, why=RARE,
        kernel=((BOTH_FORGOTTEN, ""),),
    ),
    Bug(
        "interrupts without the least gap", ("least_gap_spaces_interrupts", "least_gap_at_equality_and_with_frames"), 0, why=RARE,
        kernel=(("        due = max(due, m[x + M_LAST] + m[x + M_LEAST_GAP])\n", "        pass\n"),),
    ),
    Bug(
        "size: received words first", ("size_writes_one_direction_at_a_time",), 0, why=RARE,
        kernel=(("elif sent < 0 or received < sent:", "elif sent < 0:"),),
    ),
    Bug(
        "size: the countdown is one short", ("size_counts_down_then_relaxes", "size_writes_one_direction_at_a_time"), 0, why=RARE,
        kernel=(("    m[a + A_COUNTDOWN] = 3\n", "    m[a + A_COUNTDOWN] = 2\n"),),
    ),
    Bug(
        "size_vector: the larger word", ("size_vector_takes_the_smaller_word",), 0, why=RARE,
        kernel=(("        word = min(word, m[a + A_TARGET_TX])\n", "        word = max(word, m[a + A_TARGET_TX])\n"),),
    ),
    Bug(
        "classes: the register keeps all its bits", ("classes_approach_their_delay", "classes_rise_with_bytes"), 0, why=RARE,
        kernel=(("(now & 0xFF8) * 250_000", "now * 250_000"),),
    ),
    Bug(
        "dim: an interrupt too few", ("dim_climbs_to_the_left", "dim_climbs_to_the_right_and_sets_frames"), 0, why=RARE,
        kernel=(("if m[x + M_FIRES] - m[j + J_FIRED] < 64 or", "if m[x + M_FIRES] - m[j + J_FIRED] < 63 or"),),
    ),
    Bug(
        "dim: a window has no end", ("dim_forgets_a_window_of_a_second",), 0, why=RARE,
        kernel=(("if m[j + J_STARTED] == 0 or now - m[j + J_TIME] >= US:", "if m[j + J_STARTED] == 0:"),),
    ),
    Bug(
        "a spin lock lets two in", ("who_spins_first_is_served_first",), 60,
        kernel=(("    m[u + U_FREE] = max(free, m[H_NOW]) + hold\n", "    m[u + U_FREE] = m[H_NOW] + hold\n"),),
    ),
    Bug(
        "a spin lock is held once for a packet", ("held_for_each_segment",), 0, why=RARE,
        kernel=(("        count += m[p + P_SEGS]\n", "        count += 1\n"),),
    ),
    Bug(
        "a spinner does no work", ("who_spins_first_is_served_first", "held_for_what_is_reaped"), 60,
        kernel=(("        m[w + W_REST] = lock_spin(", "        m[w + W_REST] = 0 * lock_spin("),),
    ),
)  # fmt: skip
