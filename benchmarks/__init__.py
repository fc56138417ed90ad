"""Benchmarks: `make bench`, or `python -m benchmarks.NAME` for one. Each compares with a named peer."""
