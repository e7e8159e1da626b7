"""The machine that is measured, in the words of its kernel: what a reader needs to judge the numbers.

*Scope*: what an ordinary user may read under /proc and /sys. *Validation*: ``tests/measure/test_machine.py``.
"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_COARSE_CLOCK = 6
IdleState = dict[str, str | int]


def describe() -> dict[str, str | int | float]:
    """CPU, kernel, cores, clock, load, whether a hypervisor is underneath."""
    cpu = cpu_flags()
    return {
        "cpu": cpu.get("model name") or cpu.get("Processor") or platform.machine(),
        "kernel": platform.release(),
        "cores": os.cpu_count() or 1,
        "virtual": "hypervisor" in cpu.get("flags", "").split(),
        "clock": _line(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        "idle_driver": _line(_CPUS / "cpuidle/current_driver"),
        "idle_governor": _line(_CPUS / "cpuidle/current_governor"),
        "frequency_governor": _line(_CPUS / "cpu0/cpufreq/scaling_governor"),
        "load": round(os.getloadavg()[0], 2),
    }


def cpu_flags(path: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """What the kernel says about the first CPU."""
    try:
        first = path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def tick_hz() -> int | None:
    """Ticks per second: the coarse clock moves with them. Not told apart from high-resolution kernels without a coarse clock."""
    resolution = time.clock_getres(_COARSE_CLOCK)
    return round(1 / resolution) if resolution >= 0.0005 else None


def idle_states(core: int = 0, root: Path = _CPUS) -> list[IdleState]:
    """The idle states of a core, as its driver names them: exit latency and target residency in us."""
    found: list[IdleState] = []
    for folder in sorted((root / f"cpu{core}/cpuidle").glob("state*"), key=lambda path: int(path.name[5:])):
        numbers = {f"{key}_us": int(_line(folder / key) or 0) for key in ("latency", "residency")}
        found.append({"name": _line(folder / "name"), **numbers, "disabled": int(_line(folder / "disable") or 0)})
    return found


def idle_entries(core: int, root: Path = _CPUS) -> int | None:
    """How often a core has gone idle; None where the kernel does not tell."""
    counts = [_line(folder / "usage") for folder in (root / f"cpu{core}/cpuidle").glob("state*")]
    return sum(map(int, filter(None, counts))) if counts else None


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
