"""A hub's HTTP API for Python programs: what it answers, as typed values."""
