"""Whether vectors and random plans notice a change of an engine, in a process that has both engines ready.

1. A changed kernel runs as plain Python, with every sum and position checked; a changed reference engine is imported anew.
2. Each runs the conformance vectors, sequences of polls for the rules of drivers, then neighbours of the vectors, random plans, plans of the datapath
   library, corners, random schedules of events and a host of many guests against the traces of the other, untouched engine, whole and in slices.

*Scope*: what `tests/conformance` and `tests/engines` ask, cheapest first. *Validation*: `tests/unit/test_mutation.py` has a change of each that is noticed.
"""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, util
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from simulator.engines.compiled import CompiledEngine, kernel
from simulator.engines.reference import ReferenceEngine
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import Scenario
from simulator.scenario.build import build
from tests.campaign.mutation.operators import Mutant
from tests.conformance.vectors import Vector, differences, run, vectors
from tests.engines import drivers
from tests.engines.agreement import SLICES, execute
from tests.engines.branches import CORNER_PS, corners
from tests.engines.bug import PATIENCE
from tests.engines.library import UNTIL_PS, library
from tests.engines.mutation import mutate
from tests.engines.random_events import happening, last_event_ps
from tests.engines.random_plans import random_plan
from tests.engines.twin import TwinEngine, load

PLANS, LIBRARY, SCHEDULES, POLLS = 400, 60, 60, 800
CASE_CPU_S = 40.0
"""The longest case takes a fifth of that."""
MANY_GUESTS = {
    "schema": 1, "name": "many", "host": {"model": "modern", "cores": 512}, "nic": {"model": "e810"},
    "guests": [{"name": "vm", "count": 70, "datapath": "vhost-net"}],
    "traffic": [{"kind": "request-response"}], "measurement": {"warmup": "0 s", "duration": "100 us"},
}  # fmt: skip
"""More ends of a worker than a word has bits."""
REFERENCE = "simulator.engines.reference"
Case = tuple[str, Plan, int, int]


