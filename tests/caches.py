"""Folders in the user's cache where compilers that tests start keep what they made once: C libraries, crates."""

from __future__ import annotations

import os
from pathlib import Path


def kept(name: str) -> Path:
    """A folder that the next run of the tests finds again."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def with_zig(cache: Path) -> Path:
    """Let a build's cache, which is new, hold zig's own that tests share: it makes its C library for Wasm once."""
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "zig").symlink_to(kept("zig"))
    return cache
