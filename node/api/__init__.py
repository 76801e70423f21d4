"""The hub's HTTP API below /api/v1: operations that are served and documented from one description each."""
