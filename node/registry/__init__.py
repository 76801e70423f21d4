"""The OCI registry (distribution specification 1.1)."""
