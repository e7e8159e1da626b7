"""What the kernel says about the machine, from files made by hand."""

from __future__ import annotations

from pathlib import Path

from simulator.measure import machine


def state(root: Path, number: int, **files: str) -> None:
    folder = root / f"cpu3/cpuidle/state{number}"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content + "\n", encoding="ascii")


def test_idle_states_in_their_order(tmp_path: Path) -> None:
    state(tmp_path, 10, name="C10", latency="890", residency="5000", disable="1", usage="7")
    state(tmp_path, 0, name="POLL", latency="0", residency="0", disable="0", usage="5")
    assert machine.idle_states(3, tmp_path) == [
        {"name": "POLL", "latency_us": 0, "residency_us": 0, "disabled": 0},
        {"name": "C10", "latency_us": 890, "residency_us": 5000, "disabled": 1},
    ]
    assert machine.idle_entries(3, tmp_path) == 12


def test_a_kernel_without_idle_states(tmp_path: Path) -> None:
    assert machine.idle_states(0, tmp_path) == []
    assert machine.idle_entries(0, tmp_path) is None


def test_the_first_cpu_speaks_for_all(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(
        "processor\t: 0\nmodel name\t: One\nflags\t\t: fpu hypervisor\n\nprocessor\t: 1\nmodel name\t: Two\n",
        encoding="ascii",
    )
    assert machine.cpu_flags(file)["model name"] == "One"
    assert machine.cpu_flags(tmp_path / "none") == {}


def test_this_machine_has_a_kernel_and_cores() -> None:
    found = machine.describe()
    assert found["kernel"]
    assert int(found["cores"]) >= 1
    assert machine.tick_hz() in (None, 100, 250, 300, 1000)
