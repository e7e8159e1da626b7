"""The kernel's own source on a list of Python integers: what numba compiles, without numba and without 64 bits.

1. ``kernel_tree`` reads the kernel's modules, edits their text (planted bugs) and puts them together as one module, in
   which every name has one meaning; ``load`` edits its syntax tree (checking) and runs it with decorators that do nothing;
2. ``TwinEngine`` is the compiled engine around the ``run`` of that module: the words go into a list before a call and
   back into int64 after it;
3. ``Checked`` makes every sum and product prove that it fits int64, every position that it lies inside a record.

Pools, logs, blocks of draws and the calendar's horizon are kept short here, so that growing and refilling happen in small plans too.

*Scope*: running the kernel; the rules are the kernel's. *Validation*: ``test_twin`` compares it with the compiled
kernel, field for field of the trace.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from simulator.engines.compiled import CompiledEngine, engine, image, kernel, records
from simulator.plan import slots
from simulator.plan.draws import Draws
from simulator.plan.model import Plan

Edits = tuple[tuple[str, str], ...]

WITHOUT_NUMBA = """
helper = inlined = lambda function: function
entry = lambda *kinds, notice: helper
INT = WORDS = None
"""
DRAW_MARGIN = 64
GROWTH = 8
LOG_ROWS = 200 - 4 * 256
"""The engine adds 8 margins of at least 256 lines and hands the log over when 4 of them are left: after 200 lines."""
HORIZON = ("HORIZON = 1 << 38", "HORIZON = 1 << 24")
"""The calendar moves its base every 17 us, so that small plans see it too."""
LIMIT = 1 << 63


def edited(text: str, edits: Edits) -> str:
    """``text`` with each old piece replaced by the new one; LookupError unless a piece stands there exactly once."""
    for old, new in edits:
        if text.count(old) != 1:
            raise LookupError(f"found {text.count(old)} times instead of once:\n{old}")
        text = text.replace(old, new)
    return text


def syntax_tree(module: ModuleType, edits: Edits = ()) -> ast.Module:
    """The tree of a module's source after the edits; line numbers hold as far as the edits keep them."""
    return ast.parse(edited(Path(str(module.__file__)).read_text(encoding="utf-8"), edits))


def kernel_tree(edits: Edits = ()) -> ast.Module:
    """The kernel as one module without numba; each old piece of the edits must stand in it exactly once."""
    texts = {path: path.read_text(encoding="utf-8") for path in kernel_files()}
    for old, new in edits:
        places = [path for path, text in texts.items() if old in text]
        if len(places) != 1:
            raise LookupError(f"found in {len(places)} modules instead of once:\n{old}")
        texts[places[0]] = edited(texts[places[0]], ((old, new),))
    body = ast.parse(WITHOUT_NUMBA).body
    for text in texts.values():
        body += [statement for statement in ast.parse(text.replace(*HORIZON)).body if not _only_binds(statement)]
    return ast.Module(body, [])


def kernel_files() -> list[Path]:
    """The kernel's modules in their order."""
    package = f"{kernel.__name__}."
    return [Path(str(sys.modules[package + name].__file__)) for name in kernel.MODULES]


def _only_binds(statement: ast.stmt) -> bool:
    """Whether a statement only says where a name comes from."""
    declared = isinstance(statement, ast.FunctionDef) and any(
        ast.unparse(d) == "later" for d in statement.decorator_list
    )
    return declared or isinstance(statement, ast.ImportFrom)


def execute(tree: ast.Module, name: str, **given: Any) -> ModuleType:
    """Run a tree as a fresh module that finds ``given`` among its names."""
    module = ModuleType(name)
    vars(module).update(given, quotient=_quotient)
    # dataclasses look their module up by name
    with mock.patch.dict("sys.modules", {name: module}):
        exec(compile(ast.fix_missing_locations(tree), name, "exec"), vars(module))
    return module


@functools.cache
def load(edits: Edits = (), *, checked: bool = False) -> ModuleType:
    """The kernel as plain Python; ``checked`` adds the proofs of ``Checked``."""
    tree = kernel_tree(edits)
    if not checked:
        return execute(tree, "kernel_twin")
    return execute(Checked().visit(tree), "kernel_checked", _fits=_fits, _inside=_inside)


@functools.cache
def load_slots(edits: Edits) -> ModuleType:
    """The slot numbers after edits."""
    return execute(syntax_tree(slots, edits), "slots_twin")


def _fits(value: int) -> int:
    if -LIMIT <= value < LIMIT:
        return value
    raise OverflowError(f"{value} does not fit int64")


def _quotient(a: int, b: int) -> int:
    if a >= 0 < b:
        return a // b
    raise OverflowError(f"{a} / {b} is no quotient without signs")


def _inside(position: int) -> int:
    if position >= kernel.HEADER:
        return position
    raise IndexError(f"position {position} is in no record")


class Checked(ast.NodeTransformer):
    """Wraps sums, differences, products and left shifts in ``_fits``, positions but header fields in ``_inside``."""

    GROWING = (ast.Add, ast.Sub, ast.Mult, ast.LShift)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        # the layout at the top of the module is no computation
        if not isinstance(node.targets[0], ast.Tuple):
            self.generic_visit(node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        if not (isinstance(node.slice, ast.Name) and node.slice.id.isupper()):
            node.slice = _call("_inside", _Positions().visit(node.slice))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _call("_fits", node) if isinstance(node.op, self.GROWING) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if not isinstance(node.op, self.GROWING):
            return node
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        return self.visit(ast.Assign([node.target], ast.BinOp(read, node.op, node.value)))  # type: ignore[no-any-return]


class _Positions(ast.NodeTransformer):
    """Inside a position only the positions read on the way are checked: sums of positions are small."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        return Checked().visit_Subscript(node)


def _call(function: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(function, ast.Load()), [argument], [])


def _short_draws(streams: Sequence[Any], seed: int, replication: int) -> Draws:
    return Draws(streams, seed, replication, block_budget=0)


class TwinEngine(CompiledEngine):
    """A plan on the kernel's source in plain Python; see ``simulator.plan.trace.Engine``. Times are picoseconds.

    ``code`` is what ``load`` gives, ``numbers`` what ``load_slots`` gives. OverflowError where words would wrap.
    """

    def __init__(
        self,
        plan: Plan,
        seed: int,
        replication: int = 0,
        *,
        log: bool = False,
        code: ModuleType | None = None,
        numbers: ModuleType = slots,
    ) -> None:
        self._code = code or load()
        self._numbers = numbers
        with self._short():
            super().__init__(plan, seed, replication, log=log)

    def run(self, until_ps: int) -> None:
        """Handle everything up to and including ``until_ps``."""
        with self._short():
            super().run(until_ps)

    @contextmanager
    def _short(self) -> Iterator[None]:
        small = mock.patch.multiple(engine, _LOG_BLOCK=LOG_ROWS, _GROWTH=GROWTH, Draws=_short_draws)
        margin = mock.patch.multiple(image, DRAW_MARGIN=DRAW_MARGIN, slot_numbers=self._numbers)
        with small, margin, mock.patch.object(records, "READY_FROM", 2):
            yield

    def _call(self, until_ps: int) -> int:
        words = self._memory.tolist()
        status = int(self._code.run(words, until_ps))
        self._memory[:] = words
        return status


def checked_engine(plan: Plan, seed: int, replication: int = 0, *, log: bool = False) -> TwinEngine:
    """A twin that proves every sum and every position."""
    return TwinEngine(plan, seed, replication, log=log, code=load(checked=True))
