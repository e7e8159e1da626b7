"""What Python does not offer of Linux: namespaces for the calling thread, tap devices, no slack, cores that do not sleep.

*Scope*: setting up; nothing here is timed. Everything ends with the thread or the descriptor that asked for it.
*Validation*: ``tests/measure/test_network.py``.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_TUNSETIFF, _TAP_WITHOUT_HEADER = 0x400454CA, 0x1002
_SET_TIMER_SLACK = 29
_LATENCY = Path("/dev/cpu_dma_latency")
TUN = Path("/dev/net/tun")


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def new_network() -> int:
    """Put the calling thread into a new network namespace and return a descriptor that keeps it."""
    _call("unshare", _NEW_NETWORK)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter_network(namespace: int) -> None:
    """Put the calling thread into that namespace."""
    _call("setns", namespace, _NEW_NETWORK)


def become_root_of_own() -> bool:
    """As an ordinary user: be root in a user namespace of one's own, which may have networks of its own.

    Only a process with one thread can; later it is too late. Returns whether the process may make namespaces.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        return True
    try:
        _call("unshare", _NEW_USER)
        with suppress(FileNotFoundError):  # kernels before 3.19
            Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="utf-8")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="utf-8")
    except OSError:
        return False
    return True


def open_tap(name: str) -> int:
    """A tap device of that name in the calling thread's network; it goes with the descriptor."""
    tap = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TAP_WITHOUT_HEADER))
    except OSError:
        os.close(tap)
        raise
    return tap


def no_timer_slack() -> None:
    """Let timers of the calling thread expire when they are due."""
    _call("prctl", _SET_TIMER_SLACK, 1)


@contextmanager
def awake() -> Iterator[None]:
    """Keep idle cores polling; ``OSError`` where the caller may not. The kernel forgets it with the descriptor."""
    with _LATENCY.open("wb", buffering=0) as wish:
        wish.write(struct.pack("=i", 0))
        yield
