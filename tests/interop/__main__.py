"""Make ready what `make interop` runs, once for all runs, and tell what it is: others' programs and test vectors.

python -P -m ebpfhub.tests.interop
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from collections.abc import Callable, Mapping
from functools import partial

from ..conformance.docker import PATH
from ..conformance.go_tools import COSIGN, CRANE, LITEWITNESS, OCI_CONFORMANCE, ORAS, go_tool
from ..published import vectors_folder
from .programs import node_modules


def main() -> None:
    """Print a line for each; the first run builds and fetches, which takes minutes."""
    for name, tell in _everything().items():
        print(f"  {name:<23} ", end="", flush=True)
        print(tell(), flush=True)


def _everything() -> Mapping[str, Callable[[], str]]:
    return {
        "cosign": partial(_built, COSIGN),
        "oras": partial(_built, ORAS),
        "crane": partial(_built, CRANE),
        "litewitness": partial(_built, LITEWITNESS),
        "OCI conformance suite": partial(_built, OCI_CONFORMANCE),
        "skopeo": partial(_said, "skopeo", "--version"),
        "docker": _docker,
        "node": partial(_said, "node", "--version"),
        "@sigstore/verify": _verify,
        "sigstore-python": partial(importlib.metadata.version, "sigstore"),
        "sigstore-conformance": _cases,
        "sigstore-python's tests": _bundles,
    }


def _built(module: str) -> str:
    go_tool(module)
    path, _, version = module.partition("@")
    return f"{version}, built from {path}"


def _said(*command: str, word: int = -1) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.split()[word]


def _docker() -> str:
    """The version of the daemon, which is what speaks with a hub."""
    return _said("env", f"PATH={PATH}", "dockerd", "--version", word=2).rstrip(",")


def _verify() -> str:
    package = node_modules() / "@sigstore" / "verify" / "package.json"
    return str(json.loads(package.read_text())["version"])


def _cases() -> str:
    cases = (vectors_folder() / "sigstore-conformance" / "bundle-verify").iterdir()
    return f"{sum(item.is_dir() for item in cases)} cases"


def _bundles() -> str:
    return f"{len([*(vectors_folder() / 'sigstore-python').rglob('*.sigstore*')])} bundles"


if __name__ == "__main__":
    main()
