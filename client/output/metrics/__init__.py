"""Metrics for Prometheus: series, and the server that gives them out."""
