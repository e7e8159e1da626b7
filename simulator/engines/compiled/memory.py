"""The kernel's memory as numba sees it: a bare pointer to int64.

A numba array travels as seven words and allows negative indices; both cost time at every access and every call. The kernel
needs neither, so its one argument is a pointer. Python code works on ``Memory.words``, an ordinary NumPy array.

*Scope*: reading and writing one int64 by position, unchecked. *Validation*: the same kernel source runs on a Python list in
``tests/engines``, which does check.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import NativeValue, lower_builtin, models, register_model, typeof_impl, unbox

LINE = 8
"""Words in a line of the processor's cache."""


def zeros(words: int) -> Any:
    """So many words of 0, the first of them at the beginning of a line: which fields share a line is then known."""
    room = np.zeros(words + LINE, dtype=np.int64)
    start = -(room.ctypes.data // 8) % LINE
    return room[start : start + words]


def enlarged(words: Any, more: int) -> Any:
    """These words, and ``more`` of 0 behind them."""
    result = zeros(len(words) + more)
    result[: len(words)] = words
    return result


class Memory:
    """Owner of the words; ``address`` is where they start."""

    __slots__ = ("address", "words")

    def __init__(self, words: Any) -> None:
        self.words = np.ascontiguousarray(words, dtype=np.int64)
        self.address = int(self.words.ctypes.data)


class MemoryType(types.Type):  # type: ignore[misc]
    """Numba's type of ``Memory``."""

    def __init__(self) -> None:
        super().__init__(name="Memory")


_MEMORY = MemoryType()


@typeof_impl.register(Memory)
def _typeof(_value: Memory, _context: Any) -> MemoryType:
    return _MEMORY


@register_model(MemoryType)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@unbox(MemoryType)
def _unbox(_kind: Any, value: Any, context: Any) -> NativeValue:
    number = context.pyapi.object_getattr_string(value, "address")
    address = context.pyapi.long_as_longlong(number)
    context.pyapi.decref(number)
    return NativeValue(context.builder.inttoptr(address, ir.IntType(64).as_pointer()))


@infer_global(operator.getitem)
class _TypeGet(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _kws: Any) -> Any:
        if isinstance(args[0], MemoryType):
            return signature(types.int64, args[0], types.int64)
        return None


@infer_global(operator.setitem)
class _TypeSet(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _kws: Any) -> Any:
        if isinstance(args[0], MemoryType):
            return signature(types.none, args[0], types.int64, types.int64)
        return None


@lower_builtin(operator.getitem, MemoryType, types.int64)
def _get(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
    return builder.load(builder.gep(args[0], [args[1]], inbounds=True))


@lower_builtin(operator.setitem, MemoryType, types.int64, types.int64)
def _set(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
    builder.store(args[2], builder.gep(args[0], [args[1]], inbounds=True))
    return context.get_dummy_value()

