"""Find what a build needs on this machine: a C compiler with a BPF back end, and libbpf's headers.

It only looks; it never installs anything, and what is missing is one error with the command that brings it.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ....schemas.errors import Unsupported

MIN_CLANG = 14  # the oldest that was tried; Debian 12 calls it clang
NEEDED_HEADER = Path("bpf/bpf_helpers.h")
_PROBE_SECONDS = 20
_CLANGS = ("clang", *(f"clang-{number}" for number in range(24, MIN_CLANG - 1, -1)))
_INSTALL_HEADERS = {
    "debian": "apt-get install libbpf-dev",
    "fedora": "dnf install libbpf-devel",
    "suse": "zypper install libbpf-devel",
    "arch": "pacman -S libbpf",
    "alpine": "apk add libbpf-dev",
}
INSTALL_COMPILER = "pip install 'ebpfhub[build]'"
_ARCHITECTURES = {"x86_64": "x86", "aarch64": "arm64", "riscv64": "riscv", "s390x": "s390", "ppc64le": "powerpc"}


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler as the words that start it, the folder of `bpf/bpf_helpers.h`, and libbpf's name for the CPU."""

    compiler: tuple[str, ...]
    headers: Path
    architecture: str
    is_zig: bool

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders of system headers, in the order in which they are looked into; Debian keeps <asm/types.h> apart."""
        machine = Path(f"/usr/include/{os.uname().machine}-linux-gnu")
        return (self.headers, machine) if machine.is_dir() else (self.headers,)

    def brings(self, header: Path) -> bool:
        """Tell whether a header is one of the compiler's own, such as <stdbool.h>."""
        return "ziglang" in header.parts if self.is_zig else "clang" in header.parts


def find_toolchain() -> Toolchain:
    """Find compiler and headers. Raises: Unsupported, with one command for all that is missing."""
    zig = _zig()
    compiler = zig or _system_clang()
    headers = _libbpf_headers()
    if compiler is None or headers is None:
        raise _missing(compiler=compiler is None, headers=headers is None)
    return Toolchain(compiler, headers, target_architecture(), zig is not None)


def compiler_version(toolchain: Toolchain) -> str:
    """The compiler's version, such as 16.0.6, as it says itself (0.01 seconds); zig's own for zig."""
    *words, last = toolchain.compiler
    return _version([*words, "version"] if toolchain.is_zig else [*words, last, "--version"])


def target_architecture() -> str:
    """libbpf's name of this machine's architecture, for `__TARGET_ARCH_…`. Raises: Unsupported."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise Unsupported(f"BPF programs cannot be built on {machine}", needs=", ".join(_ARCHITECTURES))
    return _ARCHITECTURES[machine]


def _zig() -> tuple[str, ...] | None:
    """PyPI's ziglang: what `python -m ziglang cc` would start, without starting another Python first."""
    found = importlib.util.find_spec("ziglang")
    if found is None or found.origin is None:  # a folder that is left of it has no origin
        return None
    for folder in found.submodule_search_locations or ():
        program = Path(folder) / "zig"
        if program.is_file():
            return (str(program), "cc")
    return (sys.executable, "-m", "ziglang", "cc")


def _system_clang() -> tuple[str, ...] | None:
    for name in _CLANGS:
        path = shutil.which(name)
        if path and int(_version([path, "--version"]).partition(".")[0] or 0) >= MIN_CLANG:
            return (path,)
    return None


def _version(command: list[str]) -> str:
    """The first number with dots that a program says, such as 16.0.6."""
    found = re.search(r"\b(\d+\.\d+\.\d+)", _output(command))
    return found[1] if found else ""


def _libbpf_headers() -> Path | None:
    words = _output(["pkg-config", "--cflags-only-I", "libbpf"]).split() if shutil.which("pkg-config") else []
    folders = [Path(word[2:]) for word in words if word.startswith("-I/")]
    for folder in [*folders, Path("/usr/include"), Path("/usr/local/include")]:
        if (folder / NEEDED_HEADER).is_file():
            return folder
    return None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[:4096].decode("utf-8", "replace")


def _missing(*, compiler: bool, headers: bool) -> Unsupported:
    names = [name for name, gone in (("a BPF compiler", compiler), ("libbpf's headers", headers)) if gone]
    commands = [_INSTALL_HEADERS[_distribution()]] if headers else []
    commands += [INSTALL_COMPILER] if compiler else []
    needs = " and ".join(names)
    return Unsupported(f"{needs} cannot be found", needs=needs, todo="Bring it with: " + " && ".join(commands))


def _distribution() -> str:
    """The family of this distribution, from os-release(5); Debian's where it is not known."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")[:65536]
    except (OSError, UnicodeDecodeError):
        return "debian"
    words = " ".join(re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)', text, re.MULTILINE)).split()
    names = {"rhel": "fedora", "centos": "fedora", "opensuse": "suse", "ubuntu": "debian"}
    known = [names.get(word, word) for word in words]
    return next((word for word in known if word in _INSTALL_HEADERS), "debian")
