"""How often each arm of the kernel's branches runs: what the random plans have really exercised.

1. Every ``if`` has two arms (an ``else`` that is not written counts too), every loop two (entered, not entered), every
   operand of ``and`` and ``or`` two (true, false);
2. ``Counted`` puts a counter into each arm of the twin's syntax tree; ``count`` runs plans on it, and adds up what
   they have seen: handler runs that share their instant, plans with pre-emption, parking, drops, exits;
3. ``python -m tests.engines.branches`` lists the arms that CI's 2,000 random plans ran fewer than ``--least`` times.

*Scope*: the kernel's source. *Validation*: ``test_branches`` counts a function whose arms are known.
"""

from __future__ import annotations

import argparse
import ast
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from simulator.plan import draws, model
from simulator.plan.trace import EXIT_KINDS, Trace
from tests.conformance.build import build
from tests.engines.agreement import SLICES
from tests.engines.drivers import KernelDriver, random_polls
from tests.engines.library import UNTIL_PS, library
from tests.engines.mutation import mutate
from tests.engines.random_plans import random_plan
from tests.engines.twin import TwinEngine, execute, kernel_tree

LONG = 3000
"""Packets of the plan that fills logs, pools and blocks of draws."""
CORNER_PS = 10_000_000 * LONG
"""Long enough for each of ``corners``."""

