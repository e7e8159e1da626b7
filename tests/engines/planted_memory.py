"""Bugs planted in the kernel's rules of translation.

*Scope*: section 4.1 of the plan's page. *Validation*: see ``planted``.
"""

from __future__ import annotations

from tests.engines.bug import Bug

SHIFTED = "    while at > 0:\n        m[pages + at] = m[pages + at - 1]\n        at -= 1\n"
LINK_HELD = (
    "            m[k + L_BUSY] = max(m[k + L_BUSY], m[first])\n            m[first] = m[k + L_BUSY] + m[t + TB_WALK]\n"
)

MEMORY = (
    Bug("the page that came first is forgotten", ("oldest_page_is_forgotten",), 0, why="none of 400 random plans comes back to a page just in time",
        kernel=((SHIFTED, "    while at > 0 and not found:\n        m[pages + at] = m[pages + at - 1]\n        at -= 1\n"),
                ("    if m[t + TB_ENTRIES] > 0:\n", "    if m[t + TB_ENTRIES] > 0 and not found:\n"),)),
    Bug("a walk waits without holding the link", ("a_held_link_has_no_room",), 60,
        kernel=((LINK_HELD, "            m[first] = max(m[k + L_BUSY], m[first]) + m[t + TB_WALK]\n"),)),
    Bug("the last byte is one too far", ("last_byte_of_a_page",), 0, why="random packets seldom end with a page",
        kernel=(("    last = (start + size - 1) // m[t + TB_PAGE_BYTES]\n", "    last = (start + size) // m[t + TB_PAGE_BYTES]\n"),)),
    Bug("buffers are counted by packets", ("numbers_count_buffers_and_wrap",), 0, why="it takes random plans 257 tries",
        kernel=(("    m[u + BU_TOUCHED] += taken\n", "    m[u + BU_TOUCHED] += 1\n"),)),
)  # fmt: skip
