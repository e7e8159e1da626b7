"""The plan: ten primitives as frozen data, and what an engine returns."""
