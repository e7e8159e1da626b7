"""Hosts, what joins them, bonds and cables that are pulled, drawn at random: two engines, one trace, every packet accounted for.

``python -m tests.engines.random_hosts N [SEED]`` plays N of them (about 0.1 s each).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from simulator.errors import ScenarioErrors
from simulator.plan.model import Plan
from simulator.plan.trace import Trace
from simulator.scenario import names
from simulator.scenario.audit import study
from simulator.sriov.schedule import plan_of
from tests.engines.available import ENGINES

RUN_PS = 300_000_000
NICS = ("e810", "x710", "82599", "textbook-nic")
OPEN = ("constant", "poisson", "bursts")


def content(chance: Random) -> dict[str, Any]:
    """A scenario of one to three hosts; some are refused."""
    others = [f"h{number}" for number in range(1, chance.choice((1, 2, 2, 3)))]
    bonded = chance.random() < 0.4
    paths = names.BRIDGED if bonded else names.DATAPATHS
    found: dict[str, Any] = {"schema": 1, "host": chance.choice(("textbook", "modern"))}
    if bonded:
        mode = chance.choice(("active-backup", "layer2", "layer3+4"))
        found["nics"] = [chance.choice(NICS) for _ in "12"]
        found["switch"] = {
            "kind": chance.choice(("automatic", "ovs-kernel")),
            "bond": {"mode": mode, "miimon": "70 us"},
        }
    else:
        found["nic"] = chance.choice(NICS)
    hosts = [{"name": name} | chance.choice(({}, {"host": "haswell-2015"})) for name in others]
    if len(hosts) == 1 and not bonded and chance.random() < 0.4:
        found["network"] = "cable"
    elif chance.random() < 0.6:
        found["network"] = {"latency": "700 ns", "buffer": chance.choice(("2 KiB", "64 KiB"))}
        found["network"] |= chance.choice(({}, {"far_rate": "1 Gbit/s"}))
    guests = [
        {"name": f"g{number}{kind}", "datapath": chance.choice(paths), "count": chance.choice((1, 2))}
        | ({"on_host": host} if host else {})
        | chance.choice(({}, {}, {"vcpus": 2, "queues": 2}))
        for number, host in enumerate(("", *others))
        for kind in "ab"[: chance.choice((1, 2))]
    ]
    down = {"at": f"{chance.randrange(10, 200)} us", "link": "down"}
    if bonded:
        found["events"] = [down | {"nic": chance.choice(("nic0", "nic1"))} for _ in range(chance.choice((0, 1, 2)))]
    elif chance.random() < 0.3:
        found["events"] = [down | ({"nic": "h1"} if others else {})]
    window = {"warmup": "20 us", "duration": "1 ms"}
    traffic = [_traffic(chance, number, guests, found) for number in range(chance.choice((1, 2, 3)))]
    return found | {"hosts": hosts, "guests": guests, "traffic": traffic, "measurement": window}


def _traffic(chance: Random, number: int, guests: list[dict[str, Any]], above: dict[str, Any]) -> dict[str, Any]:
    kind = chance.choice((*OPEN, "request-response"))
    one, other = (f"{chance.choice(guests)['name']}*" for _ in "12")
    found: dict[str, Any] = {"name": f"t{number}", "kind": kind}
    if kind in OPEN:
        rate, size = chance.choice((5, 40, 200)), chance.choice((64, 1518))
        found |= {"rate": f"{rate} kpps", "size": f"{size} B", "flows": chance.choice((1, 16))}
    if kind == "poisson":
        found |= chance.choice(({}, {"new_flows": "5 %"}))
    if above.get("network") == "cable" or chance.random() < 0.6:
        return found | {"from": one, "to": other}
    return found | {"guests": one, "direction": chance.choice(("rx", "tx"))}


def drawn(chance: Random, folder: Path) -> Plan:
    """The plan of the next one that is not refused."""
    while True:
        file = folder / "random-hosts.yaml"
        file.write_text(json.dumps(content(chance)), encoding="utf-8")
        try:
            scenario, _ = study(file)
        except ScenarioErrors as refused:
            if "cannot be simulated" in str(refused):
                raise
            continue
        return plan_of(scenario)


def played(plan: Plan) -> Trace:
    """The trace of all engines, which is one; every packet is delivered, dropped or under way."""
    traces = []
    for engine in ENGINES.values():
        made = engine(plan, 1, log=True)
        made.run(RUN_PS)
        traces.append(made.trace())
    first = traces[0]
    assert all(trace.log == first.log and trace.counters == first.counters for trace in traces)
    counters = first.counters
    delivered = sum(counters[f"{sink.name}.count"] for sink in plan.sinks)
    dropped = sum(value for name, value in counters.items() if name.endswith(".dropped"))
    offered = sum(counters[f"{source.name}.offered"] for source in plan.sources)
    if all(source.kind != "window" for source in plan.sources):  # what is delivered may come back as an acknowledgement
        assert offered == delivered + dropped + first.in_flight_end
    return first


def main(count: int, seed: int) -> None:
    """Play so many and say how much was delivered."""
    chance = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        traces = [played(drawn(chance, Path(folder))) for _ in range(count)]
    lines = sum(len(trace.log) for trace in traces)
    print(f"{count} scenarios of several hosts and bonds, seed {seed}: both engines alike in {lines:,} lines of log")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
