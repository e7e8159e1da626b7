"""``python -m tests.campaign.faults [NAME ...]``: a worker that hangs, cables that are cut, a disk that is full or becomes read-only.

1. *frozen*: one of two workers is stopped with SIGSTOP in the middle of a sweep, for longer than the scheduler waits for a sign of life.
2. *worker cut off*: one of two workers runs in a network namespace of its own; its cable is taken down for good.
3. *scheduler cut off*: scheduler and workers are in a namespace; the cable between them and the command is taken down. The command has to
   end with one line; the same command goes on without them.
4. *full disk*, *read-only*: the sweep's folder is a small tmpfs; it is full, or mounted read-only, in the middle of the sweep.

Asked for in all: nothing finished is lost, and the tables are those of an undisturbed run, byte by byte.

*Scope*: Linux, and root for namespaces and mounts; a command for two minutes. *Validation*: it fails where bytes differ; a full disk by
RLIMIT_FSIZE and a killed worker are in tests/unit/test_sweeps.py and test_cluster.py.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaign.cluster import Cluster
from tests.campaign.kill import Campaign

TTL_S = 6
"""How long the scheduler waits for a worker's sign of life here; Dask's default is five minutes."""
HERE, THERE = "10.213.7.1", "10.213.7.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def cable() -> Iterator[tuple[str, Callable[[], None]]]:
    """A namespace behind a veth pair: its name, and what cuts the cable."""
    name = "sriovsim-cut"
    ip("netns", "add", name)
    try:
        ip("link", "add", "cut0", "type", "veth", "peer", "name", "cut1")
        ip("link", "set", "cut1", "netns", name)
        ip("addr", "add", f"{HERE}/24", "dev", "cut0")
        ip("link", "set", "cut0", "up")
        for words in (
            ("addr", "add", f"{THERE}/24", "dev", "cut1"),
            ("link", "set", "cut1", "up"),
            ("link", "set", "lo", "up"),
        ):
            ip("-n", name, *words)
        # frames are lost in silence, as with a broken switch: no error comes back
        yield name, lambda: ip("-n", name, "link", "set", "cut1", "down")
    finally:
        subprocess.run(["ip", "link", "del", "cut0"], check=False)
        ip("netns", "del", name)


def disturbed(campaign: Campaign, out: str, address: str, cut: Callable[[], None]) -> tuple[int, str, float]:
    """(exit code, what was said, seconds from the cut) of a sweep that is cut when it has begun."""
    running = campaign.start(out, "--scheduler", address)
    while running.poll() is None and not campaign.journal(out):
        time.sleep(0.01)
    assert running.poll() is None, "it ended before the cut"
    cut()
    began = time.monotonic()
    said = running.communicate()[1]
    return running.returncode, said, time.monotonic() - began


def frozen(campaign: Campaign, expected: dict[str, bytes]) -> None:
    cluster = Cluster(campaign.folder, ttl_s=TTL_S)
    try:
        victim = cluster.worker()
        cluster.worker()
        code, said, passed = disturbed(campaign, "frozen", cluster.address, lambda: victim.send_signal(signal.SIGSTOP))
        victim.send_signal(signal.SIGCONT)
    finally:
        cluster.stop()
    assert (code, "Traceback" in said) == (0, False), said
    assert campaign.tables("frozen") == expected
    print(
        f"frozen worker: its points went to the other one, same bytes, {passed:.0f} s after the stop (waits {TTL_S} s for a sign)",
        flush=True,
    )


def worker_cut_off(campaign: Campaign, expected: dict[str, bytes]) -> None:
    with cable() as (name, cut):
        cluster = Cluster(campaign.folder, host=HERE, ttl_s=TTL_S)
        try:
            cluster.worker("ip", "netns", "exec", name)
            cluster.worker()
            cluster.wait_for(2)
            code, said, passed = disturbed(campaign, "worker", cluster.address, cut)
        finally:
            cluster.stop()
    assert (code, "Traceback" in said) == (0, False), said
    assert campaign.tables("worker") == expected
    print(f"worker cut off: its points went to the other one, same bytes, {passed:.0f} s after the cut", flush=True)


def scheduler_cut_off(campaign: Campaign, expected: dict[str, bytes]) -> None:
    with cable() as (name, cut):
        cluster = Cluster(campaign.folder, host=THERE, ttl_s=TTL_S, inside=("ip", "netns", "exec", name))
        try:
            cluster.worker("ip", "netns", "exec", name)
            code, said, passed = disturbed(campaign, "scheduler", cluster.address, cut)
        finally:
            cluster.stop()
    lines = [line for line in said.splitlines() if line.startswith("Error") or "scheduler" in line]
    assert (code, len(lines), "Traceback" in said) == (1, 1, False), said
    kept = campaign.journal("scheduler")
    assert kept
    campaign.finish("scheduler", expected)
    print(
        f"scheduler cut off: one line {passed:.0f} s after the cut ({lines[0]!r}); what was finished was taken over, same bytes",
        flush=True,
    )


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A file system of that size at the folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def ended_in_a_line(code: int | None, said: str) -> str:
    lines = [line for line in said.splitlines() if "cannot be written" in line]
    assert (code, len(lines), "Traceback" in said) == (2, 1, False), (code, said)
    return lines[0].partition("cannot be written")[2]


def full_disk(campaign: Campaign, expected: dict[str, bytes]) -> None:
    out = campaign.folder / "full"
    with mounted(out, "160k"):
        running = campaign.start("full", "--workers", "1")
        said = running.communicate()[1]
        line, kept = ended_in_a_line(running.returncode, said), campaign.journal("full")
        remount(out, "size=64m")
        campaign.finish("full", expected)
    print(f"full disk: one line ({line.strip()}), {kept} bytes of finished points taken over, same bytes", flush=True)


def read_only(campaign: Campaign, expected: dict[str, bytes]) -> None:
    out = campaign.folder / "read-only"
    with mounted(out, "64m"):
        running = campaign.start("read-only", "--workers", "1")
        while not campaign.journal("read-only"):
            time.sleep(0.01)
        running.kill()
        running.communicate()
        remount(out, "ro")
        again = campaign.start("read-only", "--workers", "1")
        line = ended_in_a_line(again.wait(), again.communicate()[1])
        remount(out, "rw")
        campaign.finish("read-only", expected)
    print(f"read-only: one line ({line.strip()}), same bytes when it can be written again", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder) / "partition", 1)
        expected = campaign.undisturbed()
        for case in (frozen, worker_cut_off, scheduler_cut_off, full_disk, read_only):
            if not sys.argv[1:] or case.__name__ in sys.argv[1:]:
                case(campaign, expected)


if __name__ == "__main__":
    main()
