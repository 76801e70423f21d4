"""eBPF Hub: a federated, verifiable hub for eBPF programs, and `ecli`, its package manager."""
