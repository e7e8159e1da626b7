"""Requests to the kernel: bytes, and what the kernel says to them."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.measure import kernel
from simulator.measure import netlink as netlink_module
from simulator.measure.netlink import Netlink, attribute, mac_bytes, message


def test_attributes_are_padded_but_count_their_own_length() -> None:
    assert attribute(3, b"lo\0") == b"\x07\x00\x03\x00lo\0\0"
    assert attribute(1, b"1234") == b"\x08\x00\x01\x001234"


def test_a_message_counts_its_header_and_asks_for_an_answer() -> None:
    assert (
        message(16, 0x400, 7, b"body").hex() == "14000000" + "1000" + "0504" + "07000000" + "00000000" + b"body".hex()
    )


def test_mac() -> None:
    assert mac_bytes("02:00:00:00:00:ff") == b"\x02\0\0\0\0\xff"


def inside(function: Callable[[int, Netlink], None]) -> None:
    """Run in a new network that ends with the thread."""

    def work() -> None:
        namespace = kernel.new_network()
        try:
            with Netlink() as netlink:
                function(namespace, netlink)
        finally:
            os.close(namespace)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


@pytest.mark.usefixtures("namespaces")
def test_links_are_made_and_a_second_of_the_same_name_is_refused() -> None:
    def work(namespace: int, netlink: Netlink) -> None:
        try:
            netlink.add_veth("one", "02:00:00:00:00:01", "two", "02:00:00:00:00:02", namespace)
        except OSError as error:
            if error.errno == errno.EOPNOTSUPP:
                pytest.skip("veth: the kernel has none")
            raise
        netlink.set_up("one")
        netlink.add_address("one", "10.9.9.1")
        assert {name for _, name in socket.if_nameindex()} == {"lo", "one", "two"}
        with pytest.raises(FileExistsError):
            netlink.add_veth("one", "02:00:00:00:00:03", "three", "02:00:00:00:00:04", namespace)
        with pytest.raises(FileExistsError):
            netlink.add_address("one", "10.9.9.1")

    inside(work)


@pytest.mark.usefixtures("namespaces")
def test_what_is_not_there_cannot_be_switched_on() -> None:
    def work(_: int, netlink: Netlink) -> None:
        with pytest.raises(OSError, match=r"no interface|No such device"):
            netlink.set_up("nothing")

    inside(work)


def test_requests_have_the_kernel_s_numbers() -> None:
    # linux/rtnetlink.h and linux/netlink.h
    kinds = (netlink_module._NEWLINK, netlink_module._NEWADDR, netlink_module._NEWNEIGH, netlink_module._ERROR)
    assert kinds == (16, 20, 28, 2)
