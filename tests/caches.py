"""Folders in the user's cache where tests keep what is made or fetched once: C libraries, crates, others' programs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def kept(name: str) -> Path:
    """A folder that the next run of the tests finds again."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let other processes of tests wait for as long as something is made in a kept folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def with_zig(cache: Path) -> Path:
    """Let a build's cache, which is new, hold zig's own that tests share: it makes its C library for Wasm once."""
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "zig").symlink_to(kept("zig"))
    return cache
