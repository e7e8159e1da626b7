"""The kernel's modules are one compilation unit: declared names are bound, every edit counts, only the entry is public."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from numba.core.funcdesc import default_mangler

from simulator.engines import reference
from simulator.engines.compiled import compiling, jit, kernel
from simulator.engines.compiled.kernel import assembly
from tests.engines.twin import kernel_files

MODULES = [assembly.sys.modules[f"{kernel.__name__}.{name}"] for name in kernel.MODULES]
FUNCTIONS = [function for module in MODULES for function in assembly.functions(module).values()]
COMPILED = Path(str(jit.__file__)).parent
OTHERS = ("jit.py", "compiling.py", "draws.py")
ONLY_KERNEL = {"clock.nodes", "queues.gates", "workers.notifications", "loop"}
"""Pools and lists, a record that two classes share, half of a class that is long as functions, the reference's SimPy."""
ONLY_REFERENCE = {"workers.exit_worker", "engine"}
"""A class that overrides what in the kernel is a comparison of kinds, and what is `compiled.engine` here."""
WIRING = {"__init__", "later", "world", "assembly"}


def modules_of(package: ModuleType) -> set[str]:
    folder = Path(str(package.__file__)).parent
    paths = [path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py")]
    return {".".join(path.parts) for path in paths if path.stem not in WIRING}


def test_a_class_and_its_twin_are_in_modules_of_one_name() -> None:
    here, there = modules_of(kernel), modules_of(reference)
    assert here - there == ONLY_KERNEL
    assert there - here == ONLY_REFERENCE


def test_modules_are_short() -> None:
    files = kernel_files()
    assert len(files) == len(modules_of(kernel)) + 1  # clock.world
    assert max(path.read_text(encoding="utf-8").count("\n") for path in files) <= 400


def test_every_declared_function_is_bound() -> None:
    assert [
        name for module in MODULES for name, value in vars(module).items() if getattr(value, "role", None) == "later"
    ] == []
    names = [function.__name__ for function in FUNCTIONS]
    assert len(set(names)) == len(names) > 150


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(f"rooms.{name}")
    vars(made).update(names)
    for value in names.values():
        value.__module__ = made.__name__
    return made


def declared(m: Any, f: Any) -> None:
    """Stands for a function of a later module."""


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ({}, "no later module defines"),
        ({"declared": jit.helper(lambda m: m)}, "other parameters"),
        ({"declared": jit.helper(lambda m, f: (m, f)), "first": jit.helper(lambda m: m)}, "defined in"),
    ],
)
def test_wrong_declarations_are_errors(later: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = {"a": module("a", declared=jit.later(declared), first=jit.helper(lambda m: m)), "b": module("b", **later)}
    for name, room in rooms.items():
        monkeypatch.setitem(assembly.sys.modules, f"rooms.{name}", room)
    with pytest.raises(ImportError, match=message):
        assembly.assemble("rooms", rooms)


def test_what_comes_before_cannot_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = {"a": module("a", declared=jit.helper(lambda m, f: (m, f))), "b": module("b", declared=jit.later(declared))}
    for name, room in rooms.items():
        monkeypatch.setitem(assembly.sys.modules, f"rooms.{name}", room)
    with pytest.raises(ImportError, match="no later module defines"):
        assembly.assemble("rooms", rooms)


@pytest.mark.parametrize(
    "edited", [*(path.relative_to(COMPILED) for path in kernel_files()), *map(Path, OTHERS)], ids=str
)
def test_an_edit_in_any_module_compiles_anew(edited: Path, tmp_path: Path) -> None:
    shutil.copytree(COMPILED / "kernel", tmp_path / "kernel")
    for name in OTHERS:
        shutil.copy(COMPILED / name, tmp_path)
    before = jit._cache_key(tmp_path)
    assert before == jit._cache_key(COMPILED)
    text = (tmp_path / edited).read_text(encoding="utf-8")
    (tmp_path / edited).write_text(text.replace("return", "return ", 1) + "#", encoding="utf-8")
    assert jit._cache_key(tmp_path) != before


def test_helpers_of_all_rooms_are_private_and_the_entry_is_not() -> None:
    entry = kernel.run.function
    functions = [function for function in FUNCTIONS if function is not kernel.run]
    assert len(functions) == len(FUNCTIONS) - 1
    assert all(compiling.is_helper(symbol(function), entry) for function in functions)
    assert not compiling.is_helper(symbol(entry), entry)
    assert not compiling.is_helper("NRT_incref", entry)


def symbol(function: Any) -> str:
    return str(default_mangler(f"{function.__module__}.{function.__qualname__}", ()))
