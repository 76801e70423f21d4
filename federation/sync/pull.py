"""One pull of a mirror: from the origin's note to durable, verified, cosigned content (protocol.md section 6).

The order is the point. Note, checkpoint and its signature; the entries, which must add up to the checkpoint's root and
continue what is held; the rules and the map's root; then every new release: its manifest, its publisher's bundle, its
blobs. Only when all of that is verified and durable are the log's head and the checkpoint moved. What cannot be
verified stops the origin; what cannot be fetched is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...schemas.contents import PackageContents, check_blob
from ...schemas.digest import Digest
from ...schemas.entry import Entry, Release
from ...schemas.errors import BadInput, HubError, NotTrusted
from ...schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ...signing.merkle import root
from ...signing.notes import Checkpoint, Note, SignerKey
from ...signing.origin import OriginNote, verify_origin_note
from ...signing.roots import TrustDomain
from ...signing.verify import verify_release
from ..blobs import BlobStore
from ..log.tiles import TILE_WIDTH
from .replica import Replica, Shown

AT_ONCE = 8  # releases fetched at a time
MAX_NEW_ENTRIES = 1_000_000  # of one pull


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

    async def manifest(self, namespace: str, name: str, digest: Digest) -> Manifest:
        """A manifest of a release."""

    async def blob(self, namespace: str, name: str, descriptor: Descriptor) -> bytes:
        """A blob of a release."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: entries and releases that were new, bytes of blobs that were fetched, the size now."""

    size: int
    entries: int
    releases: tuple[tuple[int, Release], ...]
    fetched: int


class ForkedError(NotTrusted):
    """A log contradicts what is held of it. `held` and `shown` are the two signed checkpoints: evidence to keep."""

    def __init__(self, reason: str, *, held: str, shown: str, where: str) -> None:
        super().__init__(reason, check="consistency", where=where)
        self.held = held
        self.shown = shown


