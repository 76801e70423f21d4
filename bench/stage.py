"""What the benchmarks run on: the project installed as users do it, a hub on loopback, opensnoop published there."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..tests.hubs import Ecli, RunningHub, build_opensnoop

SOURCE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Stage:
    """`ecli` of a plain installation (an editable one starts slower), a running hub, the published package's file."""

    folder: Path
    ecli: Path
    hub: RunningHub
    package: Path

    @classmethod
    @contextmanager
    def make(cls, folder: Path) -> Iterator[Stage]:
        """Install, serve, build and publish; the hub ends with the block."""
        print("installing the project …", file=sys.stderr)
        target = folder / "venv"
        venv.create(target, with_pip=True)
        pip: list[str | Path] = [target / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, copied(folder)], check=True)
        hub = RunningHub.make(folder / "hub")
        with hub.serving():
            publisher = Ecli(folder / "publisher")
            publisher.login(hub, hub.token(role="admin"))
            package = build_opensnoop(folder)
            publisher.run("publish", package, "--to", hub.url)
            yield cls(folder, target / "bin" / "ecli", hub, package)

    def home(self, name: str, *, installed: bool) -> Path:
        """A new home that trusts the hub; with opensnoop installed, or not."""
        home = self.folder / name
        ecli = Ecli(home)
        ecli.run("trust", "add", self.hub.url, "--fingerprint", self.hub.fingerprint)
        if installed:
            ecli.run("pull", "opensnoop")
        return home


def copied(folder: Path) -> Path:
    """A copy of the checkout's files: building in place would leave a build folder there."""
    target = folder / "source"
    target.mkdir()
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=SOURCE, check=True, capture_output=True).stdout.decode()
    names = [name for name in listed.split("\0") if name and (SOURCE / name).exists()]
    subprocess.run(["cp", "--parents", "--target-directory", target, "--", *names], cwd=SOURCE, check=True)
    return target