STEP_LOOP = (
    "step: m[w + W_TAKEN] < m[w + W_CHUNK] and (poll_mode or m[w + W_SERVED] + m[w + W_TAKEN] < m[w + W_BUDGET])"
    " and (visible(m, i) > 0)"
)
NEVER = {
    "translate: page <= last -> not entered": "what is sent has a byte, so that its last page is not before its first",
    "holds: range(m[w + W_OUTPUT_COUNT]) -> not entered": "check() refuses a worker that holds what it sends and sends nothing",
    "tell_visible: m[w + W_STATE] == POLLING -> false": "it is called where the state has just become so, and for a thread that polls and has the core again",
    "poll_examine: m[w + W_DRAIN] == 0 -> true": "an examination without anything visible is due only because of something held",
    "poll_examine: m[H_NOW] < m[w + W_DRAINED] + m[w + W_DRAIN] -> true": "it is due at that time, which does not move without the worker",
    "next_note: m[at] == 0 -> entered": "it takes a worker with over 60 ends; test_virtio_agreement has one, no random plan has",
    "rise: at > 1 -> not entered": "whoever calls has put a slot at a leaf, and a leaf's number is above 1",
    "rebase: range(leaves) -> not entered": "a tree has two leaves at least",
    "rebase: range(leaves) -> not entered (2)": "a tree has two leaves at least",
    "rebase: range(leaves - 1, 0, -1) -> not entered": "a tree has two leaves at least",
    "take_soon: range(kept, kept + m[H_SOON_COUNT]) -> not entered": "it is called only if the list of slots due at once is not empty",
    "next_ready: range(2) -> not entered": "the range is a constant",
    "enter: range(m[e + E_THREAD_COUNT]) -> not entered": "the thread that enters is one of this executor's",
    "give_turn: range(m[e + E_THREAD_COUNT]) -> not entered": "it comes to this line for an executor that has a runnable thread",
    "disable_gates: range(m[w + W_INPUT_COUNT] + 1) -> not entered": "a count plus one is at least one",
    "advance: what >= 0 -> not entered": "callers pass one of the codes, all of which are 0 or more; every way out returns",
    "rearmed: range(count) -> not entered": "the count is that of the inputs plus one",
    "unmask: range(m[w + W_UNMASK_COUNT]) -> not entered": "the line stands under a test that the count is above 0",
    "unmask: range(m[w + W_INPUT_COUNT] + 1) -> not entered": "a count plus one is at least one",
    "tell_visible: range(m[w + W_INPUT_COUNT]) -> not entered": "only workers that poll come here, and they have something to poll",
    "poll_examine: range(count - 1, -1, -1) -> not entered": "an examination is due only because of an input",
    "choose_conforming: range(count) -> not entered": "check() refuses a hardware worker without inputs",
    "choose_drr: idle < count -> not entered": "drr is for hardware, which has inputs, and idle begins at 0",
    "hardware_idle: range(m[w + W_INPUT_COUNT]) -> not entered": "check() refuses a hardware worker without inputs",
    "new_packet: range(P_STAGES + 2 * m[H_STAGES]) -> not entered": "a packet has fields before its stages",
    "add_stages: range(words) -> not entered": "who delivers has a stage, so that a plan in which something arrives has one",
    "add_stages: range(words) -> not entered (2)": "who delivers has a stage, so that a plan in which something arrives has one",
    "add_huge_stages: range(words) -> not entered": "who delivers has a stage, so that a plan in which something arrives has one",
    STEP_LOOP
    + " -> not entered": "the input was chosen because something is visible, and a used-up budget leaves before",
    "flush: m[r + R_REMOTE] == 0 -> false": "check() leaves the device's side of a remote ring to hardware, which does not flush",
    "doorbell: m[r + R_POLLER] != 0 -> false": "who takes from a remote tx ring is hardware, and check() wants it named as the poller",
    "fetch_arrived: m[r + R_POLLER] != 0 -> false": "descriptors are read for remote tx rings, whose taker check() wants named",
    "adapt_size: d >= 0 -> not entered": "there is a direction to judge, the last one is 0",
    "adapt_vector: d >= 0 -> not entered": "there is a container to judge, the last one is 0",
    "adapt_dim: d >= 0 -> not entered": "there is a direction to judge, the last one is 0",
    "compare_rates: before == 0 -> true (2)": "who had bytes had packets",
    "compare_rates: before == 0 -> true (3)": "who had bytes had 64 interrupts in some time, rounded up",
    "typical_interval: range(INTERVALS) -> not entered": "the range is a constant",
    "typical_interval: range(INTERVALS) -> not entered (2)": "the range is a constant",
    "on_flight: m[t + T_RUNNABLE] == 0 -> false": "who makes a thread runnable that is about to land disarms its landing",
    "hand_over_held: m[r + R_HELD_HEAD] != 0 -> not entered": "it is called for a ring that holds something",
    "somebody_is_owed: range(m[w + W_INPUT_COUNT]) -> not entered": "check() refuses a hardware worker without inputs",
    "offer: range(m[share + SH_COUNT]) -> not entered": "a share has inputs",
    "share_has_packets: range(m[share + SH_COUNT]) -> not entered": "a share has inputs",
    "choose_grouped: range(m[w + W_SHARE_COUNT]) -> not entered": "it is called for a worker that has shares",
    "choose_grouped: range(m[w + W_INPUT_COUNT]) -> not entered": "check() refuses a hardware worker without inputs",
    "choose_share_by_deficit: idle < count -> not entered": "it is called for a worker that has shares, and idle begins at 0",
    "adapt: hp < limit -> false": "hp never exceeds the limit and equals it only after growing; then h <= hp or h > limit was asked before",
    "on_halt_poll: m[v + V_STATE] == POLL -> false": "every way out of POLL disarms the slot",
    "poll_examine: m[w + W_STATE] != POLLING -> true": "only POLLING arms the examination, and a poll-mode worker leaves it by its own examination",
    "hardware_idle: m[w + W_SHAPED] != 0 -> false": "something is visible and nothing was eligible, which only a rate can bring about",
    "hardware_idle: due != INF -> false": "the input that is held back has packets and a time at which it conforms",
    "on_examination: m[w + W_STATE] == IDLE -> false": "a hardware worker arms its examination only when IDLE and takes up work only in it",
    "draw: c >= m[z + Z_END] -> true": "a handler run that uses up a block of draws ends the run with an error",
    "deliver: reply == 0 -> true": "check() follows requests to their sinks and wants a link for the answer there; the run ends with an error",
    "run: m[H_RUNS] > 1000000 -> true": "the run ends with an error: time stands still",
    "run: m[H_ERROR] != 0 -> true": "the run ends with an error that another arm has set",
}
"""Arms that no sound plan reaches, and why."""

