"""Real guests, compiled from C once a session, with a real BPF object inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.wasm.grants import Grants
from ebpfhub.client.wasm.guest import run_guest

SOURCES = Path(__file__).parent / "programs"
BURST = 500  # records that seen.bpf.c offers at once
LARGE = 300_000  # bytes of a record that does not fit among others
_ZIG = [sys.executable, "-m", "ziglang", "cc"]
_BPF = [
    "-target",
    "bpfel-freestanding",
    "-mcpu=v2",
    "-g",
    "-O2",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
]
_GUEST = ["-target", "wasm32-wasi", "-Os", "-s", "-Wl,--export-table"]

Run = Callable[..., int]


@pytest.fixture(scope="session")
def bpf_object(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Compile seen.bpf.c with its first program called as asked, watching this process."""
    folder = tmp_path_factory.mktemp("objects")

    def compile_(name: str) -> bytes:
        target = folder / f"{name}.o"
        headers = folder / "headers"
        headers.mkdir(exist_ok=True)
        if not (headers / "bpf").exists():
            (headers / "bpf").symlink_to("/usr/include/bpf")
        words = [f"-DTARGET={os.getpid()}", f"-DBURST={BURST}", f"-DLARGE={LARGE}", f"-DFIRST={name}", f"-I{headers}"]
        subprocess.run([*_ZIG, *_BPF, *words, "-c", SOURCES / "seen.bpf.c", "-o", target], check=True)
        return target.read_bytes()

    return compile_


@pytest.fixture(scope="session")
def program_name() -> str:
    """A program name that nobody else on this machine uses now."""
    return f"w{os.getpid()}"


@pytest.fixture(scope="session")
def guest(bpf_object: Callable[[str], bytes], program_name: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """guest.c, compiled."""
    folder = tmp_path_factory.mktemp("guests")
    bytes_ = ",".join(map(str, bpf_object(program_name)))
    (folder / "object.h").write_text(
        f'#define NAME "{program_name}"\n#define BURST {BURST}\n#define LARGE {LARGE}\nstatic const unsigned char object[] = {{{bytes_}}};\n'
    )
    target = folder / "guest.wasm"
    subprocess.run([*_ZIG, *_GUEST, f"-I{folder}", SOURCES / "guest.c", "-o", target], check=True)
    return target.read_bytes()


@pytest.fixture
def run(guest: bytes, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a guest (guest.c unless told otherwise) with these arguments."""
    cache = tmp_path_factory.getbasetemp() / "compiled"

    def run_(*arguments: str, module: bytes = guest, grants: Grants | None = None, **more: object) -> int:
        more = {"gate": lambda _elf: None, "name": "guest", "cache": cache, "timeout": 60.0, **more}
        return run_guest(module, arguments, grants=grants or Grants(), **more)  # type: ignore[arg-type]

    return run_


class Kernel:
    """What bpftool finds in the kernel under the names that a test gave its programs."""

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


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    """Ask the kernel what is attached."""
    return Kernel()


def _bpftool(kind: str) -> list[dict[str, object]]:
    done = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, check=False)
    shown = json.loads(done.stdout or b"[]")  # an object vanished while it listed: {"error": …}, so it is asked again
    return shown if isinstance(shown, list) else _bpftool(kind)


@pytest.fixture
def cgroup() -> Any:
    """A fresh folder of cgroup2."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    place = next(Path(mount[1]) for mount in mounts if mount[2] == "cgroup2") / f"test-{os.getpid()}"
    place.mkdir()
    yield place
    place.rmdir()
