"""Benchmarks against peers, as ratios taken in one run: `make bench` runs all rows and writes RESULTS.md."""
