"""Hubs that mirror others, for tests: what an operator types, and what lies in a mirror's folder."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ebpfhub.client.publish import HubSession, publish, renamed
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.federation.transport import Transport
from ebpfhub.node.control import call
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.fsck import check_hub
from ebpfhub.signing.notes import Checkpoint, Note, SignerKey

from .hubs import ADMIN, RunningHub, ebpfhub, free_port

WAIT_SECONDS = 60.0  # for what a busy machine does in one


@dataclass(frozen=True, slots=True)
class Mirror:
    """A hub that mirrors `origin` (the origin's name)."""

    hub: RunningHub
    origin: str

    @property
    def hexed(self) -> str:
        """The origin's name as addresses and folders have it."""
        return hashlib.sha256(self.origin.encode()).hexdigest()

    @property
    def path(self) -> str:
        """Where the mirrored log is served."""
        return f"/mirror/{self.hexed}"

    @property
    def folder(self) -> Path:
        """Where the mirrored log lies."""
        return self.hub.folder / "data" / "mirrors" / self.hexed

    @property
    def checkpoint(self) -> Path:
        """The file of the mirrored checkpoint."""
        return self.folder / "log" / "checkpoint"

    def status(self) -> dict[str, Any]:
        """The origin's part of what `ebpfhub mirror status` asks the hub."""
        told = asyncio.run(call(HubFolder(self.hub.folder), "mirror.status", {}))
        (mine,) = [item for item in told["origins"] if item["origin"] == self.origin]
        return dict(mine)

    def sync(self, *, expect: int = 0) -> str:
        """`ebpfhub mirror sync`; what it says on stderr."""
        return ebpfhub("mirror", "sync", self.hub.folder, expect=expect).stderr

    def served(self) -> int:
        """Entries in the checkpoint that it serves; 0 for none."""
        answer = self.hub.ask(f"{self.path}/checkpoint")
        return Checkpoint.parse(Note.parse(answer.text).body).size if answer.status == 200 else 0

    def wait_for(self, state: str) -> dict[str, Any]:
        """Wait until mirroring stands so; how it stands."""
        wait_until(lambda: self.status()["state"] == state, f"{self.origin} is {state}")
        return self.status()

    def wait(self, size: int) -> None:
        """Wait until it serves at least `size` entries."""
        wait_until(lambda: self.served() >= size, f"{size} entries are mirrored")


def mirror_of(origin: RunningHub, folder: Path, *, url: str = "", name: str = "mirror.test") -> Mirror:
    """A new hub that mirrors `origin`; it serves already."""
    hub = RunningHub.make(folder, origin=name, authority=False).start()
    ebpfhub("mirror", "add", folder, url or origin.url, "--fingerprint", origin.fingerprint)
    return Mirror(hub, origin.origin)


def size_of(hub: RunningHub) -> int:
    """Entries in a hub's own log."""
    return int(hub.ask("/readyz").json()["size"])


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


def publish_versions(hub: RunningHub, package: Path, versions: list[str], *, namespace: str = "library") -> None:
    """Publish a package under several versions, by the API that `ecli publish` uses."""
    token = hub.token(ADMIN, role="admin")
    file = PackageFile.read(package.read_bytes())

    async def run() -> None:
        async with Transport() as transport:
            session = HubSession(transport, hub.url, token)
            for version in versions:
                made = renamed(file, namespace=namespace, version=version)
                await publish(made, session, progress=lambda _: None)

    asyncio.run(run())


def copied(hub: RunningHub, folder: Path) -> RunningHub:
    """A hub with the same keys and the same log as `hub` has now, at another port: what a liar who stole them has.

    `hub` must not be serving.
    """
    assert hub.process is None
    shutil.copytree(hub.folder, folder)
    port = free_port()
    settings = (folder / "hub.toml").read_text()
    for name, address in (("listen", "127.0.0.1"), ("public_url", "http://127.0.0.1")):
        settings = settings.replace(f'{name} = "{address}:{hub.port}"', f'{name} = "{address}:{port}"')
    (folder / "hub.toml").write_text(settings)  # the issuer, which stands in what its authority gives out, stays
    return RunningHub(folder, hub.origin, f"http://127.0.0.1:{port}", hub.fingerprint, port)


def fsck(hub: RunningHub) -> tuple[list[str], list[str]]:
    """Faults and notes that `ebpfhub fsck` finds, without the start of a process."""
    found = check_hub(HubFolder(hub.folder))
    return tuple([f"{item.where}: {item.what}" for item in told] for told in (found.findings, found.notes))  # type: ignore[return-value]


def key_of(path: Path) -> SignerKey:
    """A stored key."""
    return SignerKey.parse(path.read_text())
