"""How fast, how big, how soon: the simulator against its peers and against its own size.

One module per item; ``registry`` names them; ``python -m benchmarks`` runs them. Speeds are per CPU second, ratios are
medians of pairs measured in turn, and every single figure is kept.

*Scope*: one machine, one process at a time; figures of two machines cannot be compared, ratios nearly can.
*Validation*: tests/unit/test_benchmarks.py; each speed item checks its own simulation result.
"""
