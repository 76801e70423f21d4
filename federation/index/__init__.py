"""The verifiable map over the log: rules, sparse Merkle map, answers and their check (protocol.md section 5)."""
