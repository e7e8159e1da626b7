"""What a command leaves out at its beginning and at its end, since nothing in it is used by one.

*Scope*: commands; whoever imports the packages gets everything. *Validation*: ``tests/architecture/test_imports.py``,
``benchmarks/command.py``.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

_SCIPY = "scipy.linalg"


def without_blas() -> None:
    """Let numba find no BLAS: it would import SciPy's linear algebra (a tenth of a small comparison) for products of matrices, of
    which the kernel has none."""
    if "numba.np.arraymath" in sys.modules or _SCIPY in sys.modules:
        return
    sys.modules[_SCIPY] = None  # type: ignore[assignment]
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules[_SCIPY]


def leave(code: int) -> NoReturn:
    """End the process as ``sys.exit`` does, without taking apart object by object what the system takes back at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)
