"""Who says so: sign and verify, trusted roots, signed notes, Merkle proofs. Bytes in, verdict out."""
