"""How long 64,000 VFs take and how much memory: `python -m tests.sriov.large` prints both and fails above the limits."""

from __future__ import annotations

import resource
import sys
import time

from simulator.sriov import Host, model_named, sysfs

MOST_S, MOST_MB = 2.0, 200.0


def main() -> int:
    """Plug the textbook device in, enable all its VFs, with drivers."""
    wall, cpu = time.perf_counter(), time.process_time()
    host = Host()
    (pf,) = host.plug(model_named("textbook"))
    outcome = sysfs.write(host, pf, "sriov_numvfs", "64000")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{outcome}: {len(pf.vfs):,} VFs, {wall:.2f} s ({cpu:.2f} s of CPU), {megabytes:.0f} MB in all")
    return int(not outcome or cpu > MOST_S or megabytes > MOST_MB)


if __name__ == "__main__":
    sys.exit(main())
