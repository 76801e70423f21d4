"""The programs that we are compared with: installed from the system's packages where they are missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PEERS = {
    "bpftrace": "bpftrace",
    "clang": "clang",
    "docker-registry": "docker-registry",
    "nginx": "nginx-light",
    "opensnoop": "libbpf-tools",
    "wrk": "wrk",
}
_SERVICES = {"docker-registry": "docker-registry", "nginx-light": "nginx"}  # which Debian starts with the package
_SHOWN = ("libbpf-tools", "docker-registry", "nginx-light", "wrk")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def find(program: str) -> str:
    """The path of a peer, which install() has seen to."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        sys.exit(f"{program} is missing, and could not be installed")
    return found


def install() -> None:
    """Install what is missing, by apt-get; it says so first."""
    missing = [package for program, package in PEERS.items() if shutil.which(program, path=_PATH) is None]
    if missing:
        print(f"Missing on this system, and installed now: {' '.join(missing)}", file=sys.stderr)
        command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        _stop(_SERVICES[package] for package in missing if package in _SERVICES)


def versions() -> str:
    """The versions of what was measured, in a sentence."""
    shown = subprocess.run([find("bpftrace"), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return ", ".join([f"Peers: {shown}", *(f"{package} {_version(package)}" for package in _SHOWN)])


def _version(package: str) -> str:
    query = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _stop(services: Iterable[str]) -> None:
    """Stop what Debian has just started: the benchmarks run servers of their own."""
    for service in services if Path("/run/systemd/system").is_dir() else ():
        subprocess.run(["systemctl", "disable", "--now", service], check=True, capture_output=True)
