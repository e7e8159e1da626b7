"""A change of a file in the program as it is loaded: its functions get new code, nothing is imported anew.

1. The old and the new text are compiled and walked side by side; where the code of a function differs, every function object that has the
   old code gets the new one, whoever holds it.
2. What a text does while it is imported cannot be changed that way, nor can a change of the names that a function takes from outside.

*Scope*: a process that is thrown away afterwards. *Validation*: `tests/unit/test_mutation.py`.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

Functions = dict[str, list[FunctionType]]


def functions(folder: str) -> Functions:
    """File below the folder -> all functions of its text that are alive."""
    found: Functions = {}
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename.startswith(folder):
            found.setdefault(one.__code__.co_filename, []).append(one)
    return found


def forget(package: str) -> list[functools._lru_cache_wrapper[object]]:
    """What functions of a package remember of earlier calls, to be cleared where they shall see a change."""
    wrappers = [one for one in gc.get_objects() if type(one) is functools._lru_cache_wrapper]
    return [one for one in wrappers if str(one.__module__).startswith(package)]


def patched(known: list[FunctionType], path: str, old: str, new: str) -> bool:
    """Give the functions of a file their code of the new text; False if the change is not within functions."""
    pairs = dict(_pairs(compile(old, path, "exec"), compile(new, path, "exec")))
    if not pairs or any(after is None for after in pairs.values()):
        return False
    hit = [one for one in known if one.__code__ in pairs]
    try:
        for one in hit:
            one.__code__ = pairs[one.__code__]  # type: ignore[assignment]
    except ValueError:
        return False
    return bool(hit)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """Code of functions that differs, old and new; None where that cannot be given to a function."""
    inside, changed = ([part for part in code.co_consts if isinstance(part, CodeType)] for code in (old, new))
    if _own(old) != _own(new):
        yield old, new if old.co_flags & CO_OPTIMIZED and len(inside) == len(changed) else None
    elif old != new and old.co_flags & CO_OPTIMIZED:
        yield old, new
    for before, after in zip(inside, changed, strict=False):
        yield from _pairs(before, after)


def _own(code: CodeType) -> tuple[object, ...]:
    """What a piece of code does by itself."""
    constants = tuple((type(part), part) for part in code.co_consts if not isinstance(part, CodeType))
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
