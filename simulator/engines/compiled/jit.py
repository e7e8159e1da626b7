"""How the kernel is compiled: numba's options in one place, a cache that cannot go stale, and no work done twice.

``_nrt=False`` removes reference counting of arrays (and forbids allocation in the kernel); ``forceinline`` is for the small helpers.
The cache folder is named after a hash of the kernel's source, this file and numba's version, because numba's own key does not see every edit;
where no folder can be written the kernel is compiled in memory.

numba optimises and emits every function together with all that it calls, so that a deep call graph is compiled many times over (half of 50 s).
``_only_the_entry`` keeps that work for the entry, which holds everything; see ``docs/decisions/0006-kernel-compilation.md``.

*Scope*: compilation only. *Validation*: the engine tests run the compiled kernel; ``tests/engines`` runs the same source without numba.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MethodType
from typing import Any

import numba
from numba.core import config, cpu, targetconfig, types
from numba.core.codegen import JITCodeLibrary
from numba.extending import intrinsic

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_LOCK = threading.Lock()


def _cache_key(folder: Path) -> str:
    """Of every module that decides what is compiled, and where it stands; numba's own key knows the entry's module only."""
    paths = sorted([*(folder / "kernel").rglob("*.py"), folder / "jit.py", folder / "draws.py"])
    sources = b"".join(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0" for path in paths)
    return hashlib.sha256(sources + numba.__version__.encode() + str(config.BOUNDSCHECK).encode()).hexdigest()[:16]


def _cache_folder() -> Path | None:
    key = _cache_key(Path(__file__).parent)
    bases = [os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME"), os.path.expanduser("~/.cache")]
    for base in filter(None, bases):
        folder = Path(base) / "sriovsim" / key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return folder
    return None


def later(function: Callable[..., Any]) -> Any:
    """Declare a kernel function of a later module; ``kernel.assembly`` binds the name to the function itself."""
    function.is_later = True  # type: ignore[attr-defined]
    return function


def helper(function: Callable[..., Any]) -> Any:
    """Compile a kernel function that only other kernel functions call."""
    return numba.njit(**_OPTIONS, **_BARE)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small kernel function into its callers."""
    return numba.njit(**_OPTIONS, **_BARE, forceinline=True)(function)


@intrinsic  # type: ignore[misc]
def quotient(_context: Any, _a: Any, _b: Any) -> Any:
    """a // b for a >= 0 and b > 0: one instruction, where signs and zero would take a dozen."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.udiv(*args)

    return types.int64(types.int64, types.int64), generate


def entry(function: Callable[..., Any]) -> Any:
    """Compile the kernel's entry: called from Python, without the GIL, cached on disk where that is possible."""
    folder = _cache_folder()
    previous = config.CACHE_DIR
    try:
        config.CACHE_DIR = str(folder or "")
        return numba.njit(**_OPTIONS, nogil=True, cache=folder is not None)(function)
    finally:
        config.CACHE_DIR = previous


def compile_entry(function: Any, *arguments: Any, notice: str = "") -> None:
    """Compile ``function`` (an ``entry``) for these arguments by calling it once, or load it from the cache; ``notice`` goes to stderr if it takes long."""
    with _LOCK, _only_the_entry(function.py_func):
        if function.signatures or _loaded(function, arguments):
            return
        if notice and not _is_cached(function.py_func):
            print(notice, file=sys.stderr, flush=True)
        function(*arguments)


def _loaded(function: Any, arguments: tuple[Any, ...]) -> bool:
    """Take the machine code from the cache, if it is there, without numba's registries of everything that could be compiled: to run it,
    none is needed, and importing them takes longer than a small comparison."""
    context = function.targetctx
    context.refresh = lambda: None
    try:
        signature = tuple(map(function.typeof_pyval, arguments))
        found = function._cache.load_overload(signature, context)
    finally:
        del context.refresh
    if found is not None:
        context.insert_user_function(found.entry_point, found.fndesc, [found.library])
        function.add_overload(found)
    return found is not None


def _is_cached(function: Callable[..., Any]) -> bool:
    folder = _cache_folder()
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
    return folder is not None and any(folder.rglob(f"{name}-*.nbi"))


def is_helper(symbol: str, entry: Callable[..., Any]) -> bool:
    """Whether a symbol of the compiled module is a function of the entry's package, in whatever room, but not the entry itself or its wrapper."""
    parts = entry.__module__.split(".")
    package, path = ("".join(f"{len(part)}{part}" for part in some) for some in (parts[:-1], [*parts, entry.__qualname__]))
    return package in symbol and path not in symbol


@contextmanager
def _only_the_entry(entry: Callable[..., Any]) -> Iterator[None]:
    """While compiling, let numba link helpers without optimising or emitting each, and type each once, not once per literal argument."""
    name = entry.__qualname__
    finalize, get_executable, equal = JITCodeLibrary.finalize, cpu.CPUContext.get_executable, targetconfig.TargetConfig.__eq__
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

    def lean_executable(self: Any, library: Any, fndesc: Any, env: Any) -> Any:
        # a helper is never called from Python; numba only wants an object of this type, a different one for each
        return get_executable(self, library, fndesc, env) if library.name == name else [].append

    def quick_equal(self: Any, other: Any) -> Any:
        same = isinstance(other, targetconfig.TargetConfig) and self._values == other._values
        return same or equal(self, other)

    def plain_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        return call_type(self, context, tuple(types.unliteral(arg) for arg in args), kws)

    try:
        types.Dispatcher.get_call_type = plain_call_type
        JITCodeLibrary.finalize, cpu.CPUContext.get_executable = lean_finalize, lean_executable
        targetconfig.TargetConfig.__eq__ = quick_equal
        yield
    finally:
        JITCodeLibrary.finalize, cpu.CPUContext.get_executable = finalize, get_executable
        targetconfig.TargetConfig.__eq__ = equal
        types.Dispatcher.get_call_type = call_type
