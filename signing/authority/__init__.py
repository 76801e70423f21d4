"""The embedded authority: a small Sigstore for one organisation, without its HTTP."""
