"""The same tandem as a SimPy user would write it: one process and one Store per station, packets are their birth times.

The put into an unlimited Store is not waited for: it cannot block, and the wait would cost one event more.

*Scope*: mean time in the system only; no histogram, no stages. *Validation*: the item checks the mean.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from itertools import pairwise
from typing import Any

import simpy

from benchmarks.measure import cpu_seconds
from benchmarks.tandem import LOAD, STATIONS, Run

Process = Generator[simpy.Event, Any, None]


def station(env: simpy.Environment, rng: random.Random, queue: simpy.Store, following: simpy.Store) -> Process:
    """Serve packets one by one and hand them on."""
    while True:
        born = yield queue.get()
        yield env.timeout(rng.expovariate(1.0))
        following.put(born)


def last_station(env: simpy.Environment, rng: random.Random, queue: simpy.Store, sojourns: list[float]) -> Process:
    """Serve packets one by one and note how long each was in the system."""
    while True:
        born = yield queue.get()
        yield env.timeout(rng.expovariate(1.0))
        sojourns.append(env.now - born)


def source(env: simpy.Environment, rng: random.Random, queue: simpy.Store, packets: int) -> Process:
    """Poisson arrivals."""
    for _ in range(packets):
        yield env.timeout(rng.expovariate(LOAD))
        queue.put(env.now)


def tandem(packets: int, seed: int) -> list[float]:
    """The time in the system of every packet, in mean services."""
    rng = random.Random(seed)
    env = simpy.Environment()
    queues = [simpy.Store(env) for _ in range(STATIONS)]
    sojourns: list[float] = []
    env.process(source(env, rng, queues[0], packets))
    for queue, following in pairwise(queues):
        env.process(station(env, rng, queue, following))
    env.process(last_station(env, rng, queues[-1], sojourns))
    env.run()
    return sojourns


def simulate(packets: int, seed: int) -> Run:
    """Run and time it."""
    found: list[float] = []
    cpu_s = cpu_seconds(lambda: found.extend(tandem(packets, seed)))
    return Run(len(found), cpu_s, sum(found) / len(found))