class Pull:
    """One pull from one source into one replica; a source that `may_be_older` (mirror, archive) can bring nothing."""

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
    ) -> None:
        self._replica = replica
        self._store = store
        self._source = source
        self._cosigner = cosigner
        self._time = time
        self._may_be_older = may_be_older
        self._progress = progress
        self._fetched = 0

    async def run(self, *, dry: bool = False) -> Pulled:
        """Pull what is new; `dry` verifies all of it and keeps nothing but blobs that are named by their digest.

        Raises: NotTrusted (ForkedError with evidence): the origin must be stopped. Other HubErrors: try again later.
        """
        note, note_text, trust = await self._origin_note()
        text = await self._source.checkpoint()
        signed, checkpoint = _signed(text, note)
        held = self._replica.head
        if checkpoint.size < held.size:
            return self._older(checkpoint, text)
        if checkpoint.size == held.size and checkpoint.root != held.root:
            raise self._fork("two different logs of the same size", text)
        entries = await self._new_entries(held.size, checkpoint.size)
        fork, found = None, list[tuple[int, Entry]]()
        if entries:
            try:
                fork, found = await asyncio.to_thread(self._replica.try_entries, entries, expected=checkpoint)
            except NotTrusted as error:
                raise self._fork(error.what, text) from error
        releases = [(index, entry) for index, entry in found if isinstance(entry, Release)]
        await self._releases(releases, note, trust, keep=not dry)
        if not dry:
            shown = await asyncio.to_thread(self._keep, note_text, trust, entries, checkpoint, signed)
            self._replica.show(shown, fork)
        return Pulled(checkpoint.size, len(entries), tuple(releases), self._fetched)

    def _keep(
        self, note_text: str, trust: dict[Digest, bytes], entries: list[bytes], checkpoint: Checkpoint, signed: Note
    ) -> Shown:
        if note_text != self._replica.note_text:
            self._replica.keep_note(note_text, trust)
        self._replica.commit(entries, checkpoint=checkpoint)
        return self._replica.publish(signed, cosigner=self._cosigner, time=self._time)

    async def _origin_note(self) -> tuple[OriginNote, str, dict[Digest, bytes]]:
        text = await self._source.origin_note()
        note = verify_origin_note(text, origin=self._replica.origin, fingerprint=self._replica.fingerprint)
        known = self._replica.trust
        wanted = [digest for _, digest in note.domains]
        trust = {digest: known.get(digest) or await self._source.trusted_root(digest) for digest in wanted}
        return note, text, trust

    async def _new_entries(self, old: int, new: int) -> list[bytes]:
        if new - old > MAX_NEW_ENTRIES:
            raise BadInput(f"{new - old} new entries are more than the {MAX_NEW_ENTRIES} of one pull")
        entries: list[bytes] = []
        for bundle in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            width = min(TILE_WIDTH, new - bundle * TILE_WIDTH)
            held = await self._source.entries(bundle, width)
            entries += held[max(0, old - bundle * TILE_WIDTH) :]
            self._progress(f"entries {old + len(entries)}/{new}")
        return entries

    def _older(self, checkpoint: Checkpoint, text: str) -> Pulled:
        """Judge an older checkpoint: of a mirror or an archive it brings nothing; the origin itself never goes back."""
        size = self._replica.head.size
        if root(self._replica.files.hashes(size), checkpoint.size) != checkpoint.root:
            raise self._fork("the log was shown shorter and different", text)
        if not self._may_be_older:
            raise self._fork(f"the origin shows {checkpoint.size} entries, but it signed {size} before", text)
        return Pulled(size, 0, (), 0)

    def _fork(self, reason: str, shown: str) -> ForkedError:
        held = ""
        if self._replica.head.size:
            held = (self._replica.files.folder / "checkpoint").read_text()
        return ForkedError(reason, held=held, shown=shown, where=self._replica.origin)

    async def _releases(
        self, releases: list[tuple[int, Release]], note: OriginNote, trust: dict[Digest, bytes], *, keep: bool
    ) -> None:
        domains = {name: TrustDomain.parse(name, trust[digest]) for name, digest in note.domains}
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
        domain = domains.get(release.identity.domain)
        if domain is None:
            raise NotTrusted(f"the origin note names no trust domain {release.identity.domain!r}", check="trust")
        manifest = await self._manifest(release, release.manifest)
        referrers = [await self._manifest(release, digest) for digest in release.referrers]
        blobs: dict[Digest, bytes] = {}
        for descriptor in [item for held in (manifest, *referrers) for item in held.blobs]:
            if descriptor.digest not in blobs:
                blobs[descriptor.digest] = await self._blob(release, descriptor)
        bundles = [blobs[item.layers[0].digest] for item in referrers if item.layers]
        contents = PackageContents.open(manifest, blobs)
        await asyncio.to_thread(verify_release, release, contents, bundles, domain)
        if keep:
            raw = [held.raw for held in (manifest, *referrers)]
            await asyncio.to_thread(self._put, [*blobs.values(), *raw])

    def _put(self, blobs: list[bytes]) -> None:
        for data in blobs:
            digest = Digest.of(data)
            if not self._store.exists(digest):
                self._store.put(data, digest=digest)

    async def _manifest(self, release: Release, digest: Digest) -> Manifest:
        if self._store.exists(digest):
            raw = self._store.read(digest, limit=MAX_BLOB_BYTES)
            if Digest.of(raw) == digest:
                return Manifest.parse(raw)
        made = await self._source.manifest(release.namespace, release.name, digest)
        self._fetched += len(made.raw)
        return made

    async def _blob(self, release: Release, descriptor: Descriptor) -> bytes:
        if self._store.exists(descriptor.digest):
            try:
                return check_blob(descriptor, self._store.read(descriptor.digest, limit=MAX_BLOB_BYTES))
            except HubError:
                self._store.delete(descriptor.digest)  # damaged here: fetched anew
        data = await self._source.blob(release.namespace, release.name, descriptor)
        self._fetched += len(data)
        return data


def _signed(text: str, note: OriginNote) -> tuple[Note, Checkpoint]:
    signed = Note.parse(text, where="checkpoint")
    checkpoint = Checkpoint.parse(signed.body)
    if checkpoint.origin != note.origin:
        raise NotTrusted(f"the checkpoint is of {checkpoint.origin}, not of {note.origin}", check="checkpoint")
    signed.verify(note.log_key(checkpoint.size))
    for key in note.cosigners:
        signed.cosigned_at(key)
    return signed, checkpoint
