"""Programs written in Go that tests run: built once from their pinned module, kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..caches import alone, kept

OCI_CONFORMANCE = "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111"
ORAS = "oras.land/oras/cmd/oras@v1.3.6"
CRANE = "github.com/google/go-containerregistry/cmd/crane@v0.22.1"
COSIGN = "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3"
LITEWITNESS = "filippo.io/torchwood/cmd/litewitness@v0.9.0"
BUILD_SECONDS = 2400  # cosign's 1,300 packages, on two cores that others use too


def go_tool(module: str) -> Path:
    """The program of `module` (`path@version`). Fails, never skips, when there is no Go."""
    path, _, version = module.partition("@")
    cache = kept(version)
    program = cache / path.rpartition("/")[2]
    if program.exists():
        return program
    assert shutil.which("go"), "this test needs a Go toolchain (1.26 or later) to build a program that it runs"
    with alone(cache), tempfile.TemporaryDirectory(dir=cache) as folder:
        if not program.exists():  # another process has built it meanwhile
            _build(module, Path(folder))
            (Path(folder) / program.name).replace(program)
    return program


def _build(module: str, folder: Path) -> None:
    done = subprocess.run(
        ["go", "install", "-ldflags=-s -w", module],
        env=os.environ | {"GOBIN": str(folder), "GOFLAGS": ""},
        check=False,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    assert done.returncode == 0, done.stderr
