"""Bugs planted in the kernel's rules of events.

*Scope*: section 12 of the plan's page, and what sections 3 to 8 say of things that are off. *Validation*: see ``planted``.
"""

from __future__ import annotations

from tests.engines.bug import Bug

GIVEN_BACK = "        m[r + R_TAKEN] -= taken\n        m[r + R_C_TAKEN] -= taken\n"
LATE_ROOM = "elif kind == OUT_FILL or kind == OUT_DMA_WRITE:\n        if drops or m[p + P_RD] == 0:"
KNOWN = "        m[r + R_SENT] = m[r + R_AVAIL] = m[r + R_FETCHED] = m[r + R_POSTED]\n"
POSTED_AGAIN = "        if avail_publish(m, r):\n            effect(m, r + R_AVAIL_GATE)\n"
LOOKS = "    elif kind == CH_LOOK:\n        if m[ref + W_STATE] == IDLE:\n"

EVENTS = (
    Bug("an event acts in the past", ("source_off_before_its_slot", "window_source_forgets_what_it_sent"), 60,
        kernel=(("    m[H_NOW] = m[H_CHANGE_AT]\n", ""),)),
    Bug("a source that is off sends once more", ("source_off_before_its_slot",), 100,
        kernel=(("        disarm(m, m[s + S_SLOT])\n        disarm(m, m[s + S_TIMER])\n", "        disarm(m, m[s + S_TIMER])\n"),)),
    Bug("a window waits for what it sent before", ("window_source_forgets_what_it_sent",), 200,
        kernel=(("            forget(m, s)\n        t = max", "            pass\n        t = max"),)),
    Bug("a link that is off delivers", ("link_off_loses_what_arrives", "link_off_at_the_instant_of_arrival"), 60,
        kernel=(("    if m[k + L_OFF] != 0:\n", "    if False:\n"),)),
    Bug("a ring that is off lets everything in", ("ring_off_loses_what_comes", "ring_off_gives_back_what_was_reserved"), 60,
        kernel=(("or kind == OUT_DMA_WRITE) and m[ref + R_OFF] != 0", "or kind == OUT_DMA_WRITE) and False"),)),
    Bug("what was reserved is lost", ("ring_off_gives_back_what_was_reserved",), 60,
        kernel=((GIVEN_BACK, "        pass\n"),)),
    Bug("who waits for a ring that is off waits on", ("ring_off_resumes_who_waits",), 60,
        kernel=(("        m[r + R_OFF] = 1\n        while m[r + R_WAIT_HEAD] != 0:\n", "        m[r + R_OFF] = 1\n        while False:\n"),)),
    Bug("a ring that is on again needs no room", ("ring_on_before_the_emit",), 200,
        kernel=((LATE_ROOM, LATE_ROOM.replace(" or m[p + P_RD] == 0", "")),)),
    Bug("a reset forgets what the device does not know of", ("reset_of_a_tx_ring_before_the_doorbell",), 60,
        kernel=((KNOWN, "        m[r + R_SENT] = m[r + R_POSTED]\n"),)),
    Bug("descriptors are read that a reset has taken", ("reset_while_descriptors_are_read",), 60,
        kernel=(("min(m[r + R_FETCHED] + count, m[r + R_AVAIL])", "m[r + R_FETCHED] + count"),)),
    Bug("buffers of a reset are not posted", ("reset_of_an_rx_ring",), 60,
        kernel=((POSTED_AGAIN, ""),)),
    Bug("a debt survives its rate", ("rate_forgives_the_debt",), 200,
        kernel=(("        m[ref + C_TAT] = min(m[ref + C_TAT], m[H_NOW])\n", ""),)),
    Bug("engines are not told of a new rate", ("rate_forgives_the_debt", "rate_without_limit"), 60,
        kernel=((LOOKS, LOOKS.replace("== IDLE", "== -1")),)),
    Bug("weights never change", ("weight_from_the_next_quantum_on", "weight_in_the_midst_of_a_visit"), 0, why="the engine of the random plans has one input",
        kernel=(("    else:\n        m[ref] = value\n", "    elif m[ref] < 1 or value < 1:\n        m[ref] = value\n"),)),
    Bug("nothing is switched or looked up anew", ("entry_of_a_switch", "entry_is_looked_up_when_a_packet_is_taken", "link_off_loses_what_arrives"), 60,
        kernel=(("    else:\n        m[ref] = value\n", ""),)),
)  # fmt: skip
