"""What is compiled and how its machine code is kept: the parts of a kernel are marked here, numba is imported only when there is no code yet.

1. ``helper``, ``inlined``, ``later``, ``instruction`` say what a function is for; the function stays as it was.
2. ``entry`` makes what Python calls: its machine code is read from the cache folder, or made by ``compiling`` and left there.
3. Machine code is an object file of one function of C. LLVM's linker puts it into memory, ctypes calls it without the interpreter's lock.

The folder of machine code is named after everything that decides its content: sources, versions, processor, numba's settings. A file's first line is
the hash of the rest: what is torn is made anew. Where no folder can be written the kernel is compiled in every process.

*Scope*: loading and calling; ``compiling`` compiles. *Validation*: the engine tests run the compiled kernel; ``tests/engines`` runs the same source
without numba and damages the cache.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulator.formats.files import write_whole

INT, UNSIGNED, WORDS, UNSIGNED_WORDS = "int64", "uint64", "words", "unsigned words"
"""What an entry takes: numbers of 64 bits, or where such numbers stand in memory."""
_IN_C = {INT: ctypes.c_int64, UNSIGNED: ctypes.c_uint64, WORDS: ctypes.c_void_p, UNSIGNED_WORDS: ctypes.c_void_p}
_LOCK = threading.Lock()


def later(function: Callable[..., Any]) -> Any:
    """Declare a kernel function of a later module; ``kernel.assembly`` binds the name to the function itself."""
    function.role = "later"  # type: ignore[attr-defined]
    return function


def helper(function: Callable[..., Any]) -> Any:
    """Compile a kernel function that only other kernel functions call."""
    function.role = "helper"  # type: ignore[attr-defined]
    return function


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small kernel function into its callers."""
    function.role = "inlined"  # type: ignore[attr-defined]
    return function


def instruction(function: Callable[..., Any]) -> Any:
    """What the processor does by itself; ``compiling`` has its code under the same name."""
    function.role = "instruction"  # type: ignore[attr-defined]
    return function


@instruction
def quotient(a: int, b: int) -> int:
    """a // b for a >= 0 and b > 0: one instruction, where signs and zero would take a dozen."""
    return a // b


class Entry:
    """A compiled function that Python calls, with addresses where it takes words; it returns an integer."""

    def __init__(self, function: Callable[..., Any], kinds: tuple[str, ...], notice: str) -> None:
        self.function, self.kinds, self.notice = function, kinds, notice
        self.role, self.__name__, self.__module__ = "entry", function.__name__, function.__module__
        self._code: Callable[..., int] | None = None
        self._engine: Any = None

    def __call__(self, *arguments: int) -> int:
        """Run it; the first time compile it, unless its code is in the cache."""
        if self._code is None:
            self.prepare()
        result, nothing = ctypes.c_int64(), ctypes.c_void_p()
        self._code(ctypes.byref(result), ctypes.byref(nothing), *arguments)  # type: ignore[misc]
        return result.value

    def prepare(self) -> None:
        """Have the machine code ready; ``notice`` goes to stderr if it has to be made."""
        with _LOCK:
            if self._code is None:
                self._link(*(self._kept() or self._made()))

    def _kept(self) -> tuple[str, bytes] | None:
        path = self._path()
        with suppress(OSError, AttributeError):
            checksum, _, content = path.read_bytes().partition(b"\n")  # type: ignore[union-attr]
            symbol, _, code = content.partition(b"\n")
            if checksum.decode("ascii", "replace") == hashlib.sha256(content).hexdigest():
                return symbol.decode(), code
        return None

    def _made(self) -> tuple[str, bytes]:
        from simulator.engines.compiled.compiling import machine_code

        if self.notice:
            print(self.notice, file=sys.stderr, flush=True)
        symbol, code = machine_code(self.function, self.kinds)
        path, content = self._path(), symbol.encode() + b"\n" + code
        if path is not None:
            with suppress(OSError):
                write_whole(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        return symbol, code

    def _path(self) -> Path | None:
        folder = _cache_folder()
        return None if folder is None else folder / f"{self.__name__}.o"

    def _link(self, symbol: str, code: bytes) -> None:
        from llvmlite import binding

        machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(jit=True)
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)  # keeps the code in memory
        self._engine.add_object_file(binding.object_file.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        # numba's functions return a status, which is 0 where nothing is raised, and write results and errors to the first two addresses
        kinds = (ctypes.c_void_p, ctypes.c_void_p, *(_IN_C[kind] for kind in self.kinds))
        self._code = ctypes.CFUNCTYPE(ctypes.c_int, *kinds)(self._engine.get_function_address(symbol))


def entry(*kinds: str, notice: str = "") -> Callable[[Callable[..., Any]], Entry]:
    """Compile the kernel's entry, which takes arguments of these kinds: called from Python, without the GIL, kept on disk where that is possible."""
    return lambda function: Entry(function, kinds, notice)


def _cache_key(folder: Path) -> str:
    """Of every module that decides what is compiled and of where it runs."""
    paths = sorted([*(folder / "kernel").rglob("*.py"), *(folder / f"{name}.py" for name in ("jit", "compiling", "draws"))])
    sources = b"".join(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0" for path in paths)
    return hashlib.sha256(sources + repr(_surroundings()).encode()).hexdigest()[:16]


def _surroundings() -> tuple[object, ...]:
    from llvmlite import binding

    with suppress(RuntimeError):  # newer ones need it no more, and say so
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_") and not item[0].endswith("_DIR"))
    processor = binding.get_process_triple(), binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    return sys.version_info[:2], version("numba"), version("llvmlite"), *processor, settings


@cache
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
