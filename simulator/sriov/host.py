"""The host's side: it finds functions on the bus, gives them addresses, and keeps a log with times, as Linux does.

1. ``plug`` puts a device into a port: the firmware places the PF's windows, the host reads the SR-IOV capability, sets
   ARI Capable Hierarchy and page size, sizes the VF windows and reserves room and buses for *all* VFs that could be.
2. Nothing is enabled by that: a PF is an ordinary function until somebody writes NumVFs.
3. ``remove`` takes a PF away (its driver first, which takes the VFs), ``rescan`` finds it again.
4. Whatever is done returns an ``Outcome``; a step that is refused raises ``Refused`` inside, which ``act`` turns into one.

*Scope*: one host, one kernel version (Linux 6.12). Other boxes of the specification are in the neighbouring modules:
``enable`` (NumVFs), ``binding`` (drivers), ``iplink``, ``mailbox``, ``assign``, ``resets``, ``sysfs`` (files by name).
*Validation*: ``tests/sriov/test_igb.py`` (remove and rescan as recorded), ``tests/sriov/test_devices.py`` (ARI lost in a
rescan puts the VFs on a bus that does not exist), ``tests/sriov/test_state_machine.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random

from simulator.errors import BadValue
from simulator.sriov import binding, groups, routing
from simulator.sriov import capabilities as c
from simulator.sriov import registers as r
from simulator.sriov.function import Device, PhysicalFunction
from simulator.sriov.machine import SERVER, Allocator, Machine
from simulator.sriov.model import Bar, Model
from simulator.sriov.outcome import Outcome, Refused
from simulator.sriov.state import Physical, Slot, Virtual
from simulator.sriov.timing import DISABLE

IO_ALIGN, MEMORY_ALIGN = 1 << 12, 1 << 21


class Host:
    """A machine with its ports, the functions that it has found, a clock and a log."""

    def __init__(self, machine: Machine = SERVER, seed: int = 1) -> None:
        self.machine = machine
        self.slots: list[Slot] = []
        self.now_ps = 0
        self.log: list[tuple[int, str]] = []
        self.random = Random(seed)
        self.next_group = 1
        self._netdevs = 0
        self._free_netdevs: list[int] = []
        self._allocators = {
            "io": Allocator(machine.io), "memory": Allocator(machine.memory),
            "prefetchable": Allocator(machine.prefetchable),
        }  # fmt: skip

    # -- what there is

    @property
    def pfs(self) -> list[Physical]:
        """The PFs that the host knows, in the order of their addresses."""
        return [slot.found[index] for slot in self.slots for index in sorted(slot.found)]

    @property
    def vfs(self) -> Iterator[Virtual]:
        """All VFs."""
        return (vf for pf in self.pfs for vf in pf.vfs)

    @property
    def functions(self) -> list[Physical | Virtual]:
        """All functions that the host knows, PFs first."""
        return [*self.pfs, *self.vfs]

    def pf(self, index: int = 0) -> Physical:
        """Return a PF by its number on this host."""
        found = self.pfs
        if not 0 <= index < len(found):
            raise BadValue("pf", f"is no PF of this host, which has {len(found)}", index)
        return found[index]

    def function(self, name: str) -> Physical | Virtual:
        """Return a function by its name, ``0000:01:10.2`` or ``01:10.2``."""
        known = {item.name: item for item in self.functions}
        wanted = name if name in known else f"0000:{name}"
        if wanted not in known:
            raise BadValue("function", "is not on the bus of this host", name, tuple(known))
        return known[wanted]

    # -- log and time

    def say(self, line: str) -> None:
        """Write a line to the kernel's log."""
        self.log.append((self.now_ps, line))

    def say_driver(self, pf: Physical, line: str) -> None:
        """Write a line of the PF's driver; only igb's are known, from a recording, so the others are silent."""
        if pf.driver == "igb":
            self.say(f"igb {pf.name}: {line}")

    def wait(self, ps: int) -> None:
        """Let time pass."""
        self.now_ps += ps

    def act(self, step: Callable[[], str | None]) -> Outcome:
        """Run a step and return what came of it; the step may return a reason in words."""
        lines, started = len(self.log), self.now_ps
        errno, why = "", ""
        try:
            why = step() or ""
        except Refused as refused:
            errno, why = refused.errno, refused.why
        return Outcome(errno, tuple(line for _, line in self.log[lines:]), self.now_ps - started, why)

    # -- finding functions

    def plug(self, model: Model) -> list[Physical]:
        """Put a device into the next port, as it is at boot: found, placed, drivers bound, network interfaces up."""
        bus = self.slots[-1].last_bus + 1 if self.slots else self.machine.first_bus
        if bus > self.machine.last_bus:
            raise BadValue("bus", f"is beyond the last one of this machine, {self.machine.last_bus}", bus)
        slot = Slot(Device(model, bus), bus, bus, self.machine.ari_forwarding)
        for hardware in slot.device.pfs:
            self._firmware(slot, hardware)
        self.slots.append(slot)
        for hardware in slot.device.pfs:
            self._found(slot, hardware)
        slot.last_bus = min(self.machine.last_bus, max(bus, *(self.buses_needed(pf) for pf in slot.found.values())))
        for physical in slot.found.values():
            self._place_vfs(slot, physical.hardware)
        for allocator, align in zip(self._allocators.values(), (IO_ALIGN, MEMORY_ALIGN, MEMORY_ALIGN), strict=True):
            allocator.close(align)
        for physical in slot.found.values():
            binding.probe_pf(self, physical)
            physical.up = bool(physical.netdev)
        return list(slot.found.values())

    def remove(self, pf: Physical) -> Outcome:
        """Write ``remove``: the driver goes first, with the VFs, then the function."""

        def step() -> None:
            binding.release_pf(self, pf)
            if pf.vfs:
                raise Refused("EBUSY", "its VFs are in use")
            del pf.slot.found[pf.hardware.index]

        return self.act(step)

    def rescan(self) -> Outcome:
        """Write ``rescan``: functions that are in a port and not known are found; buses stay as they were given."""

        def step() -> None:
            for slot in self.slots:
                for hardware in slot.device.pfs:
                    if hardware.index not in slot.found:
                        physical = self._found(slot, hardware)
                        self._announce_placed(slot, hardware)
                        binding.probe_pf(self, physical)

        return self.act(step)

    def new_netdev(self) -> str:
        """Return the name of a new network interface: the lowest that is free."""
        if self._free_netdevs:
            return f"eth{heappop(self._free_netdevs)}"
        self._netdevs += 1
        return f"eth{self._netdevs - 1}"

    def free_netdev(self, name: str) -> None:
        """Let a name be used again."""
        if name:
            heappush(self._free_netdevs, int(name.removeprefix("eth")))

    def _firmware(self, slot: Slot, hardware: PhysicalFunction) -> None:
        """Place the PF's own windows, the largest first."""
        bars = sorted(hardware.model.pf_bars.items(), key=lambda item: (-item[1].size_bytes, item[0]))
        for bar, content in bars:
            address = self._take(content, content.size_bytes)
            if address is None:
                raise BadValue(
                    f"{self.machine.name}: BAR {bar} of {hardware.model.name}", "has no room", _size(content)
                )
            slot.addresses[hardware.index, False, bar] = address
            write_bar(hardware, c.BAR0 + 4 * bar, content, address)

    def _found(self, slot: Slot, hardware: PhysicalFunction) -> Physical:
        """Read a PF as the kernel does when it first meets it."""
        name, model = routing.text(hardware.rid), hardware.model
        kind = "PCIe Endpoint"
        self.say(
            f"pci {name}: [{model.vendor_id:04x}:{model.device_id:04x}] type 00 class {model.class_code:#08x} {kind}"
        )
        for bar, content in model.pf_bars.items():
            self.say(f"pci {name}: BAR {bar} {_range(content, hardware.base(bar), content.size_bytes)}")
        self.say(f"pci {name}: enabling Extended Tags")
        command = c.COMMAND_MEMORY | c.COMMAND_SERR | c.COMMAND_IO * any(bar.is_io for bar in model.pf_bars.values())
        hardware.write(c.COMMAND, 2, command)
        self._sriov_init(slot, hardware)
        physical = Physical(hardware, slot, hardware.get(r.FIRST_VF_OFFSET), hardware.get(r.VF_STRIDE))
        slot.found[hardware.index] = physical
        physical.group = groups.group_of(self, physical)
        return physical

    def _sriov_init(self, slot: Slot, hardware: PhysicalFunction) -> None:
        if hardware.enabled:
            hardware.put(r.CONTROL, 0)
            self.wait(DISABLE.ps)
        # Linux sets the bit for the first PF that it meets on a bus; for a later one it writes the register with 0.
        first = not slot.found
        hardware.put(r.CONTROL, r.ARI_HIERARCHY if first and self.machine.ari_forwarding else 0)
        hardware.put(r.NUM_VFS, 0)
        hardware.put(r.SYSTEM_PAGE, 1, 4)
        name = routing.text(hardware.rid)
        for bar, content in hardware.model.vf_bars.items():
            size, base, count = hardware.vf_size_bytes(bar), hardware.vf_base(bar), hardware.model.total_vfs
            self.say(f"pci {name}: VF BAR {bar} {_range(content, base, size)}")
            self.say(
                f"pci {name}: VF BAR {bar} {_range(content, base, size * count)}: contains BAR {bar} for {count} VFs"
            )

    def _place_vfs(self, slot: Slot, hardware: PhysicalFunction) -> None:
        name = routing.text(hardware.rid)
        for bar, content in hardware.model.vf_bars.items():
            size = hardware.vf_size_bytes(bar)
            address = self._take(content, size * hardware.model.total_vfs, size)
            slot.addresses[hardware.index, True, bar] = address
            write_bar(hardware, hardware.model.sriov_offset + r.VF_BAR0 + 4 * bar, content, address or 0)
            total = _range(content, address or 0, size * hardware.model.total_vfs)
            said = "assigned" if address is not None else "failed to assign"
            self.say(f"pci {name}: VF BAR {bar} {total}: {said}")

    def _announce_placed(self, slot: Slot, hardware: PhysicalFunction) -> None:
        name, model = routing.text(hardware.rid), hardware.model
        for is_io in (False, True):
            for bar, content in sorted(model.pf_bars.items(), key=lambda item: (-item[1].size_bytes, item[0])):
                if content.is_io == is_io:
                    placed = _range(content, hardware.base(bar), content.size_bytes)
                    self.say(f"pci {name}: BAR {bar} {placed}: assigned")
            for bar, content in model.vf_bars.items() if not is_io else ():
                if slot.addresses[hardware.index, True, bar] is not None:
                    total = hardware.vf_size_bytes(bar) * model.total_vfs
                    self.say(f"pci {name}: VF BAR {bar} {_range(content, hardware.vf_base(bar), total)}: assigned")

    def _take(self, bar: Bar, size_bytes: int, align_bytes: int = 0) -> int | None:
        kind = "io" if bar.is_io else "prefetchable" if bar.prefetchable else "memory"
        return self._allocators[kind].take(size_bytes, align_bytes or size_bytes)

    def buses_needed(self, pf: Physical) -> int:
        """Return the highest bus that any legal number of VFs of this PF would use."""
        return routing.last_bus(pf.rid, pf.first_vf_offset, pf.vf_stride, pf.hardware.model.total_vfs)


def _size(bar: Bar) -> str:
    return f"{bar.size_bytes:,} B"


def write_bar(hardware: PhysicalFunction, offset: int, bar: Bar, address: int) -> None:
    """Write an address into a base address register."""
    hardware.write(offset, 4, address & 0xFFFF_FFFF)
    if bar.is_64bit:
        hardware.write(offset + 4, 4, address >> 32)


def _range(bar: Bar, start: int, size_bytes: int) -> str:
    """``[mem 0xfe600000-0xfe61ffff 64bit pref]``, as the kernel writes it."""
    kind, digits = ("io ", 4) if bar.is_io else ("mem", 8)
    flags = " 64bit" * bar.is_64bit + " pref" * bar.prefetchable
    return f"[{kind} {start:#0{digits + 2}x}-{start + size_bytes - 1:#0{digits + 2}x}{flags}]"
