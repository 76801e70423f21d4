"""Which certificate authorities of the web sigstore-python trusts when it speaks to services: those of the system.

It speaks through requests, which brings a list of its own; all else here uses OpenSSL's, where companies add theirs.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHOSEN = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # requests' own variables: what a user set there holds


@contextmanager
def system_authorities() -> Iterator[None]:
    """Let requests trust what OpenSSL does by default, SSL_CERT_FILE and SSL_CERT_DIR included, for a block."""
    place = _place()
    if any(os.environ.get(name) for name in _CHOSEN) or not place:
        yield
        return
    before = os.environ.get(_CHOSEN[0])
    os.environ[_CHOSEN[0]] = place
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CHOSEN[0]]
        else:
            os.environ[_CHOSEN[0]] = before


def _place() -> str:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or not paths.capath:
        return paths.cafile or ""
    try:
        return paths.capath if any(True for _ in Path(paths.capath).iterdir()) else ""
    except OSError:  # what cannot be read names nobody
        return ""
