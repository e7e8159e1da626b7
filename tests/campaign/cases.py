"""Broken inputs by kind: a good scenario with one value spoilt, scenarios that contradict themselves, thresholds, command
lines, results folders.

*Scope*: what must be refused with exit code 2. *Validation*: the campaign itself says what was accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from tests.campaign.broken_files import broken_files, spoilt, whole_files

GOOD: dict[str, Any] = {
    "schema": 1,
    "host": {"model": "modern", "cores": 32, "scheduler": {"kind": "fair", "latency": "24 ms"}, "costs": {"k_exit": "600 ns"}},
    "nic": {
        "model": "e810", "rate": "25 Gbit/s", "cable": "5 m", "pcie": {"generation": 3, "lanes": 8, "mps": "256 B"},
        "rx_ring": 1024, "arbiter": {"kind": "drr", "quantum": "1500 B"}, "moderation": {"kind": "gap", "interval": "20 us"},
    },
    "guests": [
        {
            "name": "vm", "count": 2, "datapath": "sriov-vf", "interrupts": "posted", "vcpus": 2, "queues": 2, "halt_poll": "200 us",
            "mtu": "1500 B", "busy": 0, "vlan": 7, "max_rate": "2 Gbit/s", "weight": 2, "socket_buffer": 256, "tick": "on",
            "idle": {"kind": "guest-halt-poll", "poll": "50 us"}, "offloads": {"tso": "on"}, "application": {"receive": "1 us"},
        }
    ],
    "traffic": [
        {"name": "load", "kind": "poisson", "rate": "10 kpps", "size": "256 B", "flows": 4, "direction": "rx"},
        {"name": "calls", "kind": "request-response", "outstanding": 2, "think": "10 us", "timeout": "10 ms"},
        {"name": "copy", "kind": "bulk", "window": 64, "segment": "1518 B", "super_packet": "16 KiB", "ack_every": 2},
    ],
    "measurement": {"warmup": "1 ms", "duration": "5 ms"},
    "replications": 1,
    "seed": 7,
}  # fmt: skip
QUANTITIES = (
    "host.scheduler.latency", "host.costs.k_exit", "nic.rate", "nic.cable", "nic.pcie.mps", "nic.arbiter.quantum",
    "nic.moderation.interval", "guests.0.halt_poll", "guests.0.mtu", "guests.0.max_rate", "guests.0.idle.poll",
    "guests.0.application.receive", "traffic.0.rate", "traffic.0.size", "traffic.1.think", "traffic.1.timeout", "traffic.2.segment",
    "traffic.2.super_packet", "measurement.warmup", "measurement.duration",
)  # fmt: skip
NUMBERS = (
    "host.cores", "nic.pcie.generation", "nic.pcie.lanes", "nic.rx_ring", "guests.0.count", "guests.0.vcpus", "guests.0.queues",
    "guests.0.busy", "guests.0.vlan", "guests.0.weight", "guests.0.socket_buffer", "traffic.0.flows", "traffic.1.outstanding",
    "traffic.2.window", "traffic.2.ack_every", "replications", "seed",
)  # fmt: skip
WORDS = (
    "host.model", "host.scheduler.kind", "nic.model", "nic.arbiter.kind", "nic.moderation.kind", "guests.0.datapath",
    "guests.0.interrupts", "guests.0.idle.kind", "guests.0.tick", "guests.0.offloads.tso", "traffic.0.kind", "traffic.0.direction",
)  # fmt: skip
NO_QUANTITY = ("7 parsec", "-1 us", "1e400 s", "0x10 us", "ten", True, ["1 us"], {"a": 1})
NO_NUMBER = ("some", 0.5, -1, 10**30, [1], {"a": 1})
NO_WORD = ("nothing-of-the-kind", 12, ["x"], {"a": 1})


@dataclass(frozen=True)
class Case:
    """One input: what is called, on which files. ``{file}`` in the arguments is the scenario or folder."""

    name: str
    arguments: tuple[str, ...] = ("check", "{file}")
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    least: int = 1
    """Faults that must be told."""


def cases() -> list[Case]:
    """All of them, each with a name of its own."""
    found = [*_spoilt(), *_keys(), *_contradictions(), *_pairs(), *_thresholds(), *_command_lines(), *_results()]
    return found + [Case(name, arguments, files) for name, arguments, files in broken_files()]


def controls() -> list[Case]:
    """What the broken inputs are without their faults."""
    return [_scenario("a scenario", GOOD), *(Case(name, arguments, files) for name, arguments, files in whole_files())]


def _scenario(name: str, content: dict[str, Any], *arguments: str) -> Case:
    # JSON is YAML; one key to a line, so that places differ
    return Case(name, arguments or ("check", "{file}"), {"input.yaml": json.dumps(content, indent=1)})


def _spoilt() -> Iterator[Case]:
    for paths, values in ((QUANTITIES, NO_QUANTITY), (NUMBERS, NO_NUMBER), (WORDS, NO_WORD)):
        for path in paths:
            for number, value in enumerate(values):
                yield _scenario(f"{path}-{number}", spoilt(GOOD, path, value))


def _keys() -> Iterator[Case]:
    for path in ("hots", "host.coers", "nic.rat", "guests.0.vcpu", "traffic.0.rte", "measurement.warm", "migration", "guests.0.numa",
                 "host.smt", "nic.sriov", "traffic.2.rate", "guests.0.watts"):  # fmt: skip
        yield _scenario(f"key-{path}", spoilt(GOOD, path, 1))


def _contradictions() -> Iterator[Case]:
    changes: dict[str, dict[str, Any]] = {
        "cores": {"host.cores": 1},
        "vfs": {"host.cores": None, "guests.0.count": 300},
        "queues": {"guests.0.queues": 3},
        "mtu": {"traffic.0.size": "9000 B"},
        "line": {"traffic.0.rate": "90 Mpps"},
        "below": {"traffic.0.size": "63 B"},
        "timeout": {"traffic.1.timeout": "1 ns"},
        "window": {"measurement.duration": "1 ps"},
        "long": {"measurement.duration": "900000 s"},
        "ring": {"guests.0.rx_ring": 0},
        "nobody": {"traffic.0.guests": []},
        "stranger": {"traffic.0.guests": "db*"},
        "switch": {"switch": "linux-bridge"},
        "pcie": {"nic.pcie": {"generation": 6, "lanes": 1}},
        "cost": {"host.costs": {"k_exit": "900000 s"}},
        "factor": {"host.costs": {"halt_poll_grow": 0}},
        "unit": {"host.costs": {"k_exit": "80 ps/B"}},
        "old-host": {"host.model": "legacy-2010"},
        "twins": {"compare": {"a": {}, "b": {}}},
        "same": {"sweep": {"matrix": {"seed": [1, 1]}}},
        "no-file": {"traffic.0": {"kind": "capture", "file": "none.pcap"}},
        "extends": {"extends": "none.yaml"},
        "series": {"compare": {"a": {"datapth": "native"}}},
        "lost": {"sweep": {"matrix": {"traffic.nobody.rate": ["1 kpps", "2 kpps"]}}},
        "half": {"sweep": {"zip": {"seed": [1, 2], "guests.vm.vcpus": [1]}}},
        "crowd": {"traffic.1.outstanding": 4097},
        "irqs": {"host.irq_cores": "40-50"},
        "names": {"traffic.1.name": "load"},
        "places": {"guests.0.placement": {"cores": "0-1", "share": 2}},
    }
    for name, paths in changes.items():
        content = GOOD
        for path, value in paths.items():
            content = spoilt(content, path, value)
        for command in ("check", "compare"):
            yield _scenario(f"{command}-{name}", content, command, "{file}")


def _pairs() -> Iterator[Case]:
    """Two faults of different stages, of which neither hides the other."""
    faults: dict[str, tuple[str, Any]] = {
        "cores": ("host.cores", 1), "unit": ("guests.0.halt_poll", 200), "queues": ("guests.0.queues", 3), "word": ("guests.0.colour", 1),
        "mtu": ("traffic.0.size", "9000 B"), "timeout": ("traffic.1.timeout", "1 ns"), "cost": ("host.costs", {"k_exit": 3}),
        "threshold": ("thresholds", ["watts < 3"]),
    }  # fmt: skip
    for one, other in combinations(faults, 2):
        content = spoilt(spoilt(GOOD, *faults[one]), *faults[other])
        yield replace(_scenario(f"pair-{one}-{other}", content), least=2)


def _thresholds() -> Iterator[Case]:
    texts = ["watts < 200", "latency.p99 < 100 kpps", "latency.p99 < 3", "latency < 3 us", "loss_ratio < 5", "loss_ratio > 200 %",
             "latency.p99{series=no} < 1 us", "latency.p99{=} < 1 us", "latency.p99 = 1 us", "throughput_bps > 3 us", "< 3 us", "", "7",
             "latency.p99 << 3 us", "host_cores_busy < 3 us", "latency.p99{datapath=native} < 3 us"]  # fmt: skip
    for number, text in enumerate(texts):
        yield _scenario(f"threshold-{number}", GOOD | {"thresholds": [text]})
    yield _scenario("threshold-pair", GOOD | {"thresholds": ["latency.p50 < 1 us", "latency.p50 > 2 us"]})


def _command_lines() -> Iterator[Case]:
    lines = [
        ("compare", "{file}", "--set", "seed"), ("compare", "{file}", "--set", "sed=1"), ("compare", "{file}", "--workers", "0"),
        ("compare", "{file}", "--max-time", "10"), ("compare", "{file}", "--max-time", "-1 s"), ("compare", "{file}", "--engine", "fast"),
        ("compare", "{file}", "--seed", "x"), ("compare", "{file}", "--replications", "0"), ("run",), ("compare", "no.yaml"),
        ("check", "{file}", "--set", "host.cores=1"), ("check", "{file}", "--set", "guests.db.vcpus=1"), ("chek", "{file}"),
        ("list", "everything"), ("explain", "native", "--host", "none"), ("explain", "vf"), ("chart", "nowhere"),
        ("compare", "{file}", "--out", "/dev/null/x"), ("check", "{file}", "--set", "traffic.load.rate=1 Gbit/s"), ("check", "/"),
    ]  # fmt: skip
    for number, line in enumerate(lines):
        yield _scenario(f"line-{number}", GOOD, *line)


def _results() -> Iterator[Case]:
    documents: list[Any] = [{}, [], 7, None, {"points": []}, {"points": [7], "scenario": "x"}, {"points": [{}], "scenario": "x"},
                            {"points": {"a": 1}, "scenario": "x"}, {"points": [{"series": 1, "parameters": 2}], "scenario": 3}]  # fmt: skip
    for number, document in enumerate(documents):
        for kind in ("overview", "load"):
            files = {"result.json": json.dumps(document)}
            yield Case(f"result-{number}-{kind}", ("chart", "{folder}", "--kind", kind), files)
    for number, text in enumerate(("", "{", "not json", "\x00", "[" * 5000)):
        yield Case(f"result-text-{number}", ("chart", "{folder}"), {"result.json": text})
