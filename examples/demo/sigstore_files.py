"""Fetches what any Sigstore client needs: a hub's trust configuration, and an identity token for a hub's token.

usage: sigstore_files.py URL < hub.token      writes trust_config.json and identity.token
"""

from __future__ import annotations

import json
import sys
import urllib.parse
import urllib.request
from pathlib import Path


def main() -> None:
    """Two requests, as curl would make them: GET of the trust configuration, token exchange (RFC 8693)."""
    sigstore, token = f"{sys.argv[1]}/sigstore", sys.stdin.read().strip()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token": token,
        "audience": "sigstore",
    }
    with urllib.request.urlopen(f"{sigstore}/trust_config.json", timeout=10) as answer:
        Path("trust_config.json").write_bytes(answer.read())
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{sigstore}/oidc/token", body, timeout=10) as answer:
        Path("identity.token").write_text(json.loads(answer.read())["access_token"])
    print("wrote trust_config.json, identity.token")


if __name__ == "__main__":
    main()
