"""A job script for a cluster's batch system: an array of shards over a shared folder, and the merge when all have ended.

*Scope*: Slurm; printed, not submitted. *Validation*: tests/unit/test_sweeps.py runs the printed script with bash, job by job.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from simulator.errors import BadValue

SYSTEMS = ("slurm",)


def job_script(system: str, shards: int, arguments: Sequence[str], folder: str) -> str:
    """The script that runs ``sriovsim sweep`` with these arguments in `shards` jobs. Raises InputError for an unknown system."""
    if system not in SYSTEMS:
        raise BadValue("--job-script", "is no batch system that is known here", system, SYSTEMS)
    command = shlex.join(["sriovsim", "sweep", *arguments])
    merge = shlex.join(["sriovsim", "merge", folder])
    return f"""#!/bin/bash
#SBATCH --job-name=sriovsim
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
# Submit: sbatch --parsable THIS-FILE. A job that was ended goes on where it stood when it is submitted again.
# When the array has ended, put the shards together:
#   sbatch --dependency=afterany:JOB-ID --wrap={shlex.quote(merge)}
set -euo pipefail
{command} --workers "${{SLURM_CPUS_PER_TASK:-1}}" --shard "${{SLURM_ARRAY_TASK_ID}}/{shards}"
"""