CORNERS: dict[str, dict[str, dict[str, Any]]] = {
    "blocking output, dropping fifo": {
        "s": {"is": "source", "to": "q", "gap": [10, 0, 0, 0, 30], "max_packets": 20},
        "out": {"is": "sink"},
        "q": {"is": "fifo"},
        "f": {"is": "fifo", "capacity": 2},
        "a": {"is": "worker", "kind": "hw", "from": ["q"], "into": [{"of": "f", "full": "block"}], "packet_ps": 5},
        "b": {"is": "worker", "kind": "hw", "from": ["f"], "into": ["out"], "packet_ps": 17},
    },
    "window never acknowledged": {
        "s": {"is": "source", "kind": "window", "to": "q", "window": 3, "timeout_ps": 100, "max_packets": 20},
        "out": {"is": "sink"},
        "q": {"is": "fifo"},
        "a": {"is": "worker", "kind": "hw", "from": ["q"], "into": ["out"], "packet_ps": 5},
    },
    # the thread that parks is still the core's current one while the softirq runs, and then interrupts come
    "current thread asleep": {
        "s": {"is": "source", "to": "q", "gap": [0], "max_packets": 3},
        "si": {"is": "source", "to": "fi", "gap": [20], "max_packets": 1},
        "sv": {"is": "source", "to": "fv", "gap": [30, 5], "max_packets": 2},
        "out": {"is": "sink"},
        "q": {"is": "fifo", "gate": "flag g"},
        "f": {"is": "fifo", "capacity": 1, "full": "block", "gate": "flag n"},
        "fi": {"is": "fifo", "gate": {"mode": "flag", "irq": "ri"}},
        "fv": {"is": "fifo", "gate": {"mode": "always", "irq": "rv"}},
        "ri": {"is": "route", "mode": "native", "core": "c", "worker": "ni", "hardirq_ps": 1},
        "rv": {"is": "route", "mode": "legacy", "origin": "irqfd", "vcpu": "v", "worker": "nv"},
        "c": {"is": "core"},
        "v": {"is": "vcpu", "by": "c", "exit_ps": 2, "wake_ps": 3},
        "t": {"is": "thread", "by": "c"},
        "g": {"is": "worker", "kind": "task", "by": "t", "from": ["q"], "into": ["f"], "packet_ps": 10},
        "n": {"is": "worker", "kind": "soft", "by": "c", "from": ["f"], "into": ["out"], "wake_ps": 50},
        "ni": {"is": "worker", "kind": "soft", "by": "c", "from": ["fi"], "into": ["out"]},
        "nv": {"is": "worker", "kind": "soft", "by": "v", "from": ["fv"], "into": ["out"]},
    },
}
"""Short forms of plans that ``tests.conformance.build`` reads, for arms that random plans leave out."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to leave a test: where it stands, what is tested and how it came out."""

    function: str
    line: int
    test: str
    outcome: str
    copy: int
    """The how-manieth of its wording."""

    def __str__(self) -> str:
        return f"{self.function}: {self.test} -> {self.outcome}" + f" ({self.copy})" * (self.copy > 1)


@dataclass(slots=True)
class Arms:
    """All arms, and how often each has run."""

    arms: list[Arm] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)

    def add(self, function: str, line: int, test: str, outcome: str) -> int:
        """Number of a new arm."""
        alike = [arm for arm in self.arms if (arm.function, arm.test, arm.outcome) == (function, test, outcome)]
        self.arms.append(Arm(function, line, test, outcome, len(alike) + 1))
        self.hits.append(0)
        return len(self.arms) - 1

    def below(self, least: int) -> list[tuple[int, Arm]]:
        """Arms that ran fewer than ``least`` times, with their counts."""
        return [(hits, arm) for hits, arm in zip(self.hits, self.arms, strict=True) if hits < least]


