"""What a try at the control plane gives: done or an errno, what the kernel says about it, and how long it takes.

A refused write is a result to look at, not a crash, so it is returned and not raised.

*Scope*: Linux' names of errors. *Validation*: ``tests/sriov/test_igb.py`` compares errno and lines with a recorded guest.
"""

from __future__ import annotations

from dataclasses import dataclass

PS_PER_MS = 10**9

SENTENCES = {
    "": "",
    "EACCES": "Permission denied",
    "EAGAIN": "Resource temporarily unavailable",
    "EBUSY": "Device or resource busy",
    "EINVAL": "Invalid argument",
    "EIO": "Input/output error",
    "ENODEV": "No such device",
    "ENOENT": "No such file or directory",
    "ENOMEM": "Cannot allocate memory",
    "EOPNOTSUPP": "Operation not supported",
    "EPERM": "Operation not permitted",
    "EPROTONOSUPPORT": "Protocol not supported",
    "ERANGE": "Numerical result out of range",
}


class Refused(Exception):
    """A step that the kernel refuses; it never leaves this package."""

    def __init__(self, errno: str, why: str = "") -> None:
        super().__init__(errno, why)
        self.errno, self.why = errno, why


@dataclass(frozen=True, slots=True)
class Outcome:
    """``errno`` is empty if it was done; ``lines`` are those of the kernel log; ``took_ps`` includes the waits."""

    errno: str = ""
    lines: tuple[str, ...] = ()
    took_ps: int = 0
    why: str = ""
    """The reason in words, where neither errno nor the kernel's lines say it."""

    def __bool__(self) -> bool:
        """Whether it was done."""
        return not self.errno

    @property
    def sentence(self) -> str:
        """What a shell prints for the errno."""
        return SENTENCES[self.errno]

    def __str__(self) -> str:
        said = "done" if self else f"{self.errno}: {self.sentence}"
        return said + (f" ({self.why})" if self.why else "")
