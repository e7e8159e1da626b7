"""Many jobs on several workers: threads for the engine that releases the interpreter lock, processes for the other.

1. Jobs are taken from an iterator as workers fall free, so a sweep of 100,000 points is never in memory at once.
2. A job that raises gives its exception as its result; the others go on.
3. A worker process that dies takes the whole pool with it. Its jobs are then repeated one by one, each in a pool of
   its own: the one that dies again is the only failure.
4. A worker process whose parent is gone ends by itself.
5. Ctrl-C sets the stop flag, which jobs look at between slices, and is raised again when the workers have ended.

*Scope*: one machine. Results come in the order of completion; whoever collects them puts them in order.
*Validation*: tests/unit/test_study_parts.py (same results for any number of workers, a killed worker, an interrupt).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_all_start_methods, get_context, parent_process
from threading import Event, Thread
from typing import Any

from simulator.errors import EngineError

Run = Callable[[Any, Callable[[], bool]], Any]
Outcome = Any
PER_WORKER = 2
"""Jobs handed out per worker: one running, one waiting."""

_stop_flag: Any = None


def fan_out(
    run: Run, jobs: Iterable[Any], workers: int, *, processes: bool, abandon: bool = False, preload: str = __name__
) -> Generator[tuple[Any, Outcome], None, None]:
    """Pairs of (job, result or the exception it raised), as they finish. `run(job, stopped)` must be a module's
    function for processes; with `abandon` it need not look at `stopped`: processes under way are ended;
    `preload`: module that worker processes have imported before they begin."""
    remaining = iter(jobs)
    flag = _context(preload).Event() if processes else Event()
    while True:
        crashed: list[Any] = []
        with _pool(preload, workers, flag, processes) as pool:
            yield from _drain(run, remaining, pool, workers, flag, crashed, abandon)
        if not crashed:
            return
        for job in crashed:
            yield job, _alone(run, job, flag, preload)


def _context(preload: str) -> Any:
    """How processes begin: where the system can fork, as copies of one that has imported all that the work needs."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([preload])
    return context


def _pool(preload: str, workers: int, flag: Any, processes: bool) -> Executor:
    if processes:
        return ProcessPoolExecutor(workers, _context(preload), _prepare, (flag,))
    return ThreadPoolExecutor(workers)


def _drain(
    run: Run, remaining: Iterator[Any], pool: Executor, workers: int, flag: Any, crashed: list[Any], abandon: bool
) -> Iterator[tuple[Any, Outcome]]:
    running: dict[Future[Any], Any] = {}
    try:
        while True:
            if not crashed:
                for job in islice(remaining, workers * PER_WORKER - len(running)):
                    running[_submit(pool, run, job, flag)] = job
            if not running:
                return
            wait(running, return_when=FIRST_COMPLETED)
            # In the order they were handed out, so that what ended before a failure is not lost to it.
            for future in [future for future in running if future.done()]:
                job = running.pop(future)
                if isinstance(outcome := _outcome(future), BrokenProcessPool):
                    crashed.append(job)
                else:
                    yield job, outcome
    except BaseException:
        # Ctrl-C, or the reader of the results has enough: nobody waits for the jobs that are under way.
        flag.set()
        pool.shutdown(wait=not abandon, cancel_futures=True)
        if abandon:
            _end(pool)
        raise


def _end(pool: Executor) -> None:
    """End the processes of a pool in the middle of their work."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()


def _submit(pool: Executor, run: Run, job: Any, flag: Any) -> Future[Any]:
    try:
        if isinstance(pool, ProcessPoolExecutor):
            with _deaf():
                return pool.submit(_in_process, run, job)
        return pool.submit(run, job, flag.is_set)
    except BrokenProcessPool as error:
        failed: Future[Any] = Future()
        failed.set_exception(error)
        return failed


@contextmanager
def _deaf() -> Iterator[None]:
    """A process started in here never hears Ctrl-C, not even while it imports; this one hears it at the end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _outcome(future: Future[Any]) -> Outcome:
    error = future.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return future.result() if error is None else error


def _alone(run: Run, job: Any, flag: Any, preload: str) -> Outcome:
    with _pool(preload, 1, flag, True) as pool:
        outcome = _outcome(_submit(pool, run, job, flag))
    return EngineError("its worker process died twice") if isinstance(outcome, BrokenProcessPool) else outcome


def _prepare(flag: Any) -> None:
    """In a worker process: the parent alone hears Ctrl-C, and says so by the flag."""
    global _stop_flag
    _stop_flag = flag
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot say so: nobody would ever collect what this process makes."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(run: Run, job: Any) -> Any:
    return run(job, _stop_flag.is_set)
