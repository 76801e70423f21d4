"""This machine as archives of kernel types name it: by os-release(5) and uname(2)."""

from __future__ import annotations

import os
from pathlib import Path

from ...schemas.kernel_types import System

_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
_MAX_OS_RELEASE = 65536  # bytes


def this_system(os_release: tuple[Path, ...] = _OS_RELEASE) -> System:
    """Name this machine's system; the first of these files that can be read tells the distribution."""
    words, uname = _words(os_release), os.uname()
    return System(words.get("ID", "linux"), words.get("VERSION_ID", ""), uname.machine, uname.release)


def _words(paths: tuple[Path, ...]) -> dict[str, str]:
    for path in paths:
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_OS_RELEASE).decode("utf-8", "replace")
        except OSError:
            continue
        pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
        return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {}
