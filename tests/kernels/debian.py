"""Kernels of the distribution's own repositories, fetched and unpacked into the user's cache; nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SERIES = ("6.1", "6.12")
FETCH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class DebianKernel:
    """An unpacked kernel package: `release` is what uname(1) says when it runs."""

    release: str
    folder: Path

    @property
    def image(self) -> Path:
        """What QEMU boots."""
        return self.folder / "boot" / f"vmlinuz-{self.release}"

    def module(self, name: str) -> Path | None:
        """The file of a module, compressed or not; None when it is built in, or is not there."""
        found = sorted((self.folder / "lib/modules" / self.release / "kernel").rglob(f"{name}.ko*"))
        return found[0] if found else None


def debian_kernel(series: str) -> DebianKernel:
    """The newest kernel for clouds of a series, such as 6.1. Fails, never skips, when the repositories have none."""
    package = _package(series)
    release = package.removeprefix("linux-image-")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / "kernels"
    kernel = DebianKernel(release, cache / release)
    if not kernel.image.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _run("apt-get", "download", "--option=APT::Sandbox::User=root", package, cwd=folder)
            (archive,) = Path(folder).glob("*.deb")
            _run("dpkg", "-x", archive.name, "unpacked", cwd=folder)
            shutil.rmtree(kernel.folder, ignore_errors=True)
            (Path(folder) / "unpacked").rename(kernel.folder)
    assert kernel.image.exists(), f"{package} holds no {kernel.image.name}"
    return kernel


def _package(series: str) -> str:
    """What the metapackages for clouds mean now: the newest of the distribution, and the newest of a series."""
    found = _known(series)
    if not found:  # the lists may be old, or not there yet
        _run("apt-get", "update", "--quiet=2")
        found = _known(series)
    assert found, (
        f"the repositories of this system have no kernel {series} for clouds: this test needs those of Debian 12 or "
        "later with its security updates"
    )
    return found


def _known(series: str) -> str:
    for meta in ("linux-image-cloud-amd64", f"linux-image-{series}-cloud-amd64"):
        for line in _run("apt-cache", "depends", meta, check=False).splitlines():
            kind, _, name = line.strip().partition(": ")
            if kind == "Depends" and name.startswith((f"linux-image-{series}.", f"linux-image-{series}-")):
                return name
    return ""


def _run(*words: str, cwd: str | None = None, check: bool = True) -> str:
    done = subprocess.run(words, cwd=cwd, check=False, capture_output=True, text=True, timeout=FETCH_SECONDS)
    assert not check or done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout
