"""Other people's Sigstore programs, unmodified: cosign, @sigstore/verify, sigstore-python's command. Pinned and kept.

Each runs with a home of its own, so that nothing that it finds on this machine helps it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ..caches import alone, kept
from ..conformance.go_tools import COSIGN, ORAS, go_tool
from ..hubs import BIN, COMMAND_SECONDS
from ..node.registry.server import environment

JAVASCRIPT = Path(__file__).parent / "javascript"
NPM_SECONDS = 300
NO_NETWORK = ("unshare", "--net")


def cosign(home: Path, *words: object, offline: bool = False, works: bool = True, stdin: str = "") -> str:
    """Run cosign; returns what it printed. `offline` is in a network namespace without a single interface that is up."""
    return run(home, *(NO_NETWORK if offline else ()), go_tool(COSIGN), *words, works=works, stdin=stdin)


def oras(home: Path, *words: object, works: bool = True, stdin: str = "") -> str:
    """Run oras in `home`; returns what it printed."""
    return run(home, go_tool(ORAS), *words, works=works, stdin=stdin)


def sigstore_python(home: Path, config: Path, *words: object, offline: bool = False, works: bool = True) -> str:
    """Run the `sigstore` command with a ClientTrustConfig; returns what it printed."""
    prefix = NO_NETWORK if offline else ()
    return run(home, *prefix, BIN / "sigstore", "--trust-config", config, *words, works=works)


def sigstore_js(home: Path, root: Path, bundle: Path, identity: str, issuer: str, *artifact: Path) -> Any:
    """Verify a bundle with @sigstore/verify, without a network: `identity`, and the `statement` of a DSSE bundle."""
    words = (*NO_NETWORK, "node", JAVASCRIPT / "verify.cjs", root, bundle, identity, issuer, *artifact)
    return json.loads(run(home, *words, NODE_PATH=str(node_modules())))


def sigstore_js_refuses(home: Path, root: Path, bundle: Path, identity: str, issuer: str, *artifact: Path) -> str:
    """Let @sigstore/verify refuse a bundle; returns why."""
    words = (*NO_NETWORK, "node", JAVASCRIPT / "verify.cjs", root, bundle, identity, issuer, *artifact)
    return run(home, *words, works=False, NODE_PATH=str(node_modules()))


def run(home: Path, *words: object, works: bool = True, stdin: str = "", **env: str) -> str:
    """Run a program that must end well, or must not; returns stdout, and stderr behind it when it must not."""
    done = subprocess.run(
        [str(word) for word in words],
        env=clean(home) | env, cwd=home,
        input=stdin, check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    assert (done.returncode == 0) == works, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if works else done.stdout + done.stderr


def clean(home: Path) -> dict[str, str]:
    """The environment of a program whose home this is."""
    return environment(home) | {"XDG_CACHE_HOME": str(home / "cache")}


def node_modules() -> Path:
    """The packages of javascript/package-lock.json. Fails, never skips, when there is no npm."""
    assert shutil.which("npm"), "this test needs node and npm (Debian package npm)"
    lock = JAVASCRIPT / "package-lock.json"
    folder = kept(f"npm-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}")
    installed = folder / "installed"
    with alone(folder):
        if not installed.exists():
            for file in (lock, lock.with_name("package.json")):
                shutil.copy(file, folder)
            words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(
                words, cwd=folder, check=False, capture_output=True, text=True, timeout=NPM_SECONDS, env=os.environ
            )
            assert done.returncode == 0, done.stderr
            installed.touch()
    return folder / "node_modules"
