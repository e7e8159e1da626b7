"""The instants of a capture: frames in order of time, counted from the first, without the days in which nobody recorded.

1. Seconds and picoseconds are kept apart, because centuries of picoseconds do not fit 64 bits: clocks that start in
   1970 and are set later are in many captures.
2. Frames that come earlier than the frame before them are sorted; ties keep file order.
3. A pause of more than a day is no traffic but a recorder that stood still, or a clock that was set: it is taken for a
   pause like the others, their mean. Whatever rate the capture is replayed at, it would else be all there is.

*Scope*: a frame without time in the file gets that of the frame before. What remains must be within 53 days (2**62 ps).
`strict` refuses steps back and spans above it, and changes nothing.

*Validation*: tests/unit/test_pcap.py, tests/unit/test_field_captures.py.
"""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue
from simulator.formats.record import PS_PER_SECOND, Record, counted

IntArray = npt.NDArray[np.int64]

PS_PER_US = 10**6
_SECONDS_LIMIT = 2**61
_LONGEST_SPAN_PS = 2**62
_DAY_S = 86_400
_DAY_PS = _DAY_S * PS_PER_SECOND


class Clock:
    """Growing arrays of the instants of one capture."""

    def __init__(self, path: Path, strict: bool) -> None:
        self._path, self._strict = path, strict
        self._seconds, self._ps = array("q"), array("q")
        self._leading = self._untimed = 0

    def add(self, record: Record) -> None:
        """One more frame."""
        seconds, ps = record.seconds, record.ps
        if seconds is None:
            self._untimed += 1
            timed = len(self._seconds) > self._leading
            self._leading += not timed
            seconds, ps = (self._seconds[-1], self._ps[-1]) if timed else (0, 0)
        elif not -_SECONDS_LIMIT < seconds < _SECONDS_LIMIT:
            raise self._error(record, "is no time of a capture", f"{seconds} s")
        elif self._strict and len(self._seconds) > self._leading:
            self._refuse(record, seconds, ps)
        self._seconds.append(seconds)
        self._ps.append(ps)

    def _refuse(self, record: Record, seconds: int, ps: int) -> None:
        step = (seconds - self._seconds[-1]) * PS_PER_SECOND + ps - self._ps[-1]
        if step < 0:
            what = "is a step back in time; without 'strict: on' the frames are sorted"
            raise self._error(record, what, f"{step / PS_PER_US:.12g} us")
        first = self._leading
        span = (seconds - self._seconds[first]) * PS_PER_SECOND + ps - self._ps[first]
        if span >= _LONGEST_SPAN_PS:
            what = "is too far from the first frame (53 days); without 'strict: on' pauses above a day are taken out"
            raise self._error(record, what, f"{span // PS_PER_SECOND / _DAY_S:.3g} days")

    def _error(self, record: Record, what: str, value: str) -> BadValue:
        return BadValue(f"{self._path}: byte {record.offset}", what, value)

    def finish(self) -> tuple[IntArray, IntArray | None, list[str]]:
        """Times in ps from the first frame; the order in which they stand, if not the file's; what was changed."""
        seconds, ps = (np.frombuffer(column, dtype=np.int64) for column in (self._seconds, self._ps))
        if 0 < self._leading < len(seconds):
            seconds, ps = seconds.copy(), ps.copy()
            seconds[: self._leading], ps[: self._leading] = seconds[self._leading], ps[self._leading]
        said = []
        if self._untimed:
            said.append(f"no time in the file, so that of the frame before: {counted(self._untimed, 'frame')}")
        earlier = (seconds[1:] < seconds[:-1]) | ((seconds[1:] == seconds[:-1]) & (ps[1:] < ps[:-1]))
        order = None
        if earlier.any():
            said.append(f"sorted by time: {counted(int(earlier.sum()), 'frame')} earlier than the one before")
            order = np.lexsort((ps, seconds))
            seconds, ps = seconds[order], ps[order]
        del earlier
        gaps = self._gaps(seconds, ps, said)
        if float(gaps.sum(dtype=np.float64)) >= _LONGEST_SPAN_PS:
            what = "the capture covers more than 53 days: cut it, for example with 'editcap -A START -B STOP'"
            raise BadValue(str(self._path), what)
        return np.cumsum(gaps), order, said

    def _gaps(self, seconds: IntArray, ps: IntArray, said: list[str]) -> IntArray:
        steps = np.diff(seconds, prepend=seconds[:1])
        gaps = np.minimum(steps, _DAY_S + 2) * PS_PER_SECOND + np.diff(ps, prepend=ps[:1])
        pauses = np.flatnonzero(gaps > _DAY_PS)
        if self._strict:
            gaps[pauses] = steps[pauses] * PS_PER_SECOND + (ps[pauses] - ps[pauses - 1])
        elif len(pauses):
            longest = int(pauses[np.argmax(steps[pauses])])
            where = f"the longest of {steps[longest] / _DAY_S:,.0f} days before frame {longest + 1}"
            gaps[pauses] = 0
            others = len(gaps) - 1 - len(pauses)
            mean = int(gaps.sum(dtype=np.float64) / others) if others else 0
            gaps[pauses] = mean or PS_PER_SECOND
            taken = f"{mean / 10**6:,.6g} us, the mean of the others" if mean else "a second"
            what = f"taken out: {counted(len(pauses), 'pause')} of more than a day ({where})"
            said.append(f"{what}; each counts as {taken}")
        return gaps
