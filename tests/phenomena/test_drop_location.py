"""Where packets die when the work does not fit: in the guest, before its backend, or in the host's receive ring.

Fixed seeds: no test here is statistical, the margins are those of the statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.plan.model import Plan

Runner = Callable[..., Any]

MODERATED = "nic.moderation={kind: gap, interval: 10 us}"
NO_APPLICATION = "guests.vm.application={receive: 0 ns}"
_GUEST_NS = {
    "g_irq": 500,
    "g_napi_poll": 200,
    "g_rearm": 120,
    "g_drv_rx_pk": 350,
    "g_stack_rx_pk": 200,
    "g_refill_pk": 40,
    "g_wake_app": 1250,
    "g_app_rx_pk": 450,
}
_HOST_NS = {
    "h_hardirq": 900,
    "h_napi_poll": 200,
    "h_drv_rx_pk": 350,
    "h_refill_pk": 40,
    "s_bridge": 250,
    "h_tap_enq": 100,
    "q_loop": 1500,
    "q_tap_rd": 700,
    "q_vq_rx": 600,
}


def path(name: str) -> tuple[str, str]:
    return f"guests.vm.datapath={name}", "guests.vm.interrupts=automatic"


def drops(outcome: Any) -> dict[str, int]:
    places = {"socket": "q0.socket.dropped", "tap": "q0.tap.dropped", "host ring": "uplink0.rx.dropped"}
    found = {place: outcome.count(counter) for place, counter in places.items()}
    assert sum(found.values()) == outcome.count(".dropped")
    return found


def divided(guest_share: float) -> str:
    """Costs of guest and host if a fixed amount of CPU is divided between them; half each is the textbook host."""
    times = {name: ns * 0.5 / guest_share for name, ns in _GUEST_NS.items()}
    times |= {name: ns * 0.5 / (1 - guest_share) for name, ns in _HOST_NS.items()}
    return "host.costs={" + ", ".join(f"{name}: {ns:.0f} ns" for name, ns in times.items()) + "}"


def overloaded(run: Runner, guest_share: float, *overrides: str) -> dict[str, int]:
    return drops(run(*path("virtio-qemu"), MODERATED, "traffic.load.rate=900 kpps", divided(guest_share), *overrides))


def test_e22_loss_moves_outwards_as_the_guest_gets_more_of_the_cpu(run: Runner) -> None:
    poor, half, rich = (overloaded(run, share) for share in (0.3, 0.6, 0.8))
    assert poor["socket"] > 0 == poor["tap"] == poor["host ring"]
    assert half["tap"] > 0 == half["socket"] == half["host ring"]
    assert rich["host ring"] > rich["tap"] > 0 == rich["socket"]


def test_e22_a_larger_socket_or_a_quicker_backend_moves_nothing_or_everything(run: Runner) -> None:
    assert overloaded(run, 0.3, "guests.vm.socket_buffer=100000")["socket"] == 0, "the place is where the queue ends"
    quick = (*path("vhost-net"), MODERATED, "traffic.load.rate=900 kpps", divided(0.6))
    assert drops(run(*quick))["tap"] == 0, "another backend, and the tap queue is no limit"


def test_e22_first_step_is_reversed_if_the_guest_is_kept_off_its_core(run: Runner) -> None:
    # A vCPU that does not run takes nothing out of its ring either: the backend stops and the tap queue overflows. The
    # less the guest gets, the further out the loss; only a guest that runs can lose at its socket.
    def neighbours(number: int) -> dict[str, int]:
        hogs = [{"name": "hog", "count": number, "busy": 1, "placement": {"cores": [0]}}] if number else []
        vm = {"name": "vm", "datapath": "vhost-net", "placement": {"cores": [0]}}
        traffic = [{"name": "load", "kind": "poisson", "rate": "1.2 Mpps", "guests": "vm"}]
        long = {"warmup": "50 ms", "duration": "150 ms"}
        return drops(run(MODERATED, guests=[vm, *hogs], traffic=traffic, measurement=long))

    alone, crowded = neighbours(0), neighbours(2)
    assert alone["socket"] > 0 == alone["tap"]
    assert crowded["tap"] > 10 * crowded["socket"]


BEYOND = "traffic.load.rate=1.5 Mpps"
"""Here the guest's softirq just ends each time, so that nothing is demoted: its time is the application's loss."""


def goodput(run: Runner, name: str, *overrides: str) -> float:
    return float(run(*path(name), "nic.moderation={kind: gap, interval: 20 us}", *overrides).goodput_pps)


def test_e09_a_slow_backend_protects_the_guest(run: Runner) -> None:
    protected, function = goodput(run, "virtio-qemu", BEYOND), goodput(run, "sriov-vf", BEYOND)
    assert protected > 2 * function
    # Below the guest's own limit there is nothing to protect: the virtual function carries more.
    rate = "traffic.load.rate=800 kpps"
    assert goodput(run, "sriov-vf", rate) > 1.2 * goodput(run, "virtio-qemu", rate)


def test_e09_demotion_protects_too_once_the_softirq_no_longer_ends(run: Runner) -> None:
    flood = "traffic.load.rate=2 Mpps"
    assert goodput(run, "sriov-vf", flood) > 1.2 * goodput(run, "virtio-qemu", flood)
    assert goodput(run, "sriov-vf", flood, "host.softirq.demote=off") < 0.1 * goodput(run, "virtio-qemu", flood)


def test_e09_a_quick_backend_protects_nothing(run: Runner) -> None:
    # The host's driver is quick as well: a host whose softirq is full protects its guest, too, in its own receive ring.
    host, backend = "h_drv_rx_pk: 50 ns", "q_tap_rd: 100 ns, q_vq_rx: 100 ns"
    slow, quick = (f"host.costs={{{costs}}}" for costs in (host, f"{host}, {backend}"))
    protected = goodput(run, "virtio-qemu", BEYOND, slow)
    assert goodput(run, "virtio-qemu", BEYOND, quick) < 0.5 * protected
    assert goodput(run, "vhost-net", BEYOND, slow) < 0.5 * protected
    lost = drops(run(*path("virtio-qemu"), "nic.moderation={kind: gap, interval: 20 us}", BEYOND, quick))
    assert lost["socket"] > 0 == lost["tap"] == lost["host ring"], "all of it arrives, and is lost by the guest"


def on_softirq_core(label: str) -> Callable[[Plan], Plan]:
    """The backend's thread on the core that takes the NIC's interrupts."""

    def change(plan: Plan) -> Plan:
        core = next(index for index, executor in enumerate(plan.executors) if executor.name == "cpu0")
        moved = (replace(t, executor=core) if t.name.endswith(label) else t for t in plan.threads)
        return replace(plan, threads=tuple(moved))

    return change


def host_goodput(run: Runner, name: str, rate_kpps: int, shared: bool, demote: str = "off") -> float:
    label = {"vhost-net": ".vhost", "virtio-qemu": ".qemu"}[name]
    load = (MODERATED, f"traffic.load.rate={rate_kpps} kpps", NO_APPLICATION, f"host.softirq.demote={demote}")
    outcome = run(*path(name), *load, change=on_softirq_core(label) if shared else None)
    if shared and rate_kpps > 800 and demote == "off":
        lost = drops(outcome)
        assert lost["tap"] > lost["host ring"], "the softirq works for the tap queue's waste bin"
    return float(outcome.goodput_pps)


@pytest.mark.parametrize("name", ["vhost-net", "virtio-qemu"])
def test_e07_e09_the_host_livelocks_if_softirq_and_backend_share_a_core(run: Runner, name: str) -> None:
    found = [host_goodput(run, name, rate, shared=True) for rate in (400, 900, 1_200, 1_500)]
    assert found[1:] == sorted(found[1:], reverse=True)
    assert found[0] > 300_000
    assert found[2] < 0.4 * found[0]
    assert found[3] == 0, "1.34 Mpps of softirq fill a core"


@pytest.mark.parametrize("name", ["vhost-net", "virtio-qemu"])
def test_e07_e09_with_a_core_of_its_own_the_backend_goes_on(run: Runner, name: str) -> None:
    assert host_goodput(run, name, 1_500, shared=False) > 0.9 * host_goodput(run, name, 900, shared=False)


def test_e07_e09_demotion_keeps_the_host_alive(run: Runner) -> None:
    # ksoftirqd and main loop take turns, and the host's ring loses what the softirq has no time for.
    kept = host_goodput(run, "virtio-qemu", 1_500, shared=True, demote="on")
    assert kept > 0.3 * host_goodput(run, "virtio-qemu", 1_500, shared=False, demote="on")
