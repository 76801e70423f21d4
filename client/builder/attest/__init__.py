"""What is attached to a built package: its provenance, and its list of parts (SBOM)."""
