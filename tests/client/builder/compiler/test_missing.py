"""A machine without compiler or libbpf's headers, for real: one error, with the one command that brings them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HEADERS = "apt-get install libbpf-dev"
COMPILER = "pip install 'ebpfhub[build]'"


def build(folder: Path, *, hidden: tuple[Path, ...]) -> subprocess.CompletedProcess[str]:
    """`ecli build` where these folders are empty, and PATH has no compiler."""
    (folder / "project").mkdir()
    (folder / "project" / "x.bpf.c").write_text('#include "vmlinux.h"\n')
    hide = " && ".join(f"mount -t tmpfs none '{path}'" for path in hidden)
    ecli = Path(sys.executable).with_name("ecli")
    words = ["unshare", "--mount", "sh", "-c", f'{hide} && PATH={folder} exec "$0" "$@"']
    environment = {**os.environ, "ECLI_HOME": str(folder / "home")}
    command = [*words, sys.executable, "-P", str(ecli), "build", str(folder / "project")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def zig() -> Path:
    found = find_spec("ziglang")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


@pytest.mark.parametrize(
    ("hidden", "names", "command"),
    [
        (("/usr/include/bpf",), "libbpf's headers", HEADERS),
        ((zig(),), "a BPF compiler", COMPILER),
        (("/usr/include/bpf", zig()), "a BPF compiler and libbpf's headers", f"{HEADERS} && {COMPILER}"),
    ],
)
def test_what_is_missing_is_one_error_with_one_command(
    hidden: tuple[str, ...], names: str, command: str, tmp_path: Path
) -> None:
    done = build(tmp_path, hidden=tuple(map(Path, hidden)))
    assert done.returncode == 6
    assert done.stdout == ""
    assert done.stderr.splitlines()[0].endswith(f"{names} cannot be found")
    assert f"Bring it with: {command}" in done.stderr
    assert "Traceback" not in done.stderr
