"""How often each arm of the kernel's branches runs: what the random plans have really exercised.

1. Every ``if`` has two arms (an ``else`` that is not written counts too), every loop two (entered, not entered), every operand of ``and`` and
   ``or`` two (true, false);
2. ``Counted`` puts a counter into each arm of the twin's syntax tree; ``count`` runs plans on it and gives the arms with their counts;
3. ``python -m tests.engines.branches --plans 2000`` lists the arms that ran fewer than ``--least`` times.

*Scope*: the kernel's source. *Validation*: ``test_branches`` counts a function whose arms are known.
"""

from __future__ import annotations

import argparse
import ast
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.engines.compiled import kernel
from simulator.plan import draws, model
from tests.conformance.vectors import run as run_vector
from tests.conformance.vectors import vectors
from tests.engines.random_plans import random_plan
from tests.engines.twin import WITHOUT_NUMBA, TwinEngine, execute, syntax_tree


LONG = 3000
"""Packets of the plan that fills logs, pools and blocks of draws."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to leave a test: where it stands, what is tested and how it came out."""

    function: str
    line: int
    test: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.line:5} {self.function}: {self.test} -> {self.outcome}"


@dataclass(slots=True)
class Arms:
    """All arms, and how often each has run."""

    arms: list[Arm] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)

    def add(self, arm: Arm) -> int:
        """Number of a new arm."""
        self.arms.append(arm)
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

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:  # noqa: N802
        self._function = node.name
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.If:  # noqa: N802
        hit, missed = self._pair(node.test, node.lineno, "true", "false")
        self.generic_visit(node)
        node.body = [_hit(hit), *node.body]
        node.orelse = [_hit(missed), *node.orelse]
        return node

    def visit_For(self, node: ast.For) -> list[ast.stmt]:  # noqa: N802
        return self._loop(node, node.iter)

    def visit_While(self, node: ast.While) -> list[ast.stmt] | ast.While:  # noqa: N802
        if isinstance(node.test, ast.Constant):
            self.generic_visit(node)
            return node
        return self._loop(node, node.test)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:  # noqa: N802
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
        hit, missed = (self._arms.add(Arm(self._function, line, ast.unparse(test), outcome)) for outcome in outcomes)
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


def long_plan() -> model.Plan:
    """Packets come faster than a link takes them: many at once, many draws, many lines of the log."""
    streams = (draws.uniform("size", 60, 1500), draws.constant("flow", 0), draws.exponential("gap", 1_000_000))
    source = model.Source("source", "open", "link", 0, size=0, flow=1, dst=1, gap=2, max_packets=LONG)
    link = model.Link("link", rate_bps=5_000_000_000, propagation_ps=1_000_000, stage=0, target_kind="sink", target=0)
    return model.Plan("long", ("link",), streams, sources=(source,), sinks=(model.Sink("sink"),), links=(link,))


def count(plans: Iterable[int], *, with_vectors: bool = True) -> Arms:
    """Run the conformance vectors and the random plans of these seeds on the counted kernel."""
    tree, arms = counted(syntax_tree(kernel, WITHOUT_NUMBA))
    engine = functools.partial(TwinEngine, code=execute(tree, "kernel_counted", **names(arms)))
    for vector in vectors() if with_vectors else ():
        run_vector(engine, vector)  # type: ignore[arg-type]
    for seed in plans:
        plan, until_ps = random_plan(seed)
        engine(plan, seed, log=seed % 10 > 0).run(until_ps)
    engine(long_plan(), 1, log=True).run(LONG * 10_000_000)
    return arms


def main() -> None:
    """List the arms that the plans reach too seldom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=2000, help="random plans (default: %(default)s)")
    parser.add_argument("--least", type=int, default=100, help="list arms below this count (default: %(default)s)")
    parser.add_argument("--no-vectors", action="store_true", help="count random plans only")
    chosen = parser.parse_args()
    arms = count(range(chosen.plans), with_vectors=not chosen.no_vectors)
    for hits, arm in arms.below(chosen.least):
        print(f"{hits:6} {arm}")
    print(f"{len(arms.below(chosen.least))} of {len(arms.arms)} arms ran fewer than {chosen.least} times")


if __name__ == "__main__":
    main()
