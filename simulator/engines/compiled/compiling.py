"""From marked functions to machine code: numba's types and options in one place, and no work done twice.

``_nrt=False`` removes reference counting of arrays (and forbids allocation in the kernel); ``forceinline`` is for the small helpers.
Words are a bare pointer: a numba array travels as seven words and allows negative indices, and both cost time at every access and every call.

numba optimises and emits every function together with all that it calls, so that a deep call graph is compiled many times over (half of 50 s).
``_only_the_entry`` keeps that work for the entry, which holds everything; see ``docs/decisions/0006-kernel-compilation.md``.

*Scope*: compilation only; reading and writing words is unchecked. *Validation*: the engine tests run the compiled kernel; ``tests/engines`` runs
the same source on a Python list, which does check.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import numba
from llvmlite import ir
from numba.core import cpu, targetconfig, types
from numba.core.codegen import JITCodeLibrary
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from simulator.engines.compiled import jit

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class Words(types.Type):  # type: ignore[misc]
    """Where integers of one type stand in memory."""

    def __init__(self, item: Any) -> None:
        self.item = item
        super().__init__(name=f"Words({item})")


@register_model(Words)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@infer_global(operator.getitem)
class _TypeGet(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _kws: Any) -> Any:
        return signature(args[0].item, args[0], types.int64) if isinstance(args[0], Words) else None


@infer_global(operator.setitem)
class _TypeSet(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _kws: Any) -> Any:
        return signature(types.none, args[0], types.int64, args[0].item) if isinstance(args[0], Words) else None


@lower_builtin(operator.getitem, Words, types.int64)
def _get(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
    return builder.load(builder.gep(args[0], [args[1]], inbounds=True))


@lower_builtin(operator.setitem, Words, types.int64, types.Integer)
def _set(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
    builder.store(args[2], builder.gep(args[0], [args[1]], inbounds=True))
    return context.get_dummy_value()


@intrinsic  # type: ignore[misc]
def quotient(_context: Any, _a: Any, _b: Any) -> Any:
    """See ``jit.quotient``."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.udiv(*args)

    return types.int64(types.int64, types.int64), generate


@intrinsic  # type: ignore[misc]
def product_high(_context: Any, _a: Any, _b: Any) -> Any:
    """See ``draws.product_high``."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(arg, wide) for arg in args))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic  # type: ignore[misc]
def float_bits(_context: Any, _word: Any) -> Any:
    """See ``draws.float_bits``."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(builder.sitofp(args[0], ir.DoubleType()), ir.IntType(64))

    return types.uint64(types.uint64), generate


_INSTRUCTIONS = {"quotient": quotient, "product_high": product_high, "float_bits": float_bits}
_KINDS = {
    jit.INT: types.int64, jit.UNSIGNED: types.uint64, jit.WORDS: Words(types.int64), jit.UNSIGNED_WORDS: Words(types.uint64),
}  # fmt: skip


def machine_code(entry: Callable[..., Any], kinds: tuple[str, ...]) -> tuple[str, bytes]:
    """(symbol, object file) of a function of C: a status from where the result goes, where an error goes, and the arguments."""
    dispatcher = _Unit().compiled(entry)
    arguments = tuple(_KINDS[kind] for kind in kinds)
    with _only_the_entry(entry):
        dispatcher.compile(arguments)
    made = dispatcher.overloads[arguments]
    library = made.library
    return made.fndesc.llvm_func_name, library._codegen._tm.emit_object(library._final_module)


class _Unit:
    """The functions of one compilation: each gets globals in which marked functions are what numba makes of them."""

    def __init__(self) -> None:
        self._made: dict[Callable[..., Any], Any] = {}
        self._globals: dict[int, dict[str, Any]] = {}

    def compiled(self, function: Callable[..., Any], role: str = "") -> Any:
        """A function for numba."""
        if function not in self._made:
            if role == "instruction":
                self._made[function] = _INSTRUCTIONS[function.__name__]
            else:
                own = FunctionType(function.__code__, self._names(function), function.__name__)
                self._made[function] = numba.njit(**_OPTIONS, forceinline=role == "inlined")(own)
        return self._made[function]

    def _names(self, function: Callable[..., Any]) -> dict[str, Any]:
        key = id(function.__globals__)
        if key not in self._globals:
            names = self._globals[key] = dict(function.__globals__)
            for name, value in names.items():
                role = getattr(value, "role", None)
                if role in ("helper", "inlined", "instruction"):
                    names[name] = self.compiled(value, role)
        return self._globals[key]


def is_helper(symbol: str, entry: Callable[..., Any]) -> bool:
    """Whether a symbol of the compiled module is a function of the entry's package, in whatever room, but not the entry itself."""
    parts = entry.__module__.split(".")
    package, path = ("".join(f"{len(part)}{part}" for part in some) for some in (parts[:-1], [*parts, entry.__qualname__]))
    return package in symbol and path not in symbol


@contextmanager
def _only_the_entry(entry: Callable[..., Any]) -> Iterator[None]:
    """While compiling, let numba link helpers without optimising or emitting each, and type each once, not once per literal argument."""
    name = entry.__qualname__
    finalize, executable, equal = JITCodeLibrary.finalize, cpu.CPUContext.get_executable, targetconfig.TargetConfig.__eq__
    call_type, optimize = types.Dispatcher.get_call_type, JITCodeLibrary._optimize_final_module

    def private_helpers(self: Any) -> None:
        # nobody else calls the linked helpers: the optimiser may change their arguments and drop what it has inlined
        for function in self._final_module.functions:
            if not function.is_declaration and is_helper(function.name, entry):
                function.linkage = "internal"
        optimize(self)

    def lean_finalize(self: Any) -> None:
        if self.name == name:
            self._optimize_final_module = MethodType(private_helpers, self)
            return finalize(self)
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()
        self._finalized = True
        return None

    def no_executable(_self: Any, library: Any, _fndesc: Any, _env: Any) -> Any:
        library._ensure_finalized()
        return [].append  # numba calls none from Python; it only wants an object of this type, a different one for each

    def quick_equal(self: Any, other: Any) -> Any:
        same = isinstance(other, targetconfig.TargetConfig) and self._values == other._values
        return same or equal(self, other)

    def plain_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        return call_type(self, context, tuple(types.unliteral(arg) for arg in args), kws)

    try:
        types.Dispatcher.get_call_type = plain_call_type
        JITCodeLibrary.finalize, cpu.CPUContext.get_executable = lean_finalize, no_executable
        targetconfig.TargetConfig.__eq__ = quick_equal
        yield
    finally:
        JITCodeLibrary.finalize, cpu.CPUContext.get_executable = finalize, executable
        targetconfig.TargetConfig.__eq__ = equal
        types.Dispatcher.get_call_type = call_type
