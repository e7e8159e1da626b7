"""``python -m tests.campaign.mutation run --each 60``: plant so many faults in each part of the program, and keep who noticed.

``reach`` makes the map of tests to lines (minutes, again for tests that have changed only); ``run`` goes on where it stopped; ``report`` counts.
Verdicts stay in ``.cache/mutation`` or another folder, one line for each mutant. ``run --share 1/2`` and ``run --share 2/2`` side by side
ask half of them each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import yaml

from tests.campaign.mutation import reach
from tests.campaign.mutation.operators import Mutant
from tests.campaign.mutation.session import Session
from tests.campaign.mutation.strata import STRATA, files, sample
from tests.campaign.mutation.trial import ENGINES, Copy, Verdict, ask_engines, ask_session, load_foreign

ROOT = reach.ROOT
FOLDER = ROOT / ".cache" / "mutation"
MAP, VERDICTS = "reach.json", "verdicts.jsonl"
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
    parser.add_argument("--each", type=int, default=56, help="mutants of each part (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="which mutants (default: %(default)s)")
    parser.add_argument("--parts", nargs="*", choices=tuple(STRATA), default=list(STRATA), help="these only")
    parser.add_argument("--again", action="store_true", help="ask once more for those that survived")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no mutant after so many minutes")
    parser.add_argument(
        "--share", type=_share, default=(1, 1), metavar="K/N", help="the k-th of n parts of the sample (default: 1/1)"
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where the map and the verdicts are (default: .cache/mutation)"
    )
    chosen = parser.parse_args()
    folder: Path = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if chosen.what == "reach":
        known = reach.load(folder / MAP) if (folder / MAP).exists() else None
        reach.save(reach.measure(folder, known), folder / MAP)
        return 0
    drawn = {name: mutants for name, mutants in sample(chosen.seed, chosen.each).items() if name in chosen.parts}
    if chosen.what == "list":
        print("\n".join(f"{name}: {mutant}" for name, mutants in drawn.items() for mutant in mutants))
        return 0
    if chosen.what == "run":
        _run(drawn, folder, chosen.share, again=chosen.again, until_s=time() + 60 * chosen.minutes)
    return _report(drawn, folder)


def _share(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is not such as 1/2")
    return int(part), int(parts)


def _texts(drawn: dict[str, list[Mutant]]) -> dict[str, str]:
    names = {mutant.file for mutants in drawn.values() for mutant in mutants}
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


def _known(folder: Path) -> dict[str, dict[str, Any]]:
    """Key -> the last verdict."""
    path = folder / VERDICTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {entry["key"]: entry for entry in map(json.loads, lines)}


def _run(drawn: dict[str, list[Mutant]], folder: Path, share: tuple[int, int], *, again: bool, until_s: float) -> None:
    texts, known, (part, parts) = _texts(drawn), _known(folder), share
    turns = sorted((place, name) for name, mutants in drawn.items() for place in range(len(mutants)))
    mine = [(name, drawn[name][place]) for place, name in turns if place % parts == part - 1]
    waiting = [
        (name, mutant)
        for name, mutant in mine
        if (entry := known.get(mutant.key(texts[mutant.file]))) is None or (again and not entry["killed"])
    ]

    def ask(wanted: bool, who: Callable[[Mutant, str], Verdict]) -> None:
        for name, mutant in waiting:
            if mutant.file.startswith(ENGINES) is wanted and time() < until_s:
                _keep(name, mutant, texts[mutant.file], folder, who)

    ask(True, ask_engines)
    if all(mutant.file.startswith(ENGINES) for _, mutant in waiting):
        return
    load_foreign()
    found = reach.load(folder / MAP)
    with Copy() as copy:
        work = lambda session: ask(False, lambda mutant, text: ask_session(session, copy, mutant, text, found))  # noqa: E731
        Session(work).run(reach.FOLDERS)


def _keep(name: str, mutant: Mutant, text: str, folder: Path, ask: Callable[[Mutant, str], Verdict]) -> None:
    began = time()
    verdict = ask(mutant, text)
    if dict(files()) != ORIGINAL:
        sys.exit("the program has changed meanwhile: begin again, verdicts so far are kept")
    entry = {
        "key": mutant.key(text), "part": name, "mutant": str(mutant), "killed": verdict.killed, "by": verdict.by, "left": verdict.left,
        "seconds": round(time() - began, 1),
    }  # fmt: skip
    with (folder / VERDICTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    said = f"{'killed  ' if verdict.killed else 'SURVIVED'} {entry['seconds']:6} s {name}: {mutant} ({verdict.by})"
    print(said, file=sys.__stdout__, flush=True)


def _report(drawn: dict[str, list[Mutant]], folder: Path) -> int:
    """Print a table and the survivors; 1 if a share is too low."""
    texts, known = _texts(drawn), _known(folder)
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
