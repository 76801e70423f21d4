"""What this machine and its user demand of a package beyond what the protocol checks: rules by name."""
