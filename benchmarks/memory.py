"""Peak memory of a long run as a multiple of a short one's: it must not grow with the number of packets.

1. Each run has a process of its own (``python -m benchmarks.memory PACKETS RATE``) and reports its peak resident size.
2. Eight guests at 80 % and at 110 % of what they can carry; at 110 % the sockets are full.
3. The peak is that of the process's own memory since its start. `getrusage` would not do: what it reports is inherited
   from the process that started this one.
4. The kernel is in its cache beforehand, because compiling takes more memory than any run.

*Scope*: Linux; 10**6 against 10**7 packets, with `--full` against 10**8.
*Validation*: losses only where there must be some.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import vf
from benchmarks.measure import Options, Outcome, WrongResult, fresh_process
from simulator.engines.compiled.engine import warm_up

GUESTS = 8
SHORT, LONG, FULL = 10**6, 10**7, 10**8
_STATUS = Path("/proc/self/status")
RATES = {"80 %": vf.MODERATE_PPS, "110 %": vf.OVERLOAD_PPS}


def measure(options: Options) -> Outcome:
    """`peak_rss_ratio`: the higher of the two loads' ratios."""
    if not _STATUS.exists():
        return Outcome({"peak_rss_ratio": None}, note=f"not measured: no {_STATUS}")
    warm_up()
    many = FULL if options.full else LONG
    figures = {load: [_peak_of(packets, rate) for packets in (SHORT, many)] for load, rate in RATES.items()}
    ratio = max(peaks[1]["peak_kib"] / peaks[0]["peak_kib"] for peaks in figures.values())
    return Outcome({"peak_rss_ratio": ratio}, {"packets": [SHORT, many], **figures})


def _peak_of(packets: int, rate_pps: int) -> dict[str, int]:
    ended = fresh_process(["-m", "benchmarks.memory", str(packets), str(rate_pps)])
    found: dict[str, int] = json.loads(ended.output)
    if (found["lost"] > 0) != (rate_pps == vf.OVERLOAD_PPS):
        raise WrongResult(f"{found['lost']} packets lost at {rate_pps} packets per second and guest")
    return found


def _peak_kib() -> int:
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main(packets: int, rate_pps: int) -> None:
    """Run once and print the peak before and after, in KiB."""
    warm_up()
    before_kib = _peak_kib()
    run = vf.simulate(GUESTS, rate_pps, packets, 0)
    found = {"before_kib": before_kib, "peak_kib": _peak_kib(), "delivered": run.delivered, "lost": run.lost}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
