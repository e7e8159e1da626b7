"""``python -m tests.campaign.mutation run --each 60``: plant so many faults in each part of the program, and keep who noticed.

``reach`` makes the map of tests to lines (minutes, once); ``run`` goes on where it stopped; ``report`` counts.
Verdicts stay in ``.cache/mutation``, one line for each mutant.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import time
from typing import Any

import yaml

from tests.campaign.mutation import reach
from tests.campaign.mutation.operators import Mutant
from tests.campaign.mutation.strata import STRATA, files, sample
from tests.campaign.mutation.trial import ENGINES, Copy, Verdict, ask_engines, load_foreign

ROOT = reach.ROOT
FOLDER = ROOT / ".cache" / "mutation"
MAP, VERDICTS = FOLDER / "reach.json", FOLDER / "verdicts.jsonl"
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
SEED = 20
LEAST, OF_ALL = 0.88, 0.95
ORIGINAL = dict(files())
"""The program as it was when the campaign began."""


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaign.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("reach", "run", "report", "list"))
    parser.add_argument("--each", type=int, default=60, help="mutants of each part (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="which mutants (default: %(default)s)")
    parser.add_argument("--parts", nargs="*", choices=tuple(STRATA), default=list(STRATA), help="these only")
    parser.add_argument("--again", action="store_true", help="ask once more for those that survived")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no mutant after so many minutes")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if chosen.what == "reach":
        reach.save(reach.measure(), MAP)
        return 0
    drawn = {name: mutants for name, mutants in sample(chosen.seed, chosen.each).items() if name in chosen.parts}
    if chosen.what == "list":
        print("\n".join(f"{name}: {mutant}" for name, mutants in drawn.items() for mutant in mutants))
        return 0
    if chosen.what == "run":
        _run(drawn, again=chosen.again, until_s=time() + 60 * chosen.minutes)
    return _report(drawn)


def _texts(drawn: dict[str, list[Mutant]]) -> dict[str, str]:
    names = {mutant.file for mutants in drawn.values() for mutant in mutants}
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


def _known() -> dict[str, dict[str, Any]]:
    """Key -> the last verdict."""
    lines = VERDICTS.read_text(encoding="utf-8").splitlines() if VERDICTS.exists() else []
    return {entry["key"]: entry for entry in map(json.loads, lines)}


def _run(drawn: dict[str, list[Mutant]], *, again: bool, until_s: float) -> None:
    texts, known = _texts(drawn), _known()
    turns = sorted((place, name) for name, mutants in drawn.items() for place in range(len(mutants)))
    waiting = [
        (name, mutant)
        for name, mutant in ((name, drawn[name][place]) for place, name in turns)
        if (entry := known.get(mutant.key(texts[mutant.file]))) is None or (again and not entry["killed"])
    ]
    inside = [(name, mutant) for name, mutant in waiting if mutant.file.startswith(ENGINES)]
    outside = [(name, mutant) for name, mutant in waiting if not mutant.file.startswith(ENGINES)]
    load_foreign()
    if outside:
        found = reach.load(MAP)
        with Copy() as copy:
            for name, mutant in outside:
                if time() < until_s:
                    _keep(name, mutant, texts, lambda mutant=mutant: copy.ask(mutant, texts[mutant.file], found))
    if inside:
        for name, mutant in inside:
            if time() < until_s:
                _keep(name, mutant, texts, lambda mutant=mutant: ask_engines(mutant, texts[mutant.file]))


def _keep(name: str, mutant: Mutant, texts: dict[str, str], ask: Any) -> None:
    began = time()
    verdict: Verdict = ask()
    if dict(files()) != ORIGINAL:
        sys.exit("the program has changed meanwhile: begin again, verdicts so far are kept")
    entry = {
        "key": mutant.key(texts[mutant.file]), "part": name, "mutant": str(mutant), "killed": verdict.killed, "by": verdict.by,
        "left": verdict.left, "seconds": round(time() - began, 1),
    }  # fmt: skip
    with VERDICTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    print(
        f"{'killed  ' if verdict.killed else 'SURVIVED'} {entry['seconds']:6} s {name}: {mutant} ({verdict.by})",
        flush=True,
    )


def _report(drawn: dict[str, list[Mutant]]) -> int:
    """Print a table and the survivors; 1 if a share is too low."""
    texts, known = _texts(drawn), _known()
    equal = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    counts, survivors = {}, []
    for name, mutants in drawn.items():
        killed = survived = same = 0
        for mutant in mutants:
            key = mutant.key(texts[mutant.file])
            if key in equal:
                same += 1
            elif key in known:
                killed += known[key]["killed"]
                survived += not known[key]["killed"]
                if not known[key]["killed"]:
                    survivors.append(f"{key} {name}: {mutant}" + f" ({known[key]['by']})" * bool(known[key]["by"]))
        counts[name] = (killed, survived, same)
    print(f"{'part':22} {'asked':>6} {'killed':>7} {'survived':>9} {'equivalent':>11} {'share':>7}")
    for name, (killed, survived, same) in {
        **counts,
        "all": tuple(map(sum, zip(*counts.values(), strict=True))),
    }.items():
        share = killed / max(1, killed + survived)
        print(f"{name:22} {killed + survived + same:6} {killed:7} {survived:9} {same:11} {share:7.1%}")
    print("\n".join(survivors))
    shares = [killed / max(1, killed + survived) for killed, survived, _ in counts.values()]
    total = sum(killed for killed, _, _ in counts.values()) / max(
        1, sum(killed + survived for killed, survived, _ in counts.values())
    )
    return 1 if min(shares) < LEAST or total < OF_ALL else 0


if __name__ == "__main__":
    sys.exit(main())
