"""Puts every function that a module has declared with ``@later`` in the place of its declaration.

Globals are looked up when the entry is compiled, at its first call: a name may be bound until then.

*Scope*: names and parameters; a declaration without a function, or with other parameters, is an error at import.
*Validation*: ``tests/engines/test_rooms.py``.
"""

from __future__ import annotations

import sys
from types import ModuleType


def assemble(package, names):
    """Bind what the modules of ``package`` have declared; each declares only what comes after it."""
    modules = [sys.modules[f"{package}.{name}"] for name in names]
    bound = {}
    for module in reversed(modules):
        for name, value in list(vars(module).items()):
            if getattr(value, "role", None) == "later":
                setattr(module, name, _match(module, value, bound))
        for name, function in functions(module).items():
            if name in bound:
                raise ImportError(f"{name} is defined in {module.__name__} and in {bound[name].__module__}")
            bound[name] = function


def functions(module: ModuleType):
    """The compiled functions that a module defines itself."""
    return {name: value for name, value in vars(module).items() if hasattr(value, "role") and value.__module__ == module.__name__}


def _match(module, declared, bound):
    function = bound.get(declared.__name__)
    if function is None:
        raise ImportError(f"{module.__name__} declares {declared.__name__}, which no later module defines")
    if _parameters(function) != _parameters(declared):
        raise ImportError(f"{module.__name__} declares {declared.__name__} with other parameters than it has")
    return function


def _parameters(function):
    return function.__code__.co_varnames[: function.__code__.co_argcount]
