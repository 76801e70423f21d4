"""Start-up time is a feature: running an installed package must not import what it does not need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    *("aiohttp", "sigstore", "cryptography", "click", "argparse", "wasmtime", "rich", "sqlite_utils"),
    *("subprocess", "asyncio", "logging", "socket", "ssl", "msgpack", "zstandard", "unicodedata", "difflib"),
)
RARE = ("attach", "target", "maps", "views", "iteration", "sampling", "links")  # what few programs need
IMPORTED = (
    *("client.loader.session", "client.arguments", "client.output.lines", "client.output.table"),
    "schemas.program",
)


def test_a_run_imports_nothing_heavy() -> None:
    lines = [f"import ebpfhub.{name}" for name in IMPORTED]
    code = "import sys\nbefore = set(sys.modules)\n" + "\n".join(lines) + "\nprint(*(set(sys.modules) - before))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in seen}.isdisjoint(HEAVY)
    assert {name.removeprefix("ebpfhub.client.loader.") for name in seen}.isdisjoint(RARE)
