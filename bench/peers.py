"""The programs that we are compared with: installed from the system's packages where they are missing."""

from __future__ import annotations

import shutil
import subprocess
import sys

PEERS = {"bpftrace": "bpftrace", "clang": "clang", "opensnoop": "libbpf-tools"}
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


def versions() -> str:
    """The versions of what was measured, in a sentence."""
    shown = subprocess.run([find("bpftrace"), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    query = ["dpkg-query", "--show", "--showformat", "${Version}", "libbpf-tools"]
    tools = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    return f"Peers: {shown}, libbpf-tools {tools}"
