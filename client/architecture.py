"""This machine's architecture by OCI's name, by which packages choose among objects. On the run path of `ecli`."""

from __future__ import annotations

import os

_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}  # uname's; OCI's are Go's (image specification 1.1)


def own_architecture() -> str:
    """OCI's name of this machine's architecture; uname's where there is none."""
    machine = os.uname().machine
    return _NAMES.get(machine, machine)
