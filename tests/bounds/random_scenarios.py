"""Scenarios drawn at random over hosts, adapters, paths, sizes, rates, guests and queues, without spread of costs.

*Scope*: what bounds are held against; ``python -m tests.bounds N`` runs N of them.
"""

from __future__ import annotations

from random import Random

NICS = ("82599", "x710", "e810", "connectx-5")
PATHS = ("native", "sriov-vf", "vhost-net", "virtio-qemu", "emulated-e1000")
MODES = {"sriov-vf": ("automatic", "legacy", "poll"), "native": ("automatic", "poll")}


def scenario_text(chance: Random) -> str:
    """One scenario, from a state of chance."""
    path = chance.choice(PATHS)
    mode = chance.choice(MODES.get(path, ("automatic",)))
    count = chance.choice((1, 2, 3))
    size = chance.choice((64, 128, 512, 1518))
    rate = round(10 ** chance.uniform(4, 6.3 if size < 512 else 5.5) / count)
    kind = chance.choice(("poisson", "constant", "bursts"))
    direction = chance.choice(("rx", "rx", "tx"))
    traffic = f"{{name: load, kind: {kind}, rate: {rate} pps, size: {size} B, direction: {direction}}}"
    if chance.random() < 0.25:
        traffic = f"{{name: load, kind: request-response, outstanding: {chance.choice((1, 8, 64))}, request: {size} B}}"
    return f"""
schema: 1
name: random
host: {{model: {chance.choice(("modern", "haswell-2015", "textbook"))}, variability: off}}
nic: {{model: "{chance.choice(NICS)}"}}
guests: [{{name: vm, count: {1 if path == "native" else count}, datapath: {path}, interrupts: {mode}}}]
traffic: [{traffic}]
measurement: {{warmup: 1 ms, duration: 4 ms}}
replications: 1
seed: {chance.randrange(1000)}
"""
