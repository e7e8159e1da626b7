"""``python -m simulator`` is the ``sriovsim`` command.

*Scope*: the entry only.
*Validation*: ``tests/architecture/test_imports.py`` starts it.
"""

from __future__ import annotations

from simulator.cli import main

if __name__ == "__main__":
    main()
