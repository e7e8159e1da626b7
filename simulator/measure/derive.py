"""From primitives to the costs of the catalogue: each is a sum of quantities with signs, and nothing is fitted.

1. ``RULES`` says for each cost which quantities it is made of. Clean is taken from clean: the value is the sum of the values.
2. The range of a difference is that of its middle half over the rounds, each round with its own neighbours in time.
3. A difference that is not positive says that the method cannot see the cost: it is left out, by name. A quantity of its own may be 0.
4. What the guest's kernel does like the host's is *borrowed*: it was measured on the host.

``WAKE`` is the one place where the parts of a wake-up get the names of costs.

*Scope*: the user's own host. Exits, posted interrupts, QEMU's and vhost's own work, PCIe and drivers of a NIC need a guest or a
device and stay the base's. *Validation*: ``tests/measure/test_derive.py`` (hand-made slices).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from simulator.citation import Status
from simulator.measure.slices import Estimate, Record

UNCLEAN_FACTOR = 1.4
LEAST_CLEAN = 1 / 6
Terms = tuple[tuple[int, str], ...]


def terms(text: str) -> Terms:
    """``a - b`` as signs and names."""
    words = ["+", *text.split()]
    return tuple((1 if sign == "+" else -1, name) for sign, name in zip(words[::2], words[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """A cost and how it is made; the first formula whose quantities are there counts."""

    cost: str
    formulas: tuple[str, ...]
    meaning: str
    status: Status = "measured"
    per_byte: int = 0
    """Bytes by which the sum is divided, for a cost per byte."""
    low: str = ""
    high: str = ""
    """Formulas of the ends of the range, where it is not that of the value itself."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost as measured: ns, or ns per byte."""

    name: str
    value: float
    low: float
    high: float
    per_byte: bool
    status: Status
    how: str


WAKE: dict[str, tuple[str, ...]] = {
    "same core": ("h_wake_app",),
    "whole": (),
    "waker": ("h_wake_work",),
    "latency": ("h_ipi_flight",),
    "wakee": ("h_wake_run",),
    "idle exit": ("h_idle_exit",),
}
"""Part of a wake-up -> the costs that are this part: the one place to change when the catalogue's names do."""

_WAKE_PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "same core": (
        ("switch_by_event - event_write_read - switch_by_yield + system_call",),
        "two threads of one core waking each other, less the signal, its read and the switch",
    ),
    "whole": (
        ("wake_spin_back - event_write", "wake_poll_back - event_write"),
        "from signal to the return of the read on another core kept from sleeping, less a signal for which nobody waits",
    ),
    "waker": (
        ("wake_spin_write - event_write", "wake_poll_write - event_write"),
        "signal to a thread that sleeps on another core, less a signal for which nobody waits",
    ),
    "latency": (("wake_spin_flight",), "from the signal's return until another thread has lost the woken one's core"),
    "wakee": (("wake_spin_run",), "from there until the woken thread's read has returned"),
    "idle exit": (
        ("wake_idle_back - wake_spin_back", "wake_idle_back - wake_poll_back"),
        "what it takes longer with idle cores as they are",
    ),
}
_BRIDGE = "udp_send_bridge_18B - udp_send_veth_18B - udp_send_other_18B + udp_send_noop_18B"
_SWAPPED = str.maketrans("+-", "-+")
_COPY = ("copy_1500B_of_4MiB", "copy_1500B_warm", "copy_1500B_of_64MiB")

_HOST = (
    Rule(
        "h_ctxsw", ("switch_by_yield - system_call",), "two threads of one core giving way to each other, less the call"
    ),
    Rule("h_app_tx_pk", ("udp_send_socket_18B",), "send call that stops before it makes a packet (MSG_PROBE)"),
    Rule(
        "h_stack_tx_pk",
        ("udp_send_noop_18B - udp_send_socket_18B",),
        "send to a queueing discipline that drops, less the call",
    ),
    Rule(
        "h_veth_pk",
        ("udp_send_other_18B - udp_send_noop_18B",),
        "over a veth pair to a MAC that nobody has, less to the queueing discipline",
    ),
    Rule("h_sock_pk", ("udp_send_veth_18B - udp_send_full_18B",), "to a socket with room, less to a full one"),
    Rule(
        "h_stack_rx_pk", ("udp_send_full_18B - udp_send_other_18B",), "to a full socket, less to a MAC that nobody has"
    ),
    Rule("h_app_rx_pk", ("udp_receive_veth_18B", "udp_receive_lo_18B"), "receive call with a datagram waiting"),
    Rule("s_bridge", (_BRIDGE,), "UDP over two veth pairs and a bridge, less over one pair, less h_veth_pk"),
    Rule(
        "s_route",
        (_BRIDGE.replace("bridge", "routed"),),
        "UDP over two veth pairs and a routing namespace, less over one pair, less h_veth_pk",
    ),
    Rule(
        "h_tap_enq",
        (f"tap_write_bridge - tap_write_drop - {_BRIDGE.translate(_SWAPPED)}",),
        "frame from tap over a bridge to a tap, less one that is dropped behind the first, less s_bridge",
    ),
    Rule("q_tap_rd", ("tap_read_18B",), "read() of a waiting frame"),
    Rule("q_tap_wr", ("tap_write_drop",), "write() of a frame that is dropped behind the tap"),
    Rule("h_copy_fs", _COPY[:1], "1,500 B from 4 MiB; range: from cache, to from 64 MiB", "measured", 1500, *_COPY[1:]),
    *(Rule(cost, formulas, meaning) for part, (formulas, meaning) in _WAKE_PARTS.items() for cost in WAKE[part]),
)
_SHARED = ("app_tx_pk", "stack_tx_pk", "stack_rx_pk", "sock_pk", "app_rx_pk", "copy_fs", "wake_app")


