"""`ecli`: find, verify, inspect, run, build and publish eBPF packages."""
