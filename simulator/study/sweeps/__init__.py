"""Sweeps of thousands of points: on all cores of a machine, on a Dask cluster, or in shards over a shared folder.

1. `outline` lays the points out without building them and gives each a key, the hash of everything that decides its result.
2. `drive` hands what is not finished to workers (`worker`), in this machine's processes (`fanout`) or on a cluster (`cluster`).
3. Each finished point is written at once and durably to the folder's journal (`journal`), so that the same command goes on where it
   was stopped, in whatever way.
4. `merge` puts the journal in the order of the points: tables as CSV and Parquet. Their bytes depend on the points alone.

*Scope*: a folder that all shards can write. *Validation*: tests/unit/test_sweeps.py, tests/campaign/kill.py.
"""

from __future__ import annotations

from simulator.study.sweeps.drive import Outcome, sweep
from simulator.study.sweeps.merge import Merged, merge

__all__ = ["Merged", "Outcome", "merge", "sweep"]
