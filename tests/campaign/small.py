"""``python -m tests.campaign.small``: every plan of one station on both engines, and a seeded sample of the many with two or three.

1. A plan is one or two sources with three packets in all, up to three stations in a row, and a sink. A station is a link, a fifo with a hardware worker,
   with a softirq or with a task, or a transmit ring with a task that posts, hardware that takes and a task that reaps.
2. Each field has two or three stated values; times are 0, one step or two, so that nearly everything happens at the instant of something else,
   and entities are declared in the order of the row or the other way round, which decides ties. Software stations have a core each or share one.
3. A number names a plan: `plan(n)` for n below `COUNT`. Those that `check()` refuses are counted and left out.

*Scope*: rules between few parts; `random_plans` has large ones. *Validation*: `tests/engines/test_small.py` plants a bug that small plans show.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from math import prod
from random import Random
from time import time
from typing import Any

from simulator.plan.check import check
from simulator.plan.model import Plan
from tests.conformance.build import build
from tests.engines.agreement import compare
from tests.engines.available import ENGINES

Short = dict[str, dict[str, Any]]
Values = dict[str, tuple[Any, ...]]
STEP_PS = 100
"""What 100 bytes take at 1 ps per byte."""
TIMES = (0, STEP_PS, 2 * STEP_PS)
UNTIL_PS = 60 * STEP_PS
MOST = 100_000
GATES = ("flag", "event", "edge", "always")
FIFO: Values = {"capacity": (None, 1), "full": ("drop", "block")}
STATIONS: dict[str, Values] = {
    "link": {"propagation_ps": TIMES[:2], "ps_per_byte": (None, 1, 2)},
    "hw": {**FIFO, "packet_ps": TIMES},
    "soft": {**FIFO, "gate": GATES, "packet_ps": TIMES[1:], "wake_ps": TIMES[:2]},
    "task": {**FIFO, "gate": GATES, "packet_ps": TIMES[:2]},
    "ring": {"size": (2, 3), "used": GATES[:2], "packet_ps": TIMES[:2], "reap_ps": TIMES[:2]},
}
COMMON: Values = {
    "sources": (((3, 0),), ((2, 0), (1, 0)), ((2, 0), (1, STEP_PS))),
    "gap": ([0], [STEP_PS], [0, STEP_PS]),
    "reversed": (False, True),
    "one_core": (False, True),
}
"""`sources`: (packets, start) of each."""
SHAPES = [shape for length in (1, 2, 3) for shape in product(STATIONS, repeat=length)]
SIZES = [
    prod(len(values) for part in (COMMON, *(STATIONS[kind] for kind in shape)) for values in part.values())
    for shape in SHAPES
]
COUNT = sum(SIZES)
SINGLE = sum(SIZES[: len(STATIONS)])
"""So many have one station; their numbers come first."""


def plan(number: int) -> Plan | None:
    """The plan of that number, or None if `check()` refuses it."""
    place = number
    for shape, size in zip(SHAPES, SIZES, strict=True):  # noqa: B007  (the last one is used)
        if place < size:
            break
        place -= size
    picked = []
    for part in (COMMON, *(STATIONS[kind] for kind in shape)):
        chosen = {}
        for field, values in part.items():
            place, digit = divmod(place, len(values))
            chosen[field] = values[digit]
        picked.append(chosen)
    common, *fields = picked
    made = build(f"small {number}", _short(shape, common, fields))
    return None if check(made) else made


def _short(shape: tuple[str, ...], common: dict[str, Any], fields: list[dict[str, Any]]) -> Short:
    entries = [f"l{index}" if kind == "link" else f"q{index}" for index, kind in enumerate(shape)] + ["out"]
    short: Short = {}
    for index, (packets, start_ps) in enumerate(common["sources"]):
        short[f"s{index}"] = {
            "is": "source",
            "to": entries[0],
            "gap": common["gap"],
            "max_packets": packets,
            "start_ps": start_ps,
        }
    cores = {
        index: "c0" if common["one_core"] else f"c{index}"
        for index, kind in enumerate(shape)
        if kind in ("soft", "task", "ring")
    }
    short |= {core: {"is": "core"} for core in dict.fromkeys(cores.values())}
    for index, (kind, given) in enumerate(zip(shape, fields, strict=True)):
        short |= _station(kind, index, entries[index + 1], cores.get(index, ""), dict(given))
    short["out"] = {"is": "sink"}
    return dict(reversed(short.items())) if common["reversed"] else short


def _station(kind: str, index: int, target: str, core: str, given: dict[str, Any]) -> Short:
    """One station; a value of None leaves the field out."""
    w, q, t = f"w{index}", f"q{index}", f"t{index}"
    given = {field: value for field, value in given.items() if value is not None}
    if kind == "link":
        return {f"l{index}": {"is": "link", "to": target, **given}}
    if kind == "ring":
        ring, reaper, second = f"r{index}", f"n{index}", f"u{index}"
        return {
            q: {"is": "fifo", "gate": f"flag {w}"},
            ring: {"is": "ring", "kind": "tx", "size": given["size"], "used_gate": f"{given['used']} {reaper}"},
            t: {"is": "thread", "by": core},
            second: {"is": "thread", "by": core},
            w: {"is": "worker", "kind": "task", "by": t, "from": [q], "into": [ring]},
            reaper: {"is": "worker", "kind": "task", "by": second, "reap_ring": ring, "reap_ps": given["reap_ps"]},
            f"h{index}": {
                "is": "worker",
                "kind": "hw",
                "from": [ring],
                "into": [target],
                "packet_ps": given["packet_ps"],
            },
        }
    fifo = {"is": "fifo", **{field: given.pop(field) for field in ("capacity", "full") if field in given}}
    worker = {"is": "worker", "kind": kind, "from": [q], "into": [target]}
    if kind == "hw":
        return {q: fifo, w: worker | given}
    fifo["gate"] = f"{given.pop('gate')} {w}"
    thread: Short = {t: {"is": "thread", "by": core}} if kind == "task" else {}
    return {q: fifo, **thread, w: worker | {"by": t if thread else core} | given}


def chosen(seed: int, most: int) -> list[int]:
    """The numbers of all plans of one station, then of a sample of the others, so many together."""
    return [*range(min(SINGLE, most)), *Random(f"small {seed}").sample(range(SINGLE, COUNT), max(0, most - SINGLE))]


def main() -> int:
    """Run them; print what differs, 1 if anything does."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaign.small", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=MOST, help="plans (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=9, help="which sample (default: %(default)s)")
    parser.add_argument("--skip", type=int, default=0, help="go on behind so many")
    asked = parser.parse_args()
    ran = refused = differing = 0
    began = time()
    for number in chosen(asked.seed, asked.most)[asked.skip :]:
        made = plan(number)
        refused += made is None
        if made is not None:
            ran += 1
            difference = compare((ENGINES["reference"], ENGINES["compiled"]), made, UNTIL_PS, number)
            differing += difference is not None
            if difference is not None:
                print(f"plan({number}): {difference}")
        if (ran + refused) % 5000 == 0:
            print(f"{ran + refused} of {asked.most - asked.skip}, {time() - began:.0f} s", flush=True)
    print(f"{COUNT} small plans; {ran} run on both engines, {refused} refused by check(), {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
