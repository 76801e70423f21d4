"""A small hub around the real registry: tokens from a fixed list, releases from a file. Also a server of its own:

python composition.py FOLDER [--plain] [--open] [--port N]      prints the port, serves until killed
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from ebpfhub.federation.blobs import BlobStore
from ebpfhub.node.accounts.rights import Caller
from ebpfhub.node.accounts.roles import Role
from ebpfhub.node.accounts.scopes import Scopes
from ebpfhub.node.registry.ports import Accepted
from ebpfhub.node.registry.quick import QuickRunner
from ebpfhub.node.registry.registry import Limits, Registry, RegistrySettings
from ebpfhub.node.registry.room import Room
from ebpfhub.node.registry.routes import add_registry_routes
from ebpfhub.node.storage.database import Database
from ebpfhub.node.storage.quotas import Kind, Quota, Quotas
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import Denied, NotTrusted
from ebpfhub.schemas.oci import Manifest
from ebpfhub.schemas.package import PackageConfig

ORIGIN = "hub.example.org"
TOKENS = {
    "alice-token": Caller("alice", Role.PUBLISHER, Scopes.of_role(Role.PUBLISHER), "alice-token"),
    "bob-token": Caller("bob", Role.PUBLISHER, Scopes.of_role(Role.PUBLISHER), "bob-token"),
    "carol-token": Caller("carol", Role.READER, Scopes.of_role(Role.READER), "carol-token"),
    "root-token": Caller("root", Role.ADMIN, Scopes.of_role(Role.ADMIN), "root-token"),
}
EVERYBODY = Caller("everybody", Role.PUBLISHER, Scopes.of_role(Role.PUBLISHER))


class TokenGate:
    """Knows the callers of TOKENS. `everybody` may publish without a token when `open_door` is set."""

    def __init__(self, *, open_door: bool = False, closed: bool = False) -> None:
        self._nobody = EVERYBODY if open_door else Caller(None, Role.NONE if closed else Role.READER)

    async def caller(self, request: web.Request) -> Caller:
        """Read Basic or Bearer credentials."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return self._nobody
        token = base64.b64decode(value).decode().partition(":")[2] if kind.lower() == "basic" else value
        if token not in TOKENS:
            raise Denied("this token is unknown")
        return TOKENS[token]

    def again(self, key: str) -> Caller:
        """The caller of a token, or nobody."""
        return TOKENS[key] if key else self._nobody


class FileReleases:
    """Releases in a file of JSON lines, durable. A bundle is taken when it is `{"owner": <identity of the caller>}`."""

    def __init__(self, path: Path, store: BlobStore) -> None:
        self._path, self._store = path, store
        self.taken = 0
        path.touch()

    async def resolve(self, namespace: str, name: str, tag: str) -> Digest | None:
        """Look a version up; `latest` is the last released."""
        found = [line for line in self._lines() if line["package"] == f"{namespace}/{name}"]
        wanted = [line for line in found if tag in (line["version"], "latest")]
        return Digest.parse(wanted[-1]["subject"]) if wanted else None

    def released(self, namespace: str, name: str, digest: Digest) -> bool:
        """Look a manifest up."""
        lines = [line for line in self._lines() if line["package"] == f"{namespace}/{name}"]
        return any(digest in (line["subject"], line["bundle"]) for line in lines)

    async def tags(self, namespace: str, name: str) -> list[str]:
        """Every version, and `latest`."""
        found = [line["version"] for line in self._lines() if line["package"] == f"{namespace}/{name}"]
        return [*found, "latest"] if found else []

    async def bundle_arrived(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        subject_manifest: bytes,
        bundle_manifest: bytes,
        bundle: bytes,
        *,
        attached: Sequence[Digest] = (),
    ) -> Accepted:
        """Take a bundle whose owner is the caller."""
        assert self._store.exists(Digest.of(bundle_manifest))
        assert self._store.exists(Digest.of(bundle))
        if json.loads(bundle).get("owner") != caller.identity:
            raise NotTrusted("the bundle is not by an owner of the namespace", check="owner")
        config = Manifest.parse(subject_manifest).config
        line = {
            "package": f"{namespace}/{name}",
            "version": PackageConfig.parse(self._store.read(config.digest, limit=1 << 20)).version,
            "subject": Digest.of(subject_manifest),
            "bundle": Digest.of(bundle_manifest),
        }
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.taken += 1
        return Accepted(len(self._lines()) - 1)

    def _lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()]


def compose(
    folder: Path,
    *,
    plain: bool = True,
    open_door: bool = False,
    closed: bool = False,
    limits: Limits | None = None,
    blobs: Path | None = None,
) -> tuple[web.Application, Registry]:
    """Make the application and its registry on `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    store = BlobStore(blobs or folder / "blobs")
    database = Database(folder / "hub.sqlite")
    registry = Registry(
        settings=RegistrySettings(ORIGIN, plain=plain, limits=limits or Limits()),
        database=database,
        store=store,
        gatekeeper=TokenGate(open_door=open_door, closed=closed),
        releases=FileReleases(folder / "releases.jsonl", store),
        room=Room(Quotas(database, store, dict.fromkeys(Kind, Quota()))),
    )
    app = web.Application()
    add_registry_routes(app, registry)
    return app, registry


async def _serve(app: web.Application, registry: Registry, port: int) -> None:
    runner = QuickRunner(app, registry, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def main() -> int:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--blobs", type=Path)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    app, registry = compose(given.folder, plain=given.plain, open_door=given.open, blobs=given.blobs)
    asyncio.run(_serve(app, registry, given.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
