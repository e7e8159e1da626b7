"""From real machines to a scenario: libvirt, lspci, sysfs, ethtool, Kubernetes and OpenStack say what is there.

1. ``sources`` recognises each file by its content and reads it into ``Facts``; the facts of all files add up.
2. ``combine`` makes lines of a scenario of them, each with a comment: where it was read, or that it was guessed.
3. What the grammar cannot say becomes a comment; a guest on a datapath or switch that is not modelled is commented out
   beside the nearest that is, and stands in only where the caller asks for it.
4. The text is read back and every point of it wired before it is handed out.

*Scope*: descriptions of machines in, one scenario out; nothing here simulates, and nothing that simulates imports it.
*Validation*: ``tests/imports``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simulator.errors import InputError, ScenarioErrors
from simulator.formats import yaml12
from simulator.imports.combine import Wishes, combine
from simulator.imports.facts import Facts
from simulator.imports.lines import render
from simulator.imports.sources import labels_of, read_all
from simulator.scenario import build, points
from simulator.scenario.load import from_tree
from simulator.scenario.tree import expand

__all__ = ["Wishes", "scenario_text"]


def scenario_text(paths: Sequence[str | Path], wishes: Wishes | None = None) -> str:
    """Return the scenario of the machine that the files describe, as YAML with comments.

    Raises ``InputError`` for a file that cannot be read or is of no known kind, and where no guest is left.
    """
    files = [Path(path) for path in paths]
    labels = labels_of(files)
    try:
        return _text(read_all(files, labels), labels, wishes or Wishes())
    except InputError as error:
        # comments name a file, errors its path as it was given
        for path, label in zip(files, labels, strict=True):
            if error.place == label or error.place.startswith((f"{label}:", f"{label} ")):
                raise error.at(str(path) + error.place.removeprefix(label)) from None
        raise


def _text(found: Facts, labels: list[str], wishes: Wishes) -> str:
    text = render(combine(found, labels, wishes))
    faults = _faults(text)
    if found.cores is not None and faults and all(fault.place.startswith("host.cores") for fault in faults):
        cores, place = found.cores
        remark = (
            f"{place}: {cores} cores are fewer than one for each vCPU and helper: guests share some there (placement)"
        )
        text = render(combine(replace(found, cores=None, remarks=(*found.remarks, remark)), labels, wishes))
        faults = _faults(text)
    if faults:
        raise ScenarioErrors(fault.at(f"the imported scenario: {fault.place}") for fault in faults)
    return text


def _faults(text: str) -> list[InputError]:
    node = yaml12.parse(text + "name: imported\n", "the imported scenario")
    reasons: dict[str, InputError] = {}
    for point in points(from_tree(expand(node))):
        try:
            build.machine_of(point.scenario)
        except InputError as error:
            reasons.setdefault(str(error), error)
    return list(reasons.values())
