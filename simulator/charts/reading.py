"""A result folder, or its ``result.json`` alone, -> the document that charts are drawn from.

1. ``result.json`` holds the points; ``histograms.csv`` beside it their latency histograms.
2. Everything that a chart takes from a point is checked here, once, with the place in the file: after this no damaged file
   can surprise a chart.
3. Without the histograms the document is read all the same; a chart that needs them says which file is missing.

*Scope*: folders written by this program. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from simulator.charts.shape import checked
from simulator.errors import InputError

RESULT, HISTOGRAMS = "result.json", "histograms.csv"
LARGEST = 10**18
COLUMNS = ("point", "bucket_low_ps", "bucket_high_ps", "count")


def read(path: Path | str) -> dict[str, Any]:
    """The result document of a folder or file, each point with its ``histogram`` where there is one: (low_ps, high_ps,
    count) per bucket. Raises InputError that names the file and what is wrong with it."""
    given = Path(path)
    file = given / RESULT if given.is_dir() else given
    document = _document(file, given)
    if len(document["points"]) and (file.parent / HISTOGRAMS).is_file():
        _add_histograms(document, file.parent / HISTOGRAMS)
    return document


def _document(file: Path, given: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        said = (
            f"has no {RESULT}: not a result folder, or the study was interrupted" if given.is_dir() else "is not there"
        )
        raise InputError(str(given), said) from None
    except OSError as error:
        raise InputError(str(file), f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise InputError(str(file), f"is not JSON ({error})") from None
    except RecursionError:
        raise InputError(str(file), "is not a result of this program: nested too deeply") from None
    if not isinstance(document, dict) or not isinstance(document.get("points"), list) or "scenario" not in document:
        raise InputError(str(file), "is not a result of this program: it needs 'scenario' and 'points'")
    checked(document, file)
    return document


def _add_histograms(document: dict[str, Any], file: Path) -> None:
    found: list[list[tuple[int, int, int]]] = [[] for _ in document["points"]]
    seen: list[int] = []
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                number, low, high, count = (int(row[column]) for column in COLUMNS)
                if not (number >= 0 and 0 <= low <= high <= LARGEST and 0 < count <= LARGEST):
                    raise ValueError(f"line {len(seen) + 2}")
                seen.append(number)
                found[number].append((low, high, count))
    except OSError as error:
        raise InputError(str(file), f"cannot be read ({error.strerror})") from None
    except (KeyError, ValueError, TypeError, IndexError, csv.Error) as error:
        raise InputError(str(file), f"does not belong to this result, or is damaged ({error})") from None
    for point, buckets in zip(document["points"], found, strict=True):
        point["histogram"] = buckets
