"""Bench: how fast we are, measured beside others in one run. `python -m tests.bench --help`."""
