"""Broken inputs that stand in files of their own: captures, host files, mixes, fleets, price files.

*Scope*: one fault in each; what must be refused with exit code 2. *Validation*: the campaign itself says what was accepted.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.field_captures import BOTH, GUEST, block, ethernet, packet, pcap, pcapng, row

Case = tuple[str, tuple[str, ...], Mapping[str, str | bytes]]
WHOLE = pcap(BOTH)
STRANGERS = ethernet(packet(186, "10.0.0.8", "10.0.0.9"))
CAPTURES: dict[str, bytes] = {
    "nothing": b"", "one-byte": b"\xd4", "half-a-magic": WHOLE[:3], "half-a-header": WHOLE[:17], "no-record": WHOLE[:24], "text": b"not a capture\n",
    "zeros": bytes(4096), "magic-of-another": b"\x7fELF" + WHOLE[4:], "cut-gzip": gzip.compress(WHOLE)[:40], "gzip-of-text": gzip.compress(b"text"),
    "zstd-cut": b"\x28\xb5\x2f\xfd\x04", "version-9": WHOLE[:4] + struct.pack("<HH", 9, 0) + WHOLE[8:],
    "other-link-type": pcap(BOTH, link=147), "endless-record": WHOLE[:24] + struct.pack("<IIII", 1, 0, 2**31, 2**31) + bytes(60),
    "record-of-4-gib": WHOLE[:24] + struct.pack("<IIII", 1, 0, 2**32 - 1, 60) + bytes(60), "strangers": pcap([row(k, STRANGERS) for k in range(20)]),
    "beyond-the-line": pcap([row(k, time_us=0) for k in range(20)]), "ng-cut": pcapng((1,), [(0, row(0))])[:40],
    "ng-no-interface": pcapng((), [(0, row(0))]), "ng-interface-7": pcapng((1,), [(7, row(0))]), "ng-length-0": block(0x0A0D0D0A, bytes(16))[:4] + bytes(60),
    "ng-odd-length": pcapng((1,), [(0, row(0))])[:32] + b"\x05\0\0\0\x0d\0\0\0" + bytes(20), "frames-of-a-byte": pcap([row(k, b"x") for k in range(9)]),
    "frame-of-64-kib": pcap([(1, bytes(65_000), 10**6)] * 3),
}  # fmt: skip
SCENARIO: dict[str, Any] = {
    "schema": 1,
    "guests": [{"name": "vm"}],
    "measurement": {"warmup": "1 ms", "duration": "5 ms"},
    "replications": 1,
}
CAPTURE = {"kind": "capture", "file": "a.pcap", "guest_side": GUEST}
HOSTS = (
    "", "7", "[]", "base: modern\nbase: modern\n", "base: none\n", "schema: 1\nbase: modern\ncosts: {k_exit: 3}\n", "schema: 9\nbase: modern\n",
    "schema: 1\nbase: modern\ncosts: {k_exti: 600 ns}\n", "schema: 1\nbase: modern\ncosts: [1]\n", "schema: 1\nbase: modern\nkosts: {}\n",
    "schema: 1\nbase: ./a-host.yaml\n", "schema: 1\nbase: modern\ncosts: {k_exit: {value: 1 kg}}\n", "\t", "a: &a *a\n",
)  # fmt: skip
MIXES = (
    "", "guest: 10.0.0.1\n", "guest: 10.0.0.1\nconnections: []\n", "guest: nobody\nconnections: [{capture: a.pcap, connections_per_s: 10000}]\n",
    "guest: 10.0.0.1\nconnections: [{capture: b.pcap, connections_per_s: 10000}]\n",
    "guest: 10.0.0.1\nconnections: [{capture: a.pcap, connections_per_s: -1}]\n",
    "guest: 10.0.0.1\nconnections: [{capture: a.pcap, connections_per_s: 1e300}]\n", "guest: 10.0.0.1\nconnections: {capture: a.pcap}\n",
    "guest: 10.0.0.1\nconnections: [{capture: 7, connections_per_s: 10000}]\n",
    "guest: 10.0.0.1\nconnections: [{capture: ../../etc/passwd, connections_per_s: 1}]\n",
)  # fmt: skip
FLEET: dict[str, Any] = {
    "schema": 1, "name": "racks", "load": "load.yaml", "hosts": [{"name": "new", "count": 3}], "guests": {"vm": 6},
    "placement": {"policy": "spread", "most": 4},
}  # fmt: skip
FLEETS: dict[str, Any] = {
    "load": "none.yaml", "hosts": [], "hosts.0.count": 0, "hosts.0.name": "", "hosts.0.most": "many", "hosts.0.set": {"nic.rat": "1 Gbit/s"},
    "guests": {"db": 6}, "guests.vm": -1, "placement": {"policy": "best"}, "placement.most": 1, "placement.seed": "x", "schema": 7, "rooms": 1,
    "hosts.0.vcpus": 0, "name": "../../racks",  "guests.vm.count": 3,
}  # fmt: skip
EVENTS: tuple[dict[str, Any], ...] = (
    {"at": "1 ms"}, {"at": "-1 ms", "unplug": "vm"}, {"at": "9 s", "unplug": "vm"}, {"at": "1 ms", "unplug": "nobody"},
    {"at": "1 ms", "unplug": "vm", "plug": "vm"},
    {"at": "1 ms", "rate": "vm"}, {"at": "1 ms", "to": "1 Gbit/s"}, {"at": "1 ms", "link": "sideways"}, {"at": "1 ms", "numvfs": 70000},
    {"at": "1 ms", "numvfs": -1},
    {"at": "1 ms", "migrate": "vm", "dirty": "20 Gbit/s"}, {"at": "1 ms", "unplug": "vm", "memory": "4 GiB"}, {"at": 1, "reset": "vm"}, {"unplug": "vm"},
    {"at": "1 ms", "explode": "vm"}, {"at": "1 ms", "rate": "vm", "to": "900 Gbit/s"}, {"at": "1 ms", "link": "up", "takes": "1 ms"},
)  # fmt: skip


def broken_files() -> Iterator[Case]:
    """(name, arguments, files) of all of them."""
    check = ("check", "{file}")
    for name, content in CAPTURES.items():
        yield f"capture-{name}", check, {"input.yaml": json.dumps(SCENARIO | {"traffic": [CAPTURE]}), "a.pcap": content}
    for number, text in enumerate(HOSTS):
        files: dict[str, str | bytes] = {"a-host.yaml": text}
        yield (
            f"host-file-{number}",
            check,
            files
            | {"input.yaml": json.dumps(SCENARIO | {"host": "./a-host.yaml", "traffic": [CAPTURE]}), "a.pcap": WHOLE},
        )
    for number, text in enumerate(MIXES):
        traffic = [{"kind": "capture", "mix": "mix.yaml"}]
        yield (
            f"mix-{number}",
            check,
            {"input.yaml": json.dumps(SCENARIO | {"traffic": traffic}), "mix.yaml": text, "a.pcap": WHOLE},
        )
    load = json.dumps(SCENARIO | {"traffic": [{"kind": "poisson", "rate": "1 kpps"}]})
    for path, wrong in FLEETS.items():
        yield (
            f"fleet-{path}",
            ("fleet", "{file}"),
            {"input.yaml": json.dumps(spoilt(FLEET, path, wrong)), "load.yaml": load},
        )
    for number, event in enumerate(EVENTS):
        content = SCENARIO | {"traffic": [{"kind": "poisson", "rate": "1 kpps"}], "events": [event]}
        yield f"event-{number}", check, {"input.yaml": json.dumps(content, indent=1)}


def whole_files() -> Iterator[Case]:
    """The same without a fault: what is refused above is refused for its fault."""
    check, capture = ("check", "{file}"), {"a.pcap": WHOLE}
    yield "a capture", check, capture | {"input.yaml": json.dumps(SCENARIO | {"traffic": [CAPTURE]})}
    host = "schema: 1\nbase: modern\ncosts: {k_exit: {value: 600 ns}}\n"
    yield (
        "a host file",
        check,
        capture
        | {"a-host.yaml": host, "input.yaml": json.dumps(SCENARIO | {"host": "./a-host.yaml", "traffic": [CAPTURE]})},
    )
    mix = "guest: 10.0.0.1\nconnections: [{capture: a.pcap, connections_per_s: 10000}]\n"
    yield (
        "a mix",
        check,
        capture
        | {"mix.yaml": mix, "input.yaml": json.dumps(SCENARIO | {"traffic": [{"kind": "capture", "mix": "mix.yaml"}]})},
    )
    poisson = SCENARIO | {"traffic": [{"kind": "poisson", "rate": "1 kpps"}]}
    yield "an event", check, {"input.yaml": json.dumps(poisson | {"events": [{"at": "1 ms", "unplug": "vm"}]})}
    yield "a fleet", ("fleet", "{file}"), {"input.yaml": json.dumps(FLEET), "load.yaml": json.dumps(poisson)}


def spoilt(content: Any, path: str, value: Any) -> Any:
    """The content with another value at a dotted path."""
    step, _, rest = path.partition(".")
    if isinstance(content, list):
        return [spoilt(item, rest, value) if place == int(step) else item for place, item in enumerate(content)]
    below = content.get(step) if isinstance(content, dict) else None
    return (content if isinstance(content, dict) else {}) | {step: spoilt(below, rest, value) if rest else value}
