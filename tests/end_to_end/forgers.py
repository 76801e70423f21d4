"""Somebody who has a hub's log keys and forges releases on it, and everybody who must refuse them: real processes.

The hub trusts Sigstores of others, which run in this process, so that a test signs as whom and when it likes. A liar
stands before the hub; behind it are a mirror that serves, and readers who have seen nothing yet.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ebpfhub.client.home import Home
from ebpfhub.client.pins import Pins
from ebpfhub.client.publish import HubSession, renamed
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.federation.transport import Transport
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.own_origin import OwnOrigin
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import HubError
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.schemas.oci import EMPTY_CONFIG, Descriptor, Manifest
from ebpfhub.signing.public_good import PUBLIC, public_root

from ..federation.log_fixtures import ORIGIN
from ..hubs import Ecli, RunningHub, ebpfhub
from ..liar import Liar, Lie, replaced
from ..mirrors import Mirror, mirror_of, size_of
from ..sigstores import ALICE, Sigstore
from ..stolen_log import StolenLog
from .machine import refused

NAME = "tools/opensnoop"
GOOGLE = "https://accounts.google.com"
PUSHER = "pusher@example.org"  # who has a login at the hub; the signatures that count are others'
TRUE = "1.0.0"
WAITS = "the hub waits for more"
UNTRUSTED = EXIT_CODES["not-trusted"]


@dataclass(frozen=True)
class Stage:
    """A hub on which Alice has released NAME in version TRUE. `package` is opensnoop, not yet signed.

    `token` is a publisher's at the hub; `newcomer` has pinned the liar's address, and asked it nothing yet.
    """

    hub: RunningHub
    liar: Liar
    mirror: Mirror
    package: Path
    token: str
    newcomer: Ecli

    def file(self, version: str, *, namespace: str = "tools") -> PackageFile:
        """The package under another version, signed by nobody."""
        return renamed(PackageFile.read(self.package.read_bytes()), namespace=namespace, version=version)

    def reader(self, folder: Path) -> Ecli:
        """Somebody for whom the liar is the hub, with a home of their own."""
        return Ecli(Path(shutil.copytree(self.newcomer.home, folder / "reader")))

    @contextmanager
    def apart(self, folder: Path) -> Iterator[Stage]:
        """The same with a liar of its own, who is not asked by the mirror, and whose readers hear of no mirror."""
        with Liar.before(self.hub.url) as liar:
            liar.lies["/.well-known/ebpfhub.json"] = replaced(b"{}")
            yield replace(self, liar=liar, newcomer=_newcomer(folder, liar, self.hub))

    def forge(self, file: PackageFile, folder: Path, **changes: object) -> None:
        """Let the liar show the hub's log with a release of this file, or one that differs by `changes`."""
        log = StolenLog(self.hub, folder / "stolen")
        _, true = log.release(f"{NAME}:{TRUE}")
        manifest = file.contents.manifest
        made = replace(
            true, version=file.contents.config.version, manifest=manifest.digest, size=len(manifest.raw),
            referrers=tuple(item.digest for item in file.referrers), time=log.replay.time,
        )  # fmt: skip
        log.write(replace(made, **changes))  # type: ignore[arg-type]
        self.liar.lies |= log.lies(log.answer()) | dict(_served(file))

    def everybody_refuses(
        self, file: PackageFile, folder: Path, says: str, *, hub_says: str = "", **changes: object
    ) -> None:
        """Forge a release of this file: a reader, the mirror, and the true hub to which it is brought refuse it."""
        self.forge(file, folder, **changes)
        self.reader_refuses(self.reader(folder), says)
        self.mirror_refuses(says)
        self.hub_refuses(file, hub_says or says)

    def reader_refuses(self, reader: Ecli, says: str) -> None:
        """`ecli run` refuses what the liar shows: nothing is loaded or installed, and who is believed stays."""
        before = believed(reader)
        refused(reader, "run", "--verify", NAME, kind="not-trusted", says=says)
        assert believed(reader) == before

    def mirror_refuses(self, says: str) -> None:
        """The mirror stops, says why, and serves what it served."""
        held = self.mirror.served()
        told = self.mirror.sync(expect=UNTRUSTED)
        assert re.search(says, told), f"{says!r} is not in: {told}"
        assert self.mirror.status()["state"] == "stopped" and self.mirror.served() == held

    def hub_refuses(self, file: PackageFile, says: str) -> None:
        """The true hub, to which somebody with a login brings the package, logs nothing and shows nothing of it.

        Where it WAITS, it takes what is brought, as a part of what may be released one day.
        """
        before = size_of(self.hub)
        told = asyncio.run(_brought(file, self.hub.url, self.token))
        assert re.search(says, told.what if told else WAITS), told
        assert size_of(self.hub) == before
        place = f"/v2/{NAME}/manifests"
        for reference in (file.contents.config.version, file.contents.manifest.digest):
            assert self.hub.ask(f"{place}/{reference}").status == 404


