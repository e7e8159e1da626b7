"""Small faults that a programmer could make, each a change of a few characters of one file.

1. Comparisons slip by one or turn round, sums become differences, `and` becomes `or`, a test loses its `not` or gets one, a number
   is one too large, True is False, `min` is `max`, a statement that acts is left out.
2. Texts, colours, docstrings, messages of errors, decorators, types, what only a type checker reads and how strict a zip is stay as they are;
   so do numbers of charts, which are sizes and places.

*Scope*: one change at a time. *Validation*: `tests/unit/test_mutation.py` lists all changes of a small module.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass
from hashlib import sha256

COMPARED = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
}  # fmt: skip
COMPUTED = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.FloorDiv: ("//", "*"), ast.Div: ("/", "*"), ast.Mod: ("%", "//"),
    ast.LShift: ("<<", ">>"), ast.RShift: (">>", "<<"),
}  # fmt: skip
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
NO_NUMBERS = "simulator/charts/"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `start` and `end` are positions in the text of `file`."""

    file: str
    start: int
    end: int
    old: str
    new: str
    line: int
    function: str

    def apply(self, text: str) -> str:
        """The text with the change."""
        assert text[self.start : self.end] == self.old
        return text[: self.start] + self.new + text[self.end :]

    def key(self, text: str) -> str:
        """Names it as long as its surroundings stay: file, function, the line's text and the change within it."""
        begin = text.rfind("\n", 0, self.start) + 1
        before = text[begin : self.start]
        end = text.find("\n", self.end)
        content = [self.file, self.function, before, self.old, self.new, text[self.end : end]]
        return sha256("\0".join(content).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        old, new = (" ".join(part.split())[:60] or "nothing" for part in (self.old, self.new))
        return f"{self.file}:{self.line} {self.function}: {old} -> {new}"


def mutants(file: str, text: str) -> list[Mutant]:
    """All changes of a file, in order."""
    finder = _Finder(file, text)
    finder.visit(ast.parse(text))
    found = {(one.start, one.end, one.new): one for one in finder.found}
    return [found[key] for key in sorted(found)]


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, text: str) -> None:
        self.file, self.text, self.found = file, text, list[Mutant]()
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._functions: list[str] = []
        self._numbers = not file.startswith(NO_NUMBERS)

    def _at(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        row = self.text[start : self._starts[line]]
        return start + len(row.encode()[:column].decode())

    def _span(self, node: ast.AST) -> tuple[int, int]:
        place: ast.expr = node  # type: ignore[assignment]
        return self._at(place.lineno, place.col_offset), self._at(place.end_lineno or 0, place.end_col_offset or 0)

    def _add(self, start: int, end: int, new: str) -> None:
        line = bisect_right(self._starts, start)
        function = ".".join(self._functions) or "module"
        self.found.append(Mutant(self.file, start, end, self.text[start:end], new, line, function))

    def _between(self, left: ast.AST, right: ast.AST, old: str, new: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        pattern = r"\s+".join(map(re.escape, old.split()))
        if old[0].isalpha():
            pattern = rf"\b{pattern}\b"
        found = re.search(pattern, self.text[start:end])
        if found:
            self._add(start + found.start(), start + found.end(), new)

    # What is never changed

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """The message is a text; leaving the statement out is a fault."""
        self._leave_out(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """It tells a type checker what is so."""

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node.name, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        self._inside(node.name, node.body)

    def _inside(self, name: str, body: list[ast.stmt]) -> None:
        self._functions.append(name)
        for statement in body:
            self.visit(statement)
        self._functions.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    # What is changed

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def _negate(self, test: ast.expr) -> None:
        if isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.BoolOp, ast.Subscript, ast.NamedExpr)):
            start, end = self._span(test)
            self._add(start, end, f"not ({self.text[start:end]})")

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            self._between(left, right, *COMPARED[type(operator)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        literal = isinstance(node.left, (ast.JoinedStr, ast.Constant)) and isinstance(
            getattr(node.left, "value", ""), str
        )
        if type(node.op) in COMPUTED and not literal:
            self._between(node.left, node.right, *COMPUTED[type(node.op)])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in COMPUTED:
            old, new = COMPUTED[type(node.op)]
            self._between(node.target, node.value, f"{old}=", f"{new}=")
        self._leave_out(node)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, *words)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            start, end = self._span(node)
            # with the brackets around what was denied
            self._add(start, end, self.text[start + len("not") : end].lstrip())
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in SWAPPED:
            self._add(*self._span(node.func), SWAPPED[node.func.id])
        # whether a zip is strict says, as an assertion does, what is so
        kept = [key for key in node.keywords if key.arg != "strict"]
        for part in (node.func, *node.args, *kept):
            self.visit(part)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(*self._span(node), str(not node.value))
        elif isinstance(node.value, (int, float)) and self._numbers:
            start, end = self._span(node)
            self._add(start, end, f"({self.text[start:end]} + 1)")

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self._leave_out(node)
            self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._leave_out(node)

    def visit_Break(self, node: ast.Break) -> None:
        self._leave_out(node)

    def _leave_out(self, node: ast.stmt) -> None:
        self._add(*self._span(node), "pass")
