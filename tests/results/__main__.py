"""`python -m tests.results`: do the committed reference runs still come out? With `--write`, make them anew."""

from __future__ import annotations

import sys

from tests.results.reference import RUNS, differences, write


def main() -> None:
    different = False
    for name in RUNS:
        if "--write" in sys.argv[1:]:
            write(name)
        found = differences(name)
        different |= bool(found)
        print(f"{name}: {', '.join(found) or 'as committed'}")
    sys.exit(different)


if __name__ == "__main__":
    main()
