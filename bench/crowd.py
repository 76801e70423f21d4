"""A hub with hundreds of different packages of 100 KB, each signed by a Sigstore of its own and published.

The Sigstore is a company's, whose keys are here: the hub's own gives a publisher one certificate a second.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..client.publish import HubSession, publish
from ..client.sign_package import with_bundles
from ..federation.package_file import PackageFile
from ..federation.transport import Transport
from ..schemas import media
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.oci import Descriptor, Manifest
from ..tests.hubs import RunningHub, ebpfhub
from ..tests.sigstores import ALICE, Sigstore

PACKAGES = 300
PACKAGE_BYTES = 100_000
AT_ONCE = 8  # publishes
DOMAIN = "acme"
NAMESPACE = "tools"


@dataclass(frozen=True, slots=True)
class Crowd:
    """The hub, the Sigstore, and the package that all others are like."""

    hub: RunningHub
    sigstore: Sigstore
    package: Path

    @contextmanager
    def serving(self) -> Iterator[RunningHub]:
        """Serve for the length of a block."""
        with self.hub.serving():
            yield self.hub

    def publish(self, names: Sequence[str], version: str) -> None:
        """Sign packages, and push them, some at a time. The hub must be serving."""
        waiting = [self._signed(sized(self.package, name, version)) for name in reversed(names)]
        token = self.hub.token()

        async def work(session: HubSession) -> None:
            while waiting:
                await publish(waiting.pop(), session, progress=lambda _: None)

        async def run() -> None:
            async with Transport() as transport:
                session = HubSession(transport, self.hub.url, token)
                await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))

        asyncio.run(run())

    def _signed(self, file: PackageFile) -> PackageFile:
        return with_bundles(file, [self.sigstore.sign(file.contents.manifest.digest)])


@cache
def crowd(folder: Path, package: Path) -> Crowd:
    """The one crowd in `folder`, for all rows that need it: PACKAGES packages like the file `package`. Not serving."""
    made = new_hub(folder, package)
    with made.serving():
        made.publish([f"tool-{number}" for number in range(PACKAGES)], "1.0.0")
    return made


def new_hub(folder: Path, package: Path) -> Crowd:
    """A new hub in `folder` that knows the Sigstore and has no package yet. Not serving."""
    folder.mkdir()
    sigstore = Sigstore("acme.test")
    hub = RunningHub.make(folder / "hub", origin="crowd.test", authority=False)
    root = folder / "root.json"
    root.write_bytes(sigstore.root)
    ebpfhub("trust", "add", hub.folder, DOMAIN, root)
    ebpfhub("namespace", "claim", hub.folder, NAMESPACE, "--owner", DOMAIN, sigstore.issuer, ALICE)
    return Crowd(hub, sigstore, package)


def sized(package: Path, name: str, version: str) -> PackageFile:
    """An unsigned package under another name, whose blobs have PACKAGE_BYTES together; no other has the same."""
    like = PackageFile.read(package.read_bytes()).contents
    config = like.config.renamed(namespace=NAMESPACE, name=name, version=version).to_json()
    layers = [item for item in like.manifest.layers if item.media_type != media.SOURCE]
    room = PACKAGE_BYTES - len(config) - sum(item.size for item in layers)
    source = random.Random(f"{name}:{version}").randbytes(room)
    layers.append(Descriptor.of(media.SOURCE, source))
    described = Descriptor.of(media.PACKAGE_CONFIG, config)
    manifest = Manifest.make(artifact_type=media.PACKAGE, config=described, layers=tuple(layers))
    blobs = {item.digest: like.blobs[item.digest] for item in layers[:-1]}
    blobs |= {described.digest: config, Digest.of(source): source}
    return PackageFile(PackageContents.open(manifest, blobs))
