"""One pull of a mirror: from the origin's note to durable, verified, cosigned content (protocol.md section 6).

The order is the point. Note, checkpoint and its signature; the entries, which must add up to the checkpoint's root and
continue what is held; the rules and the map's root; then every new release: its manifest, its publisher's bundle, its
blobs. Only when all of that is verified and durable are the log's head and the checkpoint moved. What cannot be
verified stops the origin; what cannot be fetched is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...schemas import media
from ...schemas.contents import PackageContents, check_blob, check_release_manifest, judged
from ...schemas.digest import Digest
from ...schemas.entry import Entry, Release
from ...schemas.errors import BadInput, HubError, NotFound, NotTrusted
from ...schemas.identity import Identity
from ...schemas.kernel_types import kernels_of
from ...schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ...schemas.ownership import Order, Revoke, Yank
from ...signing.notes import Checkpoint, Note, SignerKey
from ...signing.orders import verify_logged_order
from ...signing.origin import OriginNote, verify_origin_note
from ...signing.roots import TrustDomain
from ...signing.verify import verify_release
from ..blobs import BlobStore
from .replica import Replica
from .verified_log import Shown
from .written import written

Releases = tuple[tuple[int, Release], ...]  # with their log indexes

AT_ONCE = 8  # releases fetched at a time
MAX_RELEASE_BYTES = 512 * 1024 * 1024  # of one release, but for kernels: likewise, AT_ONCE of them


class PullSource(Protocol):
    """Where a pull reads: a hub over HTTP, or an archive. Every method raises HubError; nothing is believed."""

    async def origin_note(self) -> str:
        """The origin note."""

    async def checkpoint(self) -> str:
        """The newest checkpoint."""

    async def entries(self, bundle: int, width: int) -> list[bytes]:
        """The first `width` entries of an entry bundle."""

    async def trusted_root(self, digest: Digest) -> bytes:
        """A trusted root that the origin note names."""

    async def order_bundle(self, digest: Digest) -> bytes:
        """An owner's Sigstore bundle over an order of the log."""

    async def manifest(self, namespace: str, name: str, digest: Digest) -> Manifest:
        """A manifest of a release."""

    async def blob(self, namespace: str, name: str, descriptor: Descriptor) -> bytes:
        """A blob of a release."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: entries and releases that were new, bytes of blobs that were fetched, the size now.

    `withdrawn_from` is the log index of the first yank or revocation among them, None without any.
    """

    size: int
    entries: int
    releases: Releases
    fetched: int
    withdrawn_from: int | None = None