def signed(file: PackageFile, bundle: bytes) -> PackageFile:
    """The package with a bundle about it, which nobody has looked at."""
    made = Manifest.make(
        artifact_type=media.SIGSTORE_BUNDLE,
        config=Descriptor.of(media.OCI_EMPTY, EMPTY_CONFIG),
        layers=(Descriptor.of(media.SIGSTORE_BUNDLE, bundle),),
        subject=Descriptor.of(media.OCI_MANIFEST, file.contents.manifest.raw),
    )
    blobs = {made.config.digest: EMPTY_CONFIG, made.layers[0].digest: bundle}
    return replace(file, referrers=(*file.referrers, made), blobs=file.blobs | blobs)


def digest_of(file: PackageFile) -> Digest:
    """What a package's signatures are over."""
    return file.contents.manifest.digest


def believed(ecli: Ecli) -> dict[str, bytes]:
    """Whom a user believes: Sigstores, owners, what was withdrawn; of origins name, key, and the user's own addresses."""
    folders = [ecli.home / name for name in ("domains", "known", "refreshed")]
    kept = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    pins = [
        (pin.origin, pin.fingerprint, *(place.url for place in pin.places if not place.hint))
        for pin in Pins(Home(ecli.home, ecli.home / "none")).all()
    ]
    return kept | {"origins": repr(pins).encode()}


@contextmanager
def stage_with(
    folder: Path, package: Path, sigstores: Mapping[str, Sigstore], *, strangers: Mapping[str, Sigstore]
) -> Iterator[Stage]:
    """A hub that trusts Sigstores under these names, and `public`; Alice owns `tools`, but not as `strangers` know her.

    By the first of `sigstores` she has signed NAME in version TRUE. Hub and mirror must be clean in the end.
    """
    hub = RunningHub.make(folder / "hub", origin=ORIGIN, authority=False)
    owners = ["--owner", PUBLIC, GOOGLE, ALICE]
    for name, sigstore in sigstores.items():
        owners += ["--owner", name, sigstore.issuer, ALICE]
    _trust(hub, {PUBLIC: public_root()} | {name: item.root for name, item in {**sigstores, **strangers}.items()})
    with hub.serving(), Liar.before(hub.url) as liar:
        ebpfhub("namespace", "claim", hub.folder, "tools", *owners)
        true = renamed(PackageFile.read(package.read_bytes()), namespace="tools", version=TRUE)
        first, token = next(iter(sigstores.values())), hub.token(PUSHER)
        assert asyncio.run(_brought(signed(true, first.sign(digest_of(true))), hub.url, token)) is None
        newcomer = _newcomer(folder, liar, hub)
        mirror = mirror_of(hub, folder / "mirror", url=liar.url)
        try:
            yield Stage(hub, liar, mirror, package, token, newcomer)
            liar.lies.clear()
            mirror.sync()
            assert mirror.status()["state"] == "ok" and mirror.served() == size_of(hub)
        finally:
            mirror.hub.stop()
    for server in (hub, mirror.hub):
        assert "Traceback" not in server.log.read_text()
        assert "clean" in ebpfhub("fsck", server.folder).stdout


def _newcomer(folder: Path, liar: Liar, hub: RunningHub) -> Ecli:
    """Somebody who has pinned the hub's key at the liar's address."""
    ecli = Ecli(folder / "newcomer")
    ecli.run("trust", "add", liar.url, "--fingerprint", hub.fingerprint)
    return ecli


def _trust(hub: RunningHub, roots: Mapping[str, bytes]) -> None:
    """What `ebpfhub trust add` does one by one, in one note."""
    note = hub.folder / "next.note"
    note.write_text(OwnOrigin(HubFolder(hub.folder)).draft(changes=roots))
    ebpfhub("origin", "sign", note, "--key", hub.folder / "offline" / "origin.key")
    ebpfhub("origin", "install", hub.folder, note)


def _served(file: PackageFile) -> Iterator[tuple[str, Lie]]:
    """A package as if the hub had it."""
    for item in (file.contents.manifest, *file.referrers):
        yield f"manifests/{item.digest}", replaced(item.raw)
    for digest, data in {**file.contents.blobs, **file.blobs}.items():
        yield f"blobs/{digest}", replaced(data)


async def _brought(file: PackageFile, url: str, token: str) -> HubError | None:
    """Push a package and all that is about it, unread, as any OCI client would; what the hub says against it."""
    contents = file.contents
    async with Transport() as transport:
        session = HubSession(transport, url, token)
        try:
            for digest, data in {**contents.blobs, **file.blobs}.items():
                await session.push_blob(NAME, digest, data)
            for manifest in (contents.manifest, *file.referrers):
                await session.push_manifest(NAME, manifest)
        except HubError as error:
            return error
    return None
