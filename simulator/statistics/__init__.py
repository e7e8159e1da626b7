"""Output analysis: how long a simulation warms up, how sure its numbers are, when it has run enough.

1. `warmup`: MSER-5 says where a series stops drifting.
2. `intervals`: 95 % intervals of means, quantiles and ratios from independent or nearly independent pieces.
3. `precision`: the relative precision that is asked for, and whether and when it is reached.

*Scope*: pure functions of numbers; nothing here simulates. *Validation*: tests/statistics (known answers, planted faults), and the
coverage campaign ``python -m tests.statistics``.
"""
