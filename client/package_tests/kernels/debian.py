"""Kernels of the distribution's own repositories, fetched and unpacked into a cache; nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from ....schemas.errors import BadInput, PeerFailed, Unsupported
from .kernel import GuestKernel

FETCH_SECONDS = 600
_LISTS = "apt-get update"


def debian_kernel(series: str, cache: Path, progress: Callable[[str], object] = lambda line: None) -> GuestKernel:
    """The newest kernel for clouds of a series, such as 6.1, in the folder `cache`.

    Raises: BadInput; Unsupported where the repositories have none; PeerFailed where they cannot be reached.
    """
    if not re.fullmatch(r"\d{1,2}\.\d{1,3}", series):
        raise BadInput(f"{series[:40]!r} is no series of kernels", where="--kernel", todo="For example: --kernel 6.1")
    package = _package(series, progress)
    release = package.removeprefix("linux-image-")
    folder = cache / release
    kernel = GuestKernel(release, folder / "boot" / f"vmlinuz-{release}", folder / "lib/modules" / release)
    if not kernel.image.exists():
        _fetch(package, folder, progress)
    if not kernel.image.exists():
        raise Unsupported(f"the package {package} holds no {kernel.image.name}", where="--kernel")
    return kernel


def _fetch(package: str, folder: Path, progress: Callable[[str], object]) -> None:
    """Put a package's files into a folder, all or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    progress(f"Fetching {package}{_size(package)}")
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        _run("apt-get", "download", "--option=APT::Sandbox::User=root", package, cwd=name)
        (archive,) = Path(name).glob("*.deb")
        _run("dpkg", "-x", archive.name, "unpacked", cwd=name)
        shutil.rmtree(folder, ignore_errors=True)
        (Path(name) / "unpacked").rename(folder)


def _size(package: str) -> str:
    found = re.search(r"^Size: (\d{1,12})$", _run("apt-cache", "show", package, check=False), re.MULTILINE)
    return f" ({int(found[1]) / 1e6:.0f} MB)" if found else ""


def _package(series: str, progress: Callable[[str], object]) -> str:
    """What the metapackages for clouds mean now: the newest of the distribution, and the newest of a series."""
    found = _known(series)
    if not found and os.geteuid() == 0:  # the lists may be old, or not there yet
        progress("Fetching the repositories' lists")
        _run(*_LISTS.split(), "--quiet=2")
        found = _known(series)
    if not found:
        raise Unsupported(
            f"the repositories of this system have no kernel {series} for clouds, as those of Debian 12 and later do",
            where="--kernel",
            todo=f"Perhaps after `{_LISTS}`; else name a kernel of your own: --kernel-image /boot/vmlinuz-…",
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
    try:
        done = subprocess.run(
            words, cwd=cwd, check=False, capture_output=True, text=True, errors="replace", timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"did not end within {FETCH_SECONDS} seconds", where=" ".join(words)) from error
    if check and done.returncode:
        said = done.stderr.strip().splitlines()
        raise PeerFailed(said[-1] if said else f"exit code {done.returncode}", where=" ".join(words))
    return done.stdout
