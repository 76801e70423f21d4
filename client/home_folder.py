"""Where a user's state lies, as text. On the quick path of `ecli run`: it imports nothing but os."""

from __future__ import annotations

import os

MACHINE = "/etc/ebpfhub"


def home_folder() -> str:
    """`ECLI_HOME`, else `$XDG_DATA_HOME/ecli`, else `~/.local/share/ecli`; empty where there is no home."""
    chosen = os.environ.get("ECLI_HOME")
    if chosen:
        return os.path.abspath(chosen)  # noqa: PTH100 — pathlib is not on the quick path
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")  # noqa: PTH111 — no home is fine
    return f"{data}/ecli" if data.startswith("/") else ""