class Pull:
    """One pull from one source into one replica; a source that `may_be_older` (mirror, archive) can bring nothing.

    `enter` hears of the new releases, in a thread, when their blobs are durable and before anybody is shown the log
    that names them; when it raises, nothing is committed.
    """

    def __init__(
        self,
        replica: Replica,
        store: BlobStore,
        source: PullSource,
        *,
        cosigner: SignerKey,
        time: int,
        may_be_older: bool = False,
        progress: Callable[[str], None] = lambda _: None,
        enter: Callable[[Releases], None] = lambda _: None,
    ) -> None:
        self._replica = replica
        self._store = store
        self._source = source
        self._cosigner = cosigner
        self._time = time
        self._may_be_older = may_be_older
        self._progress = progress
        self._enter = enter
        self._fetched = 0
        self._damaged: set[Digest] = set()  # what lies in the store with other bytes

    async def run(self, *, dry: bool = False) -> Pulled:
        """Pull what is new; `dry` verifies all of it and keeps nothing but blobs that are named by their digest.

        Raises: NotTrusted (ForkedError with evidence): the origin must be stopped. Other HubErrors: try again later.
        """
        note_text, note, text = await self._seen()
        signed, checkpoint = _signed(text, note)
        held = self._replica.head
        if not self._replica.log.reaches(checkpoint, text, may_be_older=self._may_be_older):
            return Pulled(held.size, 0, (), 0)
        if checkpoint.size == held.size and self._is_staler(note, signed):
            return Pulled(held.size, 0, (), 0)
        self._replica.check_note(note_text)
        trust = await self._trust(note)
        entries = await self._replica.log.newer(self._source.entries, checkpoint.size, progress=self._progress)
        fork, found = None, list[tuple[int, Entry]]()
        if entries:
            try:
                fork, found = await asyncio.to_thread(self._replica.try_entries, entries, expected=checkpoint)
            except NotTrusted as error:
                raise self._replica.log.forked(error.what, text) from error
        releases = tuple((index, entry) for index, entry in found if isinstance(entry, Release))
        domains = {name: TrustDomain.parse(name, trust[digest]) for name, digest in note.domains}
        await self._orders([entry for _, entry in found if isinstance(entry, Order)], domains, keep=not dry)
        await self._releases(releases, domains, keep=not dry)
        if not dry:
            shown = await written(self._keep, note_text, trust, entries, signed, releases)
            self._replica.show(shown, fork)
        withdrawn = next((index for index, entry in found if isinstance(entry, Yank | Revoke)), None)
        return Pulled(checkpoint.size, len(entries), releases, self._fetched, withdrawn)

    async def _seen(self) -> tuple[str, OriginNote, str]:
        """The origin's note, as text and read, and its checkpoint, which the caller judges. Raises: HubError.

        Keys may be rotated between the two requests: where they do not fit, and the note is a newer one by now, again.
        """
        note_text, note = await self._note()
        text = await self._source.checkpoint()
        try:
            _signed(text, note)
        except NotTrusted:
            newer_text, newer = await self._note()
            if newer.serial <= note.serial:
                raise
            return newer_text, newer, await self._source.checkpoint()
        return note_text, note, text

    async def _note(self) -> tuple[str, OriginNote]:
        text = await self._source.origin_note()
        return text, verify_origin_note(text, origin=self._replica.origin, fingerprint=self._replica.fingerprint)

    def _keep(
        self, note_text: str, trust: dict[Digest, bytes], entries: list[bytes], signed: Note, releases: Releases
    ) -> Shown:
        if note_text != self._replica.note_text:
            self._replica.keep_note(note_text, trust)
        self._enter(releases)
        return self._replica.commit(entries, signed, cosigner=self._cosigner, time=self._time)

    def _is_staler(self, note: OriginNote, signed: Note) -> bool:
        """Tell whether an equally long log was vouched for no later than what is served: that brings nothing."""
        held = self._replica.note
        if held is None:
            return False
        if note.serial < held.serial:
            return self._may_be_older
        try:
            served = _cosigned(Note.parse(self._replica.shown.text), held) or 0
        except HubError:
            return False  # somebody has changed the file: it is written anew
        shown = _cosigned(signed, note) or 0
        return shown < served or (shown == served and self._may_be_older and note.serial == held.serial)

    async def _trust(self, note: OriginNote) -> dict[Digest, bytes]:
        known = self._replica.trust
        wanted = [digest for _, digest in note.domains]
        trust = {digest: known.get(digest) or await self._source.trusted_root(digest) for digest in wanted}
        if any(Digest.of(data) != digest for digest, data in trust.items()):
            raise NotTrusted("a trusted root is not the one that the origin note names", check="trust")
        return trust

    async def _orders(self, orders: list[Order], domains: dict[str, TrustDomain], *, keep: bool) -> None:
        """Fetch and verify the bundles of owners' orders, and keep them durably. Raises: HubError."""
        for order in orders:
            identity, digest = order.mandate.identity, order.mandate.bundle
            if identity is None or digest is None:
                continue
            data = self._stored(digest) or await self._source.order_bundle(digest)
            await asyncio.to_thread(verify_logged_order, order, data, _domain(domains, identity))
            if keep:
                await written(self._put, [data])

    async def _releases(self, releases: Releases, domains: dict[str, TrustDomain], *, keep: bool) -> None:
        waiting = list(reversed(releases))

        async def work() -> None:
            while waiting:
                _, release = waiting.pop()
                await self._release(release, domains, keep=keep)
                self._progress(f"releases {len(releases) - len(waiting)}/{len(releases)}")

        workers = [asyncio.create_task(work()) for _ in range(min(AT_ONCE, len(releases)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _release(self, release: Release, domains: dict[str, TrustDomain], *, keep: bool) -> None:
        """Fetch and verify one release, and keep its blobs durably. Raises: HubError."""
        domain = _domain(domains, release.identity)
        manifest = await self._manifest(release, release.manifest)
        check_release_manifest(manifest)
        referrers = [await self._manifest(release, digest) for digest in release.referrers]
        wanted = [*judged(manifest), *(item for held in referrers for item in held.blobs)]
        if sum({item.digest: item.size for item in wanted}.values()) > MAX_RELEASE_BYTES:
            raise BadInput(f"has more than {MAX_RELEASE_BYTES} bytes", where=f"{release.package}:{release.version}")
        blobs: dict[Digest, bytes] = {}
        for descriptor in wanted:
            if descriptor.digest not in blobs:
                blobs[descriptor.digest] = await self._blob(release, descriptor)
        bundles = [
            blobs[item.layers[0].digest]
            for item in referrers
            if item.layers and item.artifact_type == media.SIGSTORE_BUNDLE
        ]
        contents = PackageContents.open(manifest, blobs)
        await asyncio.to_thread(verify_release, release, contents, bundles, domain)
        for layer in kernels_of(manifest).values():  # one after the other: together they may be too much for memory
            data = await self._blob(release, layer)
            if keep:
                await written(self._put, [data])
        if keep:
            raw = [held.raw for held in (manifest, *referrers)]
            await written(self._put, [*blobs.values(), *raw])

    def _put(self, blobs: list[bytes]) -> None:
        for data in blobs:
            digest = Digest.of(data)
            if digest in self._damaged or not self._store.exists(digest):
                self._store.put(data, digest=digest)

    async def _manifest(self, release: Release, digest: Digest) -> Manifest:
        raw = self._stored(digest)
        if raw is not None:
            return Manifest.parse(raw)
        made = await self._source.manifest(release.namespace, release.name, digest)
        if made.digest != digest:
            raise NotTrusted(f"the manifest {digest} holds other bytes than its digest says", check="manifest")
        self._fetched += len(made.raw)
        return made

    async def _blob(self, release: Release, descriptor: Descriptor) -> bytes:
        data = self._stored(descriptor.digest)
        if data is None:
            data = await self._source.blob(release.namespace, release.name, descriptor)
            self._fetched += len(data)
        return check_blob(descriptor, data, where=release.package)

    def _stored(self, digest: Digest) -> bytes | None:
        """What the store has under a digest; None when it has nothing, or other bytes: those are replaced."""
        if not self._store.exists(digest):
            return None
        with contextlib.suppress(BadInput, NotFound):
            data = self._store.read(digest, limit=MAX_BLOB_BYTES)
            if Digest.of(data) == digest:
                return data
        self._damaged.add(digest)
        return None


def _domain(domains: dict[str, TrustDomain], identity: Identity) -> TrustDomain:
    domain = domains.get(identity.domain)
    if domain is None:
        raise NotTrusted(f"the origin note names no trust domain {identity.domain!r}", check="trust")
    return domain


def _signed(text: str, note: OriginNote) -> tuple[Note, Checkpoint]:
    signed = Note.parse(text, where="checkpoint")
    checkpoint = Checkpoint.parse(signed.body)
    if checkpoint.origin != note.origin:
        raise NotTrusted(f"the checkpoint is of {checkpoint.origin}, not of {note.origin}", check="checkpoint")
    signed.verify(note.log_key(checkpoint.size))
    if note.cosigners and _cosigned(signed, note) is None:
        raise NotTrusted("the origin's cosigner has not signed the checkpoint, so its age is unknown", check="age")
    own = {key.id for key in (note.log_key(checkpoint.size), *note.cosigners)}
    # the origin's own first: of strangers' signatures only so many are kept
    return Note(signed.body, tuple(sorted(signed.signatures, key=lambda item: item.key_id not in own))), checkpoint


def _cosigned(signed: Note, note: OriginNote) -> int | None:
    """When the origin vouched for a checkpoint (Unix seconds). Raises: NotTrusted."""
    return max((time for key in note.cosigners if (time := signed.cosigned_at(key)) is not None), default=None)
