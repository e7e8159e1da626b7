"""Scenarios drawn at random over hosts, adapters, paths, sizes, rates, guests and queues, without spread of costs.

*Scope*: what bounds are held against; ``python -m tests.bounds N`` runs N of them.
"""

from __future__ import annotations

from random import Random

from simulator.datapaths import DATAPATHS
from simulator.scenario.names import GIVEN_AWAY, HYPERVISORS

NICS = ("82599", "x710", "e810", "connectx-5", "connectx-6")
ALONE = ("native", "direct-assignment")
"""Paths of one guest."""
QUEUED = ("sriov-vf", "vdpa", "vhost-net", "macvtap", "vhost-user", "virtio-qemu")
"""Paths whose guests have several queues in some scenarios."""


def scenario_text(chance: Random) -> str:
    """One scenario, from a state of chance."""
    path = chance.choice(tuple(DATAPATHS.values()))
    mode = chance.choice([word for word in path.modes if word in ("legacy", "poll")] + ["automatic"])
    count = 1 if path.name in ALONE else chance.choice((1, 2, 3))
    several = chance.random() < 0.3 and path.name in QUEUED
    queues = ", vcpus: 2, queues: 2" if several else ""
    flows = ", flows: 16" if several else ""
    size = chance.choice((64, 128, 512, 1518))
    rate = round(10 ** chance.uniform(4, 6.3 if size < 512 else 5.5) / count)
    kind = chance.choice(("poisson", "constant", "bursts"))
    direction = chance.choice(("rx", "rx", "tx"))
    traffic = f"{{name: load, kind: {kind}, rate: {rate} pps, size: {size} B, direction: {direction}{flows}}}"
    if chance.random() < 0.25:
        traffic = f"{{name: load, kind: request-response, outstanding: {chance.choice((1, 8, 64))}, request: {size} B}}"
    text = f"""
schema: 1
name: random
host: {{model: {chance.choice(("modern", "haswell-2015", "textbook"))}, variability: off}}
nic: {{model: "{chance.choice(NICS)}"}}
guests: [{{name: vm, count: {count}, datapath: {path.name}, interrupts: {mode}{queues}}}]
traffic: [{traffic}]
measurement: {{warmup: 1 ms, duration: 4 ms}}
replications: 1
seed: {chance.randrange(1000)}
"""
    return _mapped(text, path.name, mode, chance)


def _mapped(text: str, path: str, mode: str, chance: Random) -> str:
    """Some scenarios with drivers that map packets, on the host or in the guest."""
    modes = ("passthrough", "passthrough", "lazy", "strict", "{mode: strict, receive_pages: mapped}")
    if path in HYPERVISORS:
        return text
    text = text.replace("variability: off", f"variability: off, iommu: {chance.choice(modes)}")
    if path not in GIVEN_AWAY or mode == "poll":
        return text
    virtual = chance.choice(("off", "strict", "lazy", "{mode: strict, translation: nested, receive_pages: mapped}"))
    return text.replace("guests: [{name: vm", f"guests: [{{name: vm, viommu: {virtual}")


POLLED = ("native", "sriov-vf", "vdpa", "sub-function", "direct-assignment", "vhost-user")
"""Paths with a poll mode."""


def saturated(path: str, host: str, size_bytes: int) -> str:
    """A poll mode with much more to do than one core can, whose driver is a slow one."""
    return f"""
schema: 1
name: saturated
host: {{model: {host}, variability: off, costs: {{d_rx_pk: 29.5 ns}}}}
nic: {{model: connectx-6}}
guests: [{{name: vm, datapath: {path}, interrupts: poll}}]
traffic: [{{name: load, kind: constant, rate: 60 Mpps, size: {size_bytes} B}}]
measurement: {{warmup: 1 ms, duration: 10 ms}}
replications: 1
"""