@functools.cache
def cases() -> tuple[Case, ...]:
    """(name, plan, until when, seed) of everything that both engines run."""
    known = library()
    every = max(1, len(known) // LIBRARY)
    found = [
        (f"beside vector {one.name}", mutate(one.plan, seed), one.data["until"], seed)
        for seed, one in enumerate(asked())
    ]
    random = [random_plan(seed) for seed in range(PLANS)]
    found += [(f"random plan {seed}", *plan, seed) for seed, plan in enumerate(random)]
    found += [(f"library plan {place}", known[place], UNTIL_PS, place) for place in range(0, len(known), every)]
    found += [(f"corner {plan.name}", plan, CORNER_PS, 1) for plan in corners()]
    schedules = enumerate(random[:SCHEDULES])
    found += [
        (f"schedule {seed}", happening(plan, until_ps, seed), until_ps, seed) for seed, (plan, until_ps) in schedules
    ]
    ended = [
        (f"{name} up to its last event", plan, last_event_ps(plan), seed) for name, plan, _, seed in found[-SCHEDULES:]
    ]
    found += ended[::3]
    return (*found, ("many guests", build(Scenario.model_validate(MANY_GUESTS)), UNTIL_PS, 1))


@functools.cache
def asked() -> tuple[Vector, ...]:
    """The conformance vectors."""
    return tuple(vectors())


@functools.cache
def expected(place: int) -> tuple[Trace, ...]:
    """What an untouched engine makes of a case whole, and of every third one in slices too; the compiled one is quicker, and both make the same."""
    _, plan, until_ps, seed = cases()[place]
    return tuple(execute(CompiledEngine, plan, until_ps, seed, slices) for slices in _cuts(place))


def _cuts(place: int) -> tuple[int, ...]:
    return (1, SLICES) if place % 3 == 0 else (1,)


@functools.cache
def polled(seed: int) -> list[Any]:
    """What the untouched rule of a driver makes of a sequence of polls."""
    data, polls = drivers.random_polls(seed)
    driver = drivers.ReferenceDriver(data)
    return [driver.poll(poll) for poll in polls]


def prepare(stage: int) -> None:
    """Compute what every change is compared with in a stage: the vectors, polls, and plans."""
    if stage == 0:
        asked()
    elif stage == 1:
        for seed in range(POLLS):
            polled(seed)
    else:
        for place in range(len(cases())):
            expected(place)


def stages() -> range:
    """All stages, the cheapest first."""
    return range(3)


def noticed(mutant: Mutant, text: str, stage: int) -> str:
    """Who notices the change of a file with that text first in a stage; "" if nobody does. Leaves the process changed: call it in a fork."""
    changed = mutant.apply(text)
    try:
        if mutant.file.startswith("simulator/engines/compiled/kernel/"):
            # the whole file stands once in the kernel
            code = load(((text, changed), *PATIENCE), checked=True)
            _tell_host(code)
            engine, driver = (
                functools.partial(TwinEngine, code=code),
                functools.partial(drivers.KernelDriver, code=code),
            )
        else:
            engine, driver = _reference(mutant.file, changed)
    except Exception as error:  # the change may break anything, and whoever imports it sees that
        return f"{type(error).__name__} on import"
    signal.signal(signal.SIGVTALRM, _too_long)
    return next((_vectors(engine), _rules(driver), _plans(engine))[stage], "")


def _tell_host(code: ModuleType) -> None:
    """What builds the words for the kernel does it with the kernel's numbers: it has the changed ones too."""
    for name, value in vars(code).items():
        if type(value) is int and hasattr(kernel, name):
            setattr(kernel, name, value)


def _too_long(*_: object) -> None:
    raise TimeoutError


def _vectors(engine: Any) -> Iterator[str]:
    for vector in asked():
        if _fails(lambda vector=vector: not differences(vector, run(engine, vector))):
            yield f"vector {vector.name}"


def _plans(engine: Any) -> Iterator[str]:
    for place, (name, plan, until_ps, seed) in enumerate(cases()):
        for slices, wanted in zip(_cuts(place), expected(place), strict=True):
            if _fails(lambda case=(plan, until_ps, seed, slices), wanted=wanted: execute(engine, *case) == wanted):
                yield name if slices == 1 else f"{name} in slices"


def _rules(driver: Callable[..., Any]) -> Iterator[str]:
    for seed in range(POLLS):
        if _fails(lambda seed=seed: _polls(driver, seed) == polled(seed)):
            yield f"polls {seed}"


def _polls(driver: Callable[..., Any], seed: int) -> list[Any]:
    data, polls = drivers.random_polls(seed)
    made = driver(data)
    return [made.poll(poll) for poll in polls]


def _fails(check: Callable[[], bool]) -> bool:
    signal.setitimer(signal.ITIMER_VIRTUAL, CASE_CPU_S)
    try:
        return not check()
    except Exception:  # whatever a change raises is noticed, and so is a case that goes on and on
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _reference(file: str, changed: str) -> tuple[Any, Callable[..., Any]]:
    """The reference engine and the rules of its drivers with a changed file."""
    name = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    for known in [known for known in sys.modules if known.startswith(REFERENCE) or known == drivers.__name__]:
        del sys.modules[known]
    sys.meta_path.insert(0, _Changed(name, file, changed))
    engine = import_module(REFERENCE).ReferenceEngine
    assert engine is not ReferenceEngine
    return engine, import_module(drivers.__name__).ReferenceDriver


class _Changed(SourceFileLoader):
    """Finds and loads one module from a text."""

    def __init__(self, name: str, file: str, text: str) -> None:
        super().__init__(name, str(Path(__file__).resolve().parents[3] / file))
        self._text = text

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        package = Path(self.path).name == "__init__.py"
        return util.spec_from_loader(name, self, is_package=package) if name == self.name else None

    def get_code(self, fullname: str) -> Any:
        return compile(self._text, self.path, "exec")