class Counted(ast.NodeTransformer):
    """Puts ``_hits[n] += 1`` into every arm."""

    def __init__(self, arms: Arms) -> None:
        self._arms = arms
        self._function = ""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._function = node.name
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.If:
        hit, missed = self._pair(node.test, node.lineno, "true", "false")
        self.generic_visit(node)
        node.body = [_hit(hit), *node.body]
        node.orelse = [_hit(missed), *node.orelse]
        return node

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        return self._loop(node, node.iter)

    def visit_While(self, node: ast.While) -> list[ast.stmt] | ast.While:
        if isinstance(node.test, ast.Constant):
            self.generic_visit(node)
            return node
        return self._loop(node, node.test)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        node.values = [self._operand(value) for value in node.values]
        return node

    def _operand(self, value: ast.expr) -> ast.expr:
        pair = self._pair(value, value.lineno, "true", "false")
        numbers: list[ast.expr] = [ast.Constant(number) for number in pair]
        return ast.Call(ast.Name("_seen", ast.Load()), [*numbers, self.visit(value)], [])

    def _loop(self, node: ast.For | ast.While, test: ast.expr) -> list[ast.stmt]:
        hit, missed = self._pair(test, node.lineno, "entered", "not entered")
        self.generic_visit(node)
        entered = f"_entered_{hit}"
        node.body = [_hit(hit), *ast.parse(f"{entered} = True").body, *node.body]
        after = ast.If(ast.parse(f"not {entered}", mode="eval").body, [_hit(missed)], [])
        return [*ast.parse(f"{entered} = False").body, node, after]

    def _pair(self, test: ast.expr, line: int, *outcomes: str) -> tuple[int, int]:
        hit, missed = (self._arms.add(self._function, line, ast.unparse(test), outcome) for outcome in outcomes)
        return hit, missed


def _hit(number: int) -> ast.stmt:
    return ast.parse(f"_hits[{number}] += 1").body[0]


def counted(tree: ast.Module) -> tuple[ast.Module, Arms]:
    """The tree with counters, and what they count."""
    arms = Arms()
    return Counted(arms).visit(tree), arms


def names(arms: Arms) -> dict[str, object]:
    """What a counted tree needs among its names."""

    def seen(hit: int, missed: int, value: bool) -> bool:
        arms.hits[hit if value else missed] += 1
        return value

    return {"_hits": arms.hits, "_seen": seen}


def corners() -> list[model.Plan]:
    """Plans for what random plans leave out."""
    return [*(build(name, plan) for name, plan in CORNERS.items()), long_plan()]


def long_plan() -> model.Plan:
    """Packets come faster than a link takes them: many at once, many draws, many lines of the log."""
    streams = (draws.uniform("size", 60, 1500), draws.constant("flow", 0), draws.exponential("gap", 1_000_000))
    source = model.Source("source", "open", "link", 0, size=0, flow=1, dst=1, gap=2, max_packets=LONG)
    link = model.Link("link", rate_bps=5_000_000_000, propagation_ps=1_000_000, stage=0, target_kind="sink", target=0)
    return model.Plan("long", ("link",), streams, sources=(source,), sinks=(model.Sink("sink"),), links=(link,))


@dataclass(slots=True)
class Seen:
    """What a set of plans has run: arms, handler runs and those that share their instant, plans that had something."""

    arms: Arms
    plans: int = 0
    handled: int = 0
    tied: int = 0
    having: Counter[str] = field(default_factory=Counter)

    def share(self, what: str) -> float:
        """Share of plans that had it."""
        return self.having[what] / max(1, self.plans)

    def __str__(self) -> str:
        shares = ", ".join(f"{what} {100 * self.share(what):.0f} %" for what in sorted(self.having))
        return f"{self.plans} plans, {self.handled} handler runs, {100 * self.tied // max(1, self.handled)} % tied; {shares}"


