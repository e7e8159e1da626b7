"""Chunks to a Dask cluster: one that runs already, by the address of its scheduler, or one of this machine for the time of a sweep.

1. A few chunks per worker are under way; what a worker had that died, Dask gives to another one.
2. A chunk that was with `TRIES` workers when they died comes back as an error of that chunk.
3. A scheduler that is gone ends the sweep with one error; every line that came back is in the journal.

*Scope*: workers that have the same version of this program and see input files (captures) under the same paths. *Validation*:
tests/unit/test_cluster.py with a real scheduler and real workers, tests/campaign/kill.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError, SimulatorError

if TYPE_CHECKING:
    from simulator.study.sweeps.drive import Hand
    from simulator.study.sweeps.worker import Chunk

LOCAL = "local"
PER_WORKER = 4
TRIES = 3
PATIENCE_S = 30
"""How long a scheduler may take to answer at first, and a lost one to come back."""


def on_cluster(scheduler: str, workers: int | None) -> Hand:
    """A `drive.Hand` for a cluster. Raises InputError where Dask is not installed or the scheduler does not answer."""
    try:
        dask: Any = import_module("distributed")
    except ImportError:
        message = "needs Dask: install the extra 'dask' (pip install 'sriovsim[dask]')"
        raise InputError("--scheduler", message, scheduler) from None

    def hand(chunks: Iterator[Chunk], cores: int) -> Iterator[tuple[Chunk, list[bytes] | Exception]]:
        with ExitStack() as stack:
            _configure()
            address: Any = scheduler
            if scheduler == LOCAL:
                cluster = dask.LocalCluster(
                    n_workers=workers or cores, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
                )
                address = stack.enter_context(closing(cluster))
            try:
                client = dask.Client(address, timeout=PATIENCE_S)
            except (OSError, ValueError, TimeoutError) as error:
                message = f"does not answer ({type(error).__name__}); it is the address of a running Dask scheduler, or '{LOCAL}'"
                raise InputError("--scheduler", message, scheduler) from None
            stack.callback(_close, client)
            yield from _drain(dask, client, chunks)

    return hand


def _configure() -> None:
    settings: Any = import_module("dask.config")
    settings.set(
        {
            "distributed.scheduler.allowed-failures": TRIES,
            "distributed.comm.timeouts.connect": f"{PATIENCE_S}s",
            "distributed.client.scheduler-info-interval": "2s",
            "distributed.worker.profile.enabled": False,
        }
    )
    for name in (
        "distributed.client",
        "distributed.core",
        "distributed.comm",
        "distributed.batched",
        "tornado.application",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said once, by us


def _close(client: Any) -> None:
    with suppress(Exception):
        client.close(timeout=2)


def _drain(dask: Any, client: Any, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, list[bytes] | Exception]]:
    from simulator.study.sweeps.worker import run_chunk

    under_way: dict[Any, Chunk] = {}
    finished = dask.as_completed(loop=client.loop)

    def more() -> None:
        slots = max(1, sum(client.nthreads().values())) * PER_WORKER
        for chunk in islice(chunks, max(0, slots - len(under_way))):
            future = client.submit(
                run_chunk, chunk, key=f"sriovsim-{chunk.points[0][0]}-{len(chunk.points)}", pure=True
            )
            under_way[future] = chunk
            finished.add(future)

    try:
        more()
        while under_way:
            future = next(finished)
            chunk = under_way.pop(future)
            if future.status == "lost" or future.cancelled() or client.status != "running":
                raise SimulatorError(_LOST)
            error = future.exception()
            outcome = future.result() if error is None else _told(error)
            future.release()
            yield chunk, outcome
            more()
    except (OSError, TimeoutError) as error:
        raise SimulatorError(_LOST) from error


_LOST = "the Dask scheduler is gone; what is finished is kept, and the same command goes on from there"


def _told(error: BaseException) -> Exception:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return SimulatorError(
            f"{TRIES + 1} workers died while they ran the same points; they need more memory than a worker has"
        )
    return error if isinstance(error, Exception) else SimulatorError(str(error))
