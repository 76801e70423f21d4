"""Kernels of Debian that tests boot under QEMU: which, and where they are kept between runs of the tests."""

from __future__ import annotations

import os
from pathlib import Path

SERIES = ("6.1", "6.12")


def kernel_cache() -> Path:
    """The folder of fetched kernels, in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / "kernels"
