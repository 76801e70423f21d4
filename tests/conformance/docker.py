"""A docker daemon of a test's own: no network, no firewall rules, no containers, nothing outside of its folder.

It stores images and speaks with registries, which is all that `docker login`, `import`, `push` and `pull` ask of it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..node.registry.server import environment

START_SECONDS = 60.0
COMMAND_SECONDS = 100.0
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"  # where the daemon is, for everybody
_ALONE = (
    "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs",
    "--containerd-namespace=ebpfhub-tests", "--containerd-plugins-namespace=ebpfhub-tests-plugins",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Docker:
    """The client, with the configuration of one user in `home`."""

    socket: Path
    home: Path

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Docker]:
        """Let a daemon run for the length of a block; it ends with the test too, should that be killed."""
        docker = cls(folder / "docker.sock", folder / "home")
        docker.home.mkdir()
        places = (f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid")
        words = ("setpriv", "--pdeathsig=TERM", "dockerd", *_ALONE, *places, f"--host=unix://{docker.socket}")
        with (folder / "log").open("wb") as log:
            daemon = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"PATH": PATH})
        try:
            end = time.monotonic() + START_SECONDS
            while docker.run("version", expect=None).returncode:
                said = (folder / "log").read_text()
                assert daemon.poll() is None and time.monotonic() < end, f"the docker daemon does not start:\n{said}"
                time.sleep(0.1)
            yield docker
        finally:
            daemon.terminate()
            daemon.wait(START_SECONDS)

    def somebody_else(self, name: str) -> Docker:
        """Another user of the same daemon, who has not logged in."""
        home = self.home.with_name(name)
        home.mkdir()
        return replace(self, home=home)

    def run(self, *words: str, input: bytes = b"", expect: int | None = 0) -> subprocess.CompletedProcess[bytes]:
        """Run `docker`; `expect` is the exit code that it must have, None for any."""
        env = environment(self.home) | {"DOCKER_HOST": f"unix://{self.socket}"}
        done = subprocess.run(
            ["docker", *words], env=env, input=input, check=False, capture_output=True, timeout=COMMAND_SECONDS
        )
        if expect is not None:
            assert done.returncode == expect, f"docker {words}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
        return done

    def refused(self, *words: str, input: bytes = b"") -> str:
        """Run `docker`, which must fail; what it says."""
        return self.run(*words, input=input, expect=1).stderr.decode()

    def login(self, registry: str, token: str) -> None:
        """Log in as people do, with a token as the password."""
        self.run("login", "--username", "me", "--password-stdin", registry, input=token.encode())
