"""The benches carry what they should, and the machine is as it was."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.measure import kernel
from simulator.measure.network import Network, frame, network

_SET_DUMPABLE = 4
BENCHES = ("veth", "tap", "bridge", "bridge of taps")


def need(bench: Network, name: str) -> None:
    if name in bench.absent:
        pytest.skip(f"{name}: {bench.absent[name]}")


def arrived(receiver: int) -> int:
    """Bytes that wait in a socket; 0 for none."""
    with socket.socket(fileno=os.dup(receiver)) as held:
        try:
            return len(held.recv(2000, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return 0


@pytest.mark.parametrize(("way", "part"), [("lo", "lo"), ("veth", "veth"), ("bridge", "bridge")])
def test_a_datagram_arrives(way: str, part: str, bench: Network) -> None:
    need(bench, part)
    assert os.write(bench.senders[way], b"18 bytes of payload") == 19
    assert arrived(bench.receivers[way]) == 19


@pytest.mark.parametrize("way", ["other", "noop"])
def test_a_datagram_ends_on_the_way(way: str, bench: Network) -> None:
    need(bench, "veth")
    assert os.write(bench.senders[way], b"x") == 1
    assert not any(arrived(receiver) for receiver in bench.receivers.values())


def test_a_full_socket_takes_no_more(bench: Network) -> None:
    need(bench, "veth")
    for _ in range(50):
        os.write(bench.senders["full"], b"x")
    found = 0
    while arrived(bench.receivers["full"]):
        found += 1
    assert 0 < found < 50


def test_a_tap_gives_what_is_sent_and_takes_what_is_written(bench: Network) -> None:
    need(bench, "tap")
    os.write(bench.senders["tap"], b"x" * 18)
    assert len(os.read(bench.taps["tap"], 2000)) == 60
    os.write(bench.taps["tap"], frame("other"))
    assert arrived(bench.receivers["tap"]) == 0
    os.write(bench.taps["tap"], frame("tap"))
    assert arrived(bench.receivers["tap"]) == 18


def test_a_bridge_carries_a_frame_from_tap_to_tap(bench: Network) -> None:
    need(bench, "bridge of taps")
    sent = frame("other")
    os.write(bench.taps["in"], sent)
    assert os.read(bench.taps["out"], 2000) == sent


def test_streams_are_connected(bench: Network) -> None:
    for near, far in bench.streams.values():
        assert os.write(near, b"abc") == 3
        assert os.read(far, 10) == b"abc"


def test_the_machine_is_left_as_it_was() -> None:
    def seen() -> tuple[object, ...]:
        links = socket.if_nameindex()
        return (
            links,
            Path("/proc/self/ns/net").readlink(),
            sorted(entry.name for entry in Path("/proc/self/fd").iterdir()),
        )

    before = seen()
    with network():
        assert seen()[:2] == before[:2]
    assert seen() == before


@pytest.mark.parametrize(
    ("fails", "absent"),
    [
        ("new_network", dict.fromkeys(BENCHES, "network namespaces: Operation not permitted")),
        ("open_tap", {"tap": "Operation not permitted", "bridge of taps": "Operation not permitted"}),
    ],
)
def test_what_is_not_permitted_is_named(
    fails: str, absent: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if fails != "new_network":
        request.getfixturevalue("namespaces")

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(kernel, fails, refuse)
    with network() as made:
        assert made.absent.items() >= absent.items()
        assert "lo" in made.senders
        assert not made.taps


def unprivileged(function: Callable[[], bool]) -> bool:
    """What a function answers in a child process that is an ordinary user."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
                # who was root before may not look into /proc/self otherwise
                ctypes.CDLL(None).prctl(_SET_DUMPABLE, 1)
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_ordinary_user_may_have_networks_of_his_own() -> None:
    def work() -> bool:
        if not kernel.become_root_of_own():
            return False
        os.close(kernel.new_network())
        return os.geteuid() == 0

    if not unprivileged(lambda: kernel.become_root_of_own()):
        pytest.skip("user namespaces: not for ordinary users here")
    assert unprivileged(work)
