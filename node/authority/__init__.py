"""HTTP routes of the embedded Sigstore: OpenID Connect, Fulcio, Rekor, timestamps."""