def _guest() -> Iterator[Rule]:
    for rule in _HOST:
        name = rule.cost.removeprefix("h_")
        if rule.cost != name and name in _SHARED:
            ends = (rule.per_byte, rule.low, rule.high)
            yield Rule(f"g_{name}", rule.formulas, f"{rule.meaning}; on the host", "borrowed", *ends)


RULES: tuple[Rule, ...] = (*_HOST, *_guest())


def costs(found: Record, values: Mapping[str, Estimate]) -> tuple[list[Cost], dict[str, str]]:
    """What the slices say about each cost, and which costs they say nothing about."""
    kept: list[Cost] = []
    missing: dict[str, str] = {}
    for rule in RULES:
        formula = next((text for text in rule.formulas if all(name in values for _, name in terms(text))), None)
        if formula is None or not {rule.low, rule.high} - {""} <= set(values):
            missing[rule.cost] = "its primitives were not measured"
            continue
        cost = _cost(rule, formula, found, values)
        if cost.value > 0 or len(terms(formula)) == 1:
            kept.append(cost)
        else:
            missing[rule.cost] = f"{formula} is not positive: smaller than this method can see"
    return kept, missing


def _cost(rule: Rule, formula: str, found: Record, values: Mapping[str, Estimate]) -> Cost:
    sums = _estimate(formula, found, values)
    low = values[rule.low].value if rule.low else sums.low
    high = values[rule.high].value if rule.high else sums.high
    if found.clean_share() < LEAST_CLEAN:
        high *= UNCLEAN_FACTOR
    scale = rule.per_byte or 1
    ends = (min(max(low, 0.0), sums.value) / scale, max(high, sums.value) / scale)
    return Cost(rule.cost, sums.value / scale, *ends, bool(rule.per_byte), rule.status, f"{formula}: {rule.meaning}")


def _estimate(formula: str, found: Record, values: Mapping[str, Estimate]) -> Estimate:
    parts = terms(formula)
    if len(parts) == 1:
        return values[parts[0][1]]
    value = sum(sign * values[name].value for sign, name in parts)
    together = [row for row in found.rounds if all(name in row for _, name in parts)]
    sums = [sum(sign * row[name] for sign, name in parts) for row in together]
    low, high = _middle_half(sums) if sums else (value, value)
    return Estimate(value, min(low, value), max(high, value), len(sums))


def _middle_half(sums: Sequence[float]) -> tuple[float, float]:
    if len(sums) < 2:
        return sums[0], sums[0]
    first, _, third = quantiles(sums, n=4, method="inclusive")
    return first, third


def wake_parts(found: Record, values: Mapping[str, Estimate]) -> dict[str, dict[str, Estimate]]:
    """The parts of a wake-up, for each state of the woken core, with what can be seen of them there.

    ``waker``: what the signal takes longer than one for which nobody waits. ``latency``: from its return until the core has been
    taken from the spinning thread, which may have happened already. ``wakee``: from there until the read has returned. Idle
    cores have nobody who would notice: there ``after`` is from the signal's return to the return of the read.
    """
    formulas = {
        "polling": {"waker": "wake_poll_write - event_write", "after": "wake_poll_after"},
        "idle": {"waker": "wake_idle_write - event_write", "after": "wake_idle_after"},
        "busy": {part: _WAKE_PARTS[part][0][0] for part in ("waker", "latency", "wakee")},
        "same core": {"waker and wakee": _WAKE_PARTS["same core"][0][0]},
    }
    return {
        state: {
            part: _estimate(text, found, values)
            for part, text in parts.items()
            if all(name in values for _, name in terms(text))
        }
        for state, parts in formulas.items()
    }
