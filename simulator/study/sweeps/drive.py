"""A sweep from its outline to its tables: what is finished is skipped, the rest handed out, each result stored as it comes.

1. The journal is read: points that are finished are not run again, whoever ran them.
2. The rest goes to workers in chunks that last about `CHUNK_S`, so that neither handing over nor waiting costs much.
3. When all points of the sweep are there, the tables are written; a shard leaves that to ``merge``.
4. With a `Knee` this is repeated: points are added where a line bends, round by round, until it is fine enough.

*Scope*: one driver; several (shards, or the same command twice) share a folder without harm. *Validation*: tests/unit/test_sweeps.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from simulator.errors import InputError
from simulator.formats.files import write_whole
from simulator.study.fanout import fan_out
from simulator.study.folder import HASH_SHOWN, Folder, json_bytes
from simulator.study.machine import cores
from simulator.study.provenance import program_hash
from simulator.study.sweeps.journal import Journal, scan
from simulator.study.sweeps.knee import Knee
from simulator.study.sweeps.lines import Lines
from simulator.study.sweeps.merge import MANIFEST, Merged, merge
from simulator.study.sweeps.outline import Outline, outline
from simulator.study.sweeps.worker import Chunk, run_chunk

WARM = "simulator.study.sweeps.warm"
CHUNK_S, MOST_IN_CHUNK = 0.25, 64
Progress = Callable[[int, int], None]
"""Called with (points done, points in all)."""
Hand = Callable[[Iterator[Chunk], int], Iterator[tuple[Chunk, list[bytes] | Exception]]]
"""Gives chunks to `workers` and their lines back, in any order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sweep ended: its folder, points in this shard, of them finished now and before, and the tables if all points are there."""

    folder: Path
    points: int
    finished: int
    taken_over: int
    merged: Merged | None = None

    @property
    def complete(self) -> bool:
        """Whether every point of the shard is finished."""
        return self.finished == self.points


def sweep(
    scenario: str | Path,
    *,
    overrides: Sequence[str] = (),
    engine: str = "compiled",
    workers: int | None = None,
    out: str | Path = "results",
    shard: tuple[int, int] = (1, 1),
    scheduler: str | None = None,
    progress: Progress | None = None,
    max_time_s: float | None = None,
    knee: Knee | None = None,
) -> Outcome:
    """Run all points of a scenario's comparison and sweep that are not finished.

    `workers`: processes at once (default: one per core); `shard`: (number, of how many); `scheduler`: ``local`` or the address of a
    Dask scheduler instead of own processes; `max_time_s`: nothing new is begun after it; `knee`: where to add points.
    Raises InputError or ScenarioErrors before
    anything runs, InputError when the folder cannot be written, SimulatorError when the cluster is lost; what is finished is kept.
    """
    if knee is not None and shard != (1, 1):
        raise InputError(
            "--knee", "looks at all points before it adds some, so that it cannot be one of several shards"
        )
    laid_out = outline(scenario, overrides, engine)
    return run_outline(
        laid_out,
        out,
        workers=workers,
        shard=shard,
        scheduler=scheduler,
        progress=progress,
        max_time_s=max_time_s,
        lines=None if knee is None else Lines(laid_out, knee),
    )


def run_outline(
    laid_out: Outline,
    out: str | Path,
    *,
    workers: int | None = None,
    shard: tuple[int, int] = (1, 1),
    scheduler: str | None = None,
    progress: Progress | None = None,
    max_time_s: float | None = None,
    lines: Lines | None = None,
) -> Outcome:
    """Run all points of an outline that are not finished; `lines`: those to which points are added. Raises as `sweep` does."""
    deadline_s = None if max_time_s is None else monotonic() + max_time_s
    taken_over = -1
    while True:
        folder = prepare(laid_out, out)
        work = _Work(laid_out, folder, shard, progress, deadline_s)
        taken_over = work.taken_over if taken_over < 0 else taken_over
        work.run(_hand(scheduler, workers), workers or cores())
        whole = work.done == len(work.chosen)
        finer = lines.finer(laid_out, folder) if lines is not None and whole else None
        if finer is None:
            break
        laid_out = finer
    merged = merge(folder) if shard == (1, 1) and whole else None
    return Outcome(folder, len(work.chosen), work.done, taken_over, merged)


def prepare(laid_out: Outline, out: str | Path) -> Path:
    """The sweep's folder with its manifest. Raises InputError if it cannot be written."""
    name = f"{laid_out.scenario.name.replace(' ', '-')}-sweep-{laid_out.folder_hash[:HASH_SHOWN]}"
    folder = Folder(Path(out) / name)
    folder.prepare()
    content = json_bytes(laid_out.manifest())
    path = folder.path / MANIFEST
    try:
        if not path.exists() or path.read_bytes() != content:
            write_whole(path, content)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})") from None
    return folder.path


def _hand(scheduler: str | None, workers: int | None) -> Hand:
    if scheduler is None:
        return in_processes
    from simulator.study.sweeps.cluster import on_cluster

    return on_cluster(scheduler, workers)


def in_processes(chunks: Iterator[Chunk], workers: int) -> Iterator[tuple[Chunk, list[bytes] | Exception]]:
    """This machine's processes; none for one worker."""
    many = workers > 1
    with closing(fan_out(run_chunk, chunks, workers, processes=many, abandon=True, preload=WARM)) as outcomes:
        yield from outcomes


class _Work:
    def __init__(
        self,
        laid_out: Outline,
        folder: Path,
        shard: tuple[int, int],
        progress: Progress | None,
        deadline_s: float | None,
    ) -> None:
        self.outline, self.folder, self.progress, self.deadline_s = laid_out, folder, progress, deadline_s
        self.chosen = range(shard[0] - 1, len(laid_out.keys), shard[1])
        found = scan(folder, {laid_out.keys[index] for index in self.chosen})
        self.left = [index for index in self.chosen if laid_out.keys[index] not in found]
        self.done = self.taken_over = len(self.chosen) - len(self.left)
        self.per_point_s = 0.0
        self.began_s: dict[str, float] = {}

    def run(self, hand: Hand, workers: int) -> None:
        self._tell()
        if not self.left:
            return
        with Journal(self.folder) as journal:
            for chunk, lines in hand(self._chunks(workers), workers):
                if isinstance(lines, Exception):
                    raise lines
                journal.write(lines)
                self.done += len(lines)
                passed = monotonic() - self.began_s.pop(chunk.points[0][0])
                self.per_point_s = passed / len(lines)
                self._tell()

    def _chunks(self, workers: int) -> Iterator[Chunk]:
        payload, program, position = self.outline.payload(), program_hash(), 0
        while position < len(self.left) and not (self.deadline_s is not None and monotonic() >= self.deadline_s):
            # near the end chunks get smaller, so that no worker waits for the last one
            fair = max(1, (len(self.left) - position) // (4 * workers))
            wanted = int(CHUNK_S / self.per_point_s) if self.per_point_s else 1
            count = max(1, min(wanted, fair, MOST_IN_CHUNK))
            chosen = self.left[position : position + count]
            position += count
            chunk = Chunk(payload, program, tuple((self.outline.keys[n], self.outline.drafts[n]) for n in chosen))
            self.began_s[chunk.points[0][0]] = monotonic()
            yield chunk

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.done, len(self.chosen))
