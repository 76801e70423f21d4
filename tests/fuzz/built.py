"""Valid inputs, made in this run: packages of examples/, compiled, and types of the running kernel."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import ebpfhub
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.kernel_types.archive import path_of
from ebpfhub.client.kernel_types.this_system import this_system
from ebpfhub.schemas.elf import ElfObject

ROOT = Path(ebpfhub.__path__[0])
EXAMPLES = ("opensnoop", "biolatency", "tccount")  # a stream with strings, a view and a metric, an attach point
KERNEL = Path("/sys/kernel/btf/vmlinux")
_SAMPLE = ROOT / "tests" / "schemas" / "programs" / "sample.bpf.c"


@cache
def built() -> tuple[BuiltPackage, ...]:
    """Some packages, with the types that they need of the running kernel."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as name:
        folder = Path(name)
        types = folder / "btfhub" / path_of(this_system())
        types.parent.mkdir(parents=True)
        types.symlink_to(KERNEL)
        return tuple(
            build_project(ROOT / "examples" / example, cache=folder / "cache", btf_archive=folder / "btfhub")
            for example in EXAMPLES
        )


@cache
def sample() -> bytes:
    """An object with all kinds of variables, types and calls, and its debug sections."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as folder:
        target = Path(folder) / "sample.o"
        command = [sys.executable, "-m", "ziglang", "cc", "-target", "bpfel-freestanding", "-mcpu=v2", "-g", "-O2"]
        subprocess.run([*command, "-c", str(_SAMPLE), "-o", str(target)], check=True)
        return target.read_bytes()


@cache
def objects() -> list[bytes]:
    """BPF objects: of packages, and one as the compiler leaves it."""
    return [*(package.object for package in built()), sample()]


def section(bpf_object: bytes, name: str) -> bytes:
    """A section's bytes; none where there is no such section."""
    found = ElfObject.parse(bpf_object).section(name)
    return bytes(found.data) if found else b""
