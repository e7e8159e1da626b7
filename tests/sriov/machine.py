"""Random sequences of writes, drivers, resets and assignments, with what must hold after each step.

`python -m tests.sriov.machine 10000` runs as many sequences; CI runs a small sample.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from simulator.sriov import SERVER, Host, Outcome, Owner, assign, iplink, mailbox, model_named, sysfs
from simulator.sriov import registers as r
from simulator.sriov.state import Physical, Virtual
from tests.sriov import invariants

MODELS = ("igb", "igb-2", "82599", "x710", "xl710", "e810", "connectx-5", "nvme")
OWNERS = (
    Owner("vm", "one"), Owner("vm", "two"), Owner("vm", "three"), Owner("container", "web"),
    Owner("application", "dpdk"), Owner("io-domain", "ldom"),
)  # fmt: skip
MACHINES = (
    SERVER,
    replace(SERVER, assigns_by="flag"),
    replace(SERVER, port_acs=False),
    replace(SERVER, iommu=False),
    replace(SERVER, ari_forwarding=False),
)
MACS = st.sampled_from(["00:00:00:00:00:00", "02:00:00:00:00:01", "02:00:00:00:00:02", "01:00:5e:00:00:01"])
SETTINGS = st.one_of(
    st.fixed_dictionaries({"mac": MACS}),
    st.fixed_dictionaries({"vlan": st.integers(0, 4095), "qos": st.integers(0, 9)}),
    st.fixed_dictionaries({"max_tx_rate": st.sampled_from([0, 5, 100, 999_999])}),
    st.fixed_dictionaries({"trust": st.booleans(), "spoofchk": st.booleans()}),
    st.fixed_dictionaries({"state": st.sampled_from(["auto", "enable", "disable"])}),
)
NUMBERS = st.one_of(
    st.integers(0, 8).map(str), st.sampled_from(["0", "0", "0x4", "63", "128", "256", "-1", "many", "", "65536"])
)
LOCKED = (r.NUM_VFS, r.INITIAL_VFS, r.TOTAL_VFS, r.FIRST_VF_OFFSET, r.VF_STRIDE, r.VF_DEVICE_ID)
SEEN: Counter[str] = Counter()
CHUNK = 500
"""Hypothesis remembers every choice of a run, which fills memory."""


class Life(RuleBasedStateMachine):
    """One or two devices in a machine, and everybody who may touch them."""

    @initialize(machine=st.integers(0, 99), models=st.lists(st.sampled_from(MODELS), min_size=1, max_size=2))
    def plug(self, machine: int, models: list[str]) -> None:
        self.host = Host(MACHINES[machine % len(MACHINES)])
        self.ledger = invariants.Ledger()
        for model in models:
            self.host.plug(model_named(model))

    def some_pf(self, number: int) -> Physical | None:
        pfs = self.host.pfs
        return pfs[number % len(pfs)] if pfs else None

    def some_vf(self, number: int) -> Virtual | None:
        """A VF; where there is none, somebody enables a few first."""
        vfs = list(self.host.vfs)
        if not vfs and (pf := self.some_pf(number)):
            self.note("numvfs", sysfs.write(self.host, pf, "sriov_numvfs", str(1 + number % 5)))
            vfs = list(pf.vfs)
        return vfs[number % len(vfs)] if vfs else None

    def note(self, what: str, outcome: Outcome) -> None:
        SEEN[f"{what} {outcome.errno or 'done'}"] += 1

    def follow(self) -> None:
        """Functions that are gone, or were asked to be given up, belong to nobody any more."""
        owned = {item.name for item in self.host.functions if item.owner is not None}
        for name in set(self.ledger.held) - owned:
            self.ledger.back(name)

    @rule(number=st.integers(0, 7), text=NUMBERS)
    def write_numvfs(self, number: int, text: str) -> None:
        if pf := self.some_pf(number):
            before = len(pf.vfs)
            outcome = sysfs.write(self.host, pf, "sriov_numvfs", f"{text}\n")
            assert outcome or len(pf.vfs) == before, "a refused write changes nothing"
            self.note("numvfs", outcome)
            self.follow()

    @rule(number=st.integers(0, 7), on=st.booleans())
    def autoprobe(self, number: int, on: bool) -> None:
        if pf := self.some_pf(number):
            sysfs.write(self.host, pf, "sriov_drivers_autoprobe", str(int(on)))

    @rule(number=st.integers(0, 7), driver=st.sampled_from(["own", "own", "vfio-pci", "other"]))
    def pf_driver(self, number: int, driver: str) -> None:
        if pf := self.some_pf(number):
            if pf.driver:
                outcome = sysfs.write(self.host, pf, "unbind", pf.name)
            else:
                name = pf.hardware.model.pf_driver if driver == "own" else driver
                outcome = sysfs.write(self.host, pf, "bind", name)
            self.note("pf driver", outcome)
            self.follow()

    @rule(number=st.integers(0, 7))
    def pf_reset(self, number: int) -> None:
        if pf := self.some_pf(number):
            before = [(vf.name, vf.owner, vf.driver) for vf in pf.vfs]
            assert sysfs.write(self.host, pf, "reset", "1")
            assert [(vf.name, vf.owner, vf.driver) for vf in pf.vfs] == before

    @rule(number=st.integers(0, 7), up=st.booleans())
    def pf_up(self, number: int, up: bool) -> None:
        if pf := self.some_pf(number):
            iplink.set_up(self.host, pf, up)

    @rule(number=st.integers(0, 7))
    def remove(self, number: int) -> None:
        if pf := self.some_pf(number):
            self.note("remove", self.host.remove(pf))
            self.follow()

    @rule()
    def rescan(self) -> None:
        self.host.rescan()

    @rule(number=st.integers(0, 7), register=st.sampled_from(LOCKED), value=st.integers(0, 0xFFFF))
    def poke_a_locked_register(self, number: int, register: int, value: int) -> None:
        pf = self.some_pf(number)
        if pf and pf.hardware.enabled:
            before = pf.hardware.get(register)
            pf.hardware.put(register, value)
            assert pf.hardware.get(register) == before, "a locked register changed"

    # what concerns one VF leaves its PF and the other VFs alone

    def alone(self, vf: Virtual, what: str, step: Any) -> Outcome | None:
        before = invariants.picture(vf.parent, without=vf)
        outcome = step()
        assert invariants.picture(vf.parent, without=vf) == before, f"{what} of {vf.name} touched others"
        if isinstance(outcome, Outcome):
            self.note(what, outcome)
            return outcome
        return None

    @rule(number=st.integers(0, 300))
    def vf_reset(self, number: int) -> None:
        if vf := self.some_vf(number):
            self.alone(vf, "vf reset", lambda: sysfs.write(self.host, vf, "reset", "1"))

    @rule(number=st.integers(0, 300), to_vfio=st.booleans())
    def vf_driver(self, number: int, to_vfio: bool) -> None:
        if vf := self.some_vf(number):
            if vf.driver:
                self.alone(vf, "vf unbind", lambda: sysfs.write(self.host, vf, "unbind", vf.name))
                self.follow()
            driver = "vfio-pci" if to_vfio else vf.parent.hardware.model.vf_driver
            if vf.owner is None:
                sysfs.write(self.host, vf, "driver_override", f"{driver}\n")
                self.alone(vf, "vf bind", lambda: sysfs.write(self.host, vf, "bind", driver))

    @rule(number=st.integers(0, 300), owner=st.sampled_from(OWNERS))
    def give(self, number: int, owner: Owner) -> None:
        if vf := self.some_vf(number):
            if owner.kind in ("vm", "application") and vf.phase == "host" and number % 5:
                # what a script does before it starts a VM
                for file, text in (("unbind", ""), ("driver_override", "vfio-pci"), ("bind", "vfio-pci")):
                    sysfs.write(self.host, vf, file, text)
            outcome = self.alone(vf, f"give to {owner.kind}", lambda: assign.assign(self.host, vf, owner))
            if outcome:
                self.ledger.given(vf.name, str(owner))

    @rule(number=st.integers(0, 7), owner=st.sampled_from(OWNERS[:2]))
    def give_pf(self, number: int, owner: Owner) -> None:
        if pf := self.some_pf(number):
            outcome = assign.assign(self.host, pf, owner)
            self.note("give pf", outcome)
            if outcome:
                self.ledger.given(pf.name, str(owner))

    @rule(number=st.integers(0, 300))
    def take(self, number: int) -> None:
        if (vf := self.some_vf(number)) and self.alone(vf, "take", lambda: assign.release(self.host, vf)):
            self.ledger.back(vf.name)

    @rule(number=st.integers(0, 300), kind=st.sampled_from(mailbox.KINDS), value=st.integers(1, 20_000))
    def mail(self, number: int, kind: str, value: int) -> None:
        if vf := self.some_vf(number):
            content = f"02:00:00:00:{value >> 8 & 0xFF:02x}:{value & 0xFF:02x}" if kind in ("mac", "filter") else value
            self.alone(vf, "mail", lambda: mailbox.request(self.host, vf, kind, content))

    @rule(number=st.integers(0, 300), chosen=SETTINGS)
    def ip_link(self, number: int, chosen: dict[str, Any]) -> None:
        if vf := self.some_vf(number):
            self.alone(vf, "ip link", lambda: iplink.set_vf(self.host, vf.parent, vf.index, **chosen))

    @rule(number=st.integers(0, 300), offset=st.integers(0, 1023), value=st.integers(0, 0xFFFF_FFFF))
    def guest_writes_its_configuration_space(self, number: int, offset: int, value: int) -> None:
        if vf := self.some_vf(number):
            self.alone(vf, "configuration write", lambda: vf.hardware.write(4 * offset, 4, value))

    @precondition(lambda self: hasattr(self, "host"))
    @invariant()
    def everything_holds(self) -> None:
        invariants.check(self.host)


def run(sequences: int, *, derandomize: bool = False, steps: int = 25, shrink: bool = True) -> None:
    """Run so many random sequences; a fault is made smaller before it is shown, if `shrink` says so."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=sequences, stateful_step_count=steps, deadline=None, database=None, derandomize=derandomize,
            suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        ),
    )  # fmt: skip


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if sys.argv[1:] else 10_000
    started = time.perf_counter()
    for done in range(0, wanted, CHUNK):
        run(min(CHUNK, wanted - done))
    print(f"{wanted} sequences without a fault in {time.perf_counter() - started:.0f} s")
    for name, count in sorted(SEEN.items()):
        print(f"{count:8}  {name}")
