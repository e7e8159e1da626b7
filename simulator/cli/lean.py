"""What a command leaves out, since its process ends soon: looking for garbage, and taking everything apart at the end.

*Scope*: commands; whoever imports the packages gets neither. *Validation*: ``tests/unit/test_cli.py`` (real processes),
``benchmarks/command.py``.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn


def rarely_collect() -> None:
    """Look for garbage less often: what a command imports are a hundred thousand objects, and none of them is any."""
    gc.set_threshold(50_000, 20, 20)


def leave(code: int) -> NoReturn:
    """End the process as ``sys.exit`` does, without taking apart object by object what the system takes back at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)