HAVING = {"parking": ("parked",), "drops": ("dropped",), "exits": EXIT_KINDS}
"""Counters that tell it; pre-emption is seen where a thread is chosen."""
HOOKS = (
    ("        handle(m, m[at + SL_HANDLER]", "        _handled(t)\n        handle(m, m[at + SL_HANDLER]"),
    ("    m[e + E_CURRENT] = best\n", "    _chosen(usable and best != current)\n    m[e + E_CURRENT] = best\n"),
)
BLOCK = 128
"""Draws in a block: some plans use up a few."""

Case = tuple[model.Plan, int, int]
"""A plan, how long to run it (ps), its seed."""


def random_cases(plans: Iterable[int]) -> Iterator[Case]:
    """The random plans of these seeds."""
    return ((*random_plan(seed), seed) for seed in plans)


def library_cases(plans: Iterable[int]) -> Iterator[Case]:
    """The mutated plans of the library of these seeds."""
    known = library()
    return ((mutate(known[seed % len(known)], seed), UNTIL_PS, seed) for seed in plans)


def count(cases: Iterable[Case], rules: int = 0) -> Seen:
    """Run plans on the counted kernel; as CI does, in slices where a slice's end decides something, and nearly all with their log.

    ``rules`` random sequences of polls drive the rules of drivers by themselves, as ``test_adaptation`` does.
    """
    tree, arms = counted(kernel_tree(HOOKS))
    seen, times, preempted = Seen(arms), list[int](), list[bool]()
    given = {"_handled": times.append, "_chosen": preempted.append, **names(arms)}
    code = execute(tree, "kernel_counted", **given)
    engine = functools.partial(TwinEngine, code=code)
    for seed in range(rules):
        data, polls = random_polls(seed)
        driver = KernelDriver(data, code)
        for poll in polls:
            driver.poll(poll)
    with patch.object(draws, "BLOCK_LIMIT", BLOCK):
        for plan, until_ps, seed in cases:
            times.clear()
            preempted.clear()
            made = engine(plan, seed, log=seed % 10 > 0)
            for end in range(1, SLICES + 1) if not plan.executors or plan.locks else (SLICES,):
                made.run(until_ps * end // SLICES)
            _add(seen, made.trace(), times, any(preempted))
    return seen


def _add(seen: Seen, trace: Trace, times: list[int], preempted: bool) -> None:
    seen.plans += 1
    seen.handled += len(times)
    seen.tied += sum(runs for runs in Counter(times).values() if runs > 1)
    seen.having["pre-emption"] += preempted
    for what, metrics in HAVING.items():
        seen.having[what] += any(n for name, n in trace.counters.items() if name.rpartition(".")[2] in metrics)


def main() -> None:
    """List the arms that the plans reach too seldom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=1000, help="random plans (default: %(default)s)")
    parser.add_argument("--mutants", type=int, default=1000, help="mutated library plans (default: %(default)s)")
    parser.add_argument("--least", type=int, default=100, help="list arms below this count (default: %(default)s)")
    parser.add_argument("--rules", type=int, default=800, help="random sequences of polls (default: %(default)s)")
    chosen = parser.parse_args()
    seen = count([*random_cases(range(chosen.plans)), *library_cases(range(chosen.mutants))], chosen.rules)
    arms = seen.arms
    for hits, arm in arms.below(chosen.least):
        print(f"{hits:6} line {arm.line:4} {arm}; {NEVER.get(str(arm), 'to be reached')}")
    missed = [arm for _, arm in arms.below(chosen.least) if str(arm) not in NEVER]
    print(
        f"{len(missed)} of {len(arms.arms)} arms ran fewer than {chosen.least} times, not counting {len(NEVER)} that cannot run"
    )
    print(seen)


if __name__ == "__main__":
    main()
