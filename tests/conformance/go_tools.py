"""Programs written in Go that tests run: built once from their pinned module, kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

OCI_CONFORMANCE = "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111"
ORAS = "oras.land/oras/cmd/oras@v1.3.6"
CRANE = "github.com/google/go-containerregistry/cmd/crane@v0.22.1"
BUILD_SECONDS = 600


def go_tool(module: str) -> Path:
    """The program of `module` (`path@version`). Fails, never skips, when there is no Go."""
    path, _, version = module.partition("@")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / version
    program = cache / path.rpartition("/")[2]
    if program.exists():
        return program
    assert shutil.which("go"), "this test needs a Go toolchain (1.24 or later) to build a program that it runs"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        environment = os.environ | {"GOBIN": folder, "GOFLAGS": ""}
        done = subprocess.run(
            ["go", "install", module],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        (Path(folder) / program.name).replace(program)
    return program
