"""Every experiment really runs here, or says why not; what a try is judged by; the machine is left as it was."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from simulator.prove import runs
from simulator.prove.bench import Bench, bench
from simulator.prove.experiments import EXPERIMENTS, Experiment
from simulator.prove.runs import Crew, Part, loops


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
def test_an_experiment_runs(experiment: Experiment, crew: Crew, made: Bench) -> None:
    absent = made.absent | ({} if crew.pair.second is not None else {"second core": "only one core"})
    for need in experiment.needs:
        if need in absent:
            pytest.skip(f"{experiment.name}: {need}: {absent[need]}")
    found = next((values for _ in range(30) if (values := experiment.attempt(crew, made)) is not None), None)
    if found is None:
        pytest.skip(f"{experiment.name}: somebody else always took the core")
    assert found["ns"] > 0
    assert found["switches"] >= 0
    assert 0 <= found.get("lost", 0) < 1


def test_there_are_at_least_twelve_with_names_of_their_own() -> None:
    assert len({experiment.name for experiment in EXPERIMENTS}) == len(EXPERIMENTS) >= 12


def part(begin: int, end: int, cpu: int, bad: int = 0) -> Part:
    made = Part.__new__(Part)
    made.out, made.bad, made.switches = np.zeros(loops.WORDS, np.int64), np.array([bad]), 3
    made.out[[loops.BEGIN, loops.END, loops.CPU]] = begin, end, cpu
    return made


def test_a_try_in_which_somebody_else_had_the_core_is_none() -> None:
    assert runs._judge([part(0, 1000, 500), part(0, 1000, 480)], 0, 1000, 10, 1) == {"ns": 100, "switches": 0.6}
    assert runs._judge([part(0, 1000, 500), part(0, 1000, 400)], 0, 1000, 10, 1) is None


def test_a_try_with_a_failed_call_is_none() -> None:
    assert runs._judge([part(0, 1000, 1000, bad=1)], 0, 1000, 10, 1) is None
    assert runs._judge([part(0, 1000, 1000)], 0, 1000, 0, 1) is None


def test_the_machine_is_left_as_it_was() -> None:
    before = sorted(os.listdir("/sys/class/net")), len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208
    namespace = Path("/proc/self/ns/net").readlink()
    with bench():
        pass
    assert (sorted(os.listdir("/sys/class/net")), len(os.listdir("/proc/self/fd")), threading.active_count()) == before  # noqa: PTH208
    assert Path("/proc/self/ns/net").readlink() == namespace
