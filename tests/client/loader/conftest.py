"""Real BPF objects, compiled once a session, and the kernel's tracefs, for tests that load them."""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "programs"
FLAGS = [
    "-target",
    "bpfel-freestanding",
    "-mcpu=v2",
    "-g",
    "-O2",
    "-Wall",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-D__TARGET_ARCH_x86",
]
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 1 << 18

Compile = Callable[..., bytes]


@pytest.fixture(scope="session")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this kernel's vmlinux.h and libbpf's headers, and no others of the host."""
    folder = tmp_path_factory.mktemp("headers")
    text = subprocess.run(
        ["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], check=True, capture_output=True
    ).stdout
    (folder / "vmlinux.h").write_bytes(text)
    (folder / "bpf").symlink_to("/usr/include/bpf")
    (folder / "linux").mkdir()
    (folder / "linux/errno.h").symlink_to("/usr/include/asm-generic/errno-base.h")
    return folder


@pytest.fixture(scope="session")
def compiled(headers: Path, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compile programs/NAME.bpf.c with -D for each flag; the same call is answered from memory."""
    folder = tmp_path_factory.mktemp("objects")
    made: dict[tuple[str, ...], bytes] = {}

    def compile_(name: str, *defines: str) -> bytes:
        if (name, *defines) not in made:
            target = folder / f"{'-'.join((name, *defines))}.o"
            command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *(f"-D{word}" for word in defines)]
            subprocess.run(
                [*command, f"-I{headers}", "-c", str(SOURCES / f"{name}.bpf.c"), "-o", str(target)], check=True
            )
            made[name, *defines] = target.read_bytes()
        return made[name, *defines]

    return compile_


@pytest.fixture(scope="session")
def private_mounts() -> None:
    """Give this process its own mounts, so that a test may change some without the machine noticing."""
    libc = ctypes.CDLL(None, use_errno=True)
    for failed in (libc.unshare(_CLONE_NEWNS), libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)):
        assert not failed, os.strerror(ctypes.get_errno())


@pytest.fixture(scope="session")
def tracefs(private_mounts: None) -> None:
    """See that tracefs is mounted, at least for this process."""
    if not Path("/sys/kernel/tracing/events").exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=True)


class Kernel:
    """What bpftool finds in the kernel under the names that a test gave its programs."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def fresh_name(self) -> str:
        """Return a program name that nobody else on this machine uses now."""
        return f"t{os.getpid()}_{next(self._numbers)}"

    def attached(self, name: str) -> bool:
        """Tell whether a program of this name is loaded and has a link."""
        programs = {program["id"] for program in _bpftool("prog") if program.get("name") == name}
        return any(link.get("prog_id") in programs for link in _bpftool("link"))

    def forgot(self, name: str, *, seconds: float = 10) -> bool:
        """Tell whether no program of this name is left; the kernel frees what is closed a moment later."""
        deadline = time.monotonic() + seconds
        while any(program.get("name") == name for program in _bpftool("prog")):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def _bpftool(kind: str) -> list[dict[str, object]]:
    done = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, check=False)
    shown = json.loads(done.stdout or b"[]")  # an object vanished while it listed: {"error": …}, so it is asked again
    return shown if isinstance(shown, list) else _bpftool(kind)


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    """Ask the kernel what is attached."""
    return Kernel()
