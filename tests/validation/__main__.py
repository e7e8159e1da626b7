"""`python -m tests.validation`: print the sanity table; with `--write`, put it into the page and the README."""

from __future__ import annotations

import sys

from tests.validation import table
from tests.validation.figures import predictions


def main() -> None:
    found = list(predictions())
    print(table.page(found))
    if "--write" in sys.argv[1:]:
        table.PAGE.write_text(table.page(found), encoding="utf-8")
        readme = table.README.read_text(encoding="utf-8")
        table.README.write_text(table.in_readme(readme, table.short(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
