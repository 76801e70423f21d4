"""What a real origin serves, recorded once: a source for pulls in this process, which can be made to lie."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ebpfhub.federation.blobs import BlobStore
from ebpfhub.federation.log.tiles import TILE_WIDTH
from ebpfhub.federation.sources import HubSource
from ebpfhub.federation.sync.archive_format import Part
from ebpfhub.federation.sync.archive_writer import Exported
from ebpfhub.federation.sync.pull import Pull, Pulled, PullSource
from ebpfhub.federation.sync.replica import Replica
from ebpfhub.federation.transport import Transport
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Release, parse_entry
from ebpfhub.schemas.errors import NotFound
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.signing.notes import COSIGNATURE, Checkpoint, Note, SignerKey
from ebpfhub.signing.origin import OriginNote, read_origin_note

from ...hubs import RunningHub
from ...mirrors import key_of
from ..log_fixtures import NOW, ORIGIN, Keys, Log, SqliteHeads

MIRROR_KEY = SignerKey.generate("mirror.example.org", COSIGNATURE)


@dataclass(frozen=True)
class Recorded:
    """One origin's content at one time. Every answer can be replaced: `replace(source, checkpoint_text=…)`."""

    note_text: str
    checkpoint_text: str
    all_entries: tuple[bytes, ...]
    trust: dict[Digest, bytes]
    manifests: dict[Digest, bytes]
    contents: dict[Digest, bytes]
    asked: list[str] = field(default_factory=list)
    fail_at: int = -1  # the number of the request that fails, as a broken line does
    failure: Callable[[], BaseException] = lambda: NotFound("the line is broken")

    @property
    def note(self) -> OriginNote:
        return read_origin_note(self.note_text)

    @property
    def size(self) -> int:
        return Checkpoint.parse(Note.parse(self.checkpoint_text).body).size

    @property
    def releases(self) -> list[tuple[int, Release]]:
        parsed = [(index, parse_entry(data)) for index, data in enumerate(self.all_entries)]
        return [(index, entry) for index, entry in parsed if isinstance(entry, Release)]

    async def origin_note(self) -> str:
        self._ask("origin")
        return self.note_text

    async def checkpoint(self) -> str:
        self._ask("checkpoint")
        return self.checkpoint_text

    async def entries(self, bundle: int, width: int) -> list[bytes]:
        self._ask(f"entries {bundle}")
        return list(self.all_entries[bundle * TILE_WIDTH : bundle * TILE_WIDTH + width])

    async def trusted_root(self, digest: Digest) -> bytes:
        self._ask(f"trust {digest}")
        return self.trust[digest]

    async def order_bundle(self, digest: Digest) -> bytes:
        self._ask(f"bundle {digest}")
        return self.contents[digest]

    async def manifest(self, namespace: str, name: str, digest: Digest) -> Manifest:
        self._ask(f"manifest {digest}")
        return Manifest.parse(self.manifests[digest])

    async def blob(self, namespace: str, name: str, descriptor: Descriptor) -> bytes:
        self._ask(f"blob {descriptor.digest}")
        return self.contents[descriptor.digest]

    def _ask(self, what: str) -> None:
        if len(self.asked) == self.fail_at:
            raise self.failure()
        self.asked.append(what)

    def lying(self, **changes: object) -> Recorded:
        """The same origin with other answers, and nothing asked yet."""
        return replace(self, **{"asked": [], **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Origin:
    """A recorded origin: after its first release, and after its third; and its keys, which a liar holds too."""

    early: Recorded
    late: Recorded
    keys: Keys
    origin_key: SignerKey

    @property
    def fingerprint(self) -> str:
        return self.late.note.fingerprint

    def forge(self, folder: Path, *entries: bytes, since: int = 0) -> Recorded:
        """Another history signed by the origin's own log key: `since` true entries, then these."""
        log = Log(folder, self.keys)
        log.write_raw(*self.late.all_entries[:since], *entries)
        made = tuple(log.files.entry(index, log.size) for index in range(log.size))
        return self.late.lying(checkpoint_text=log.checkpoint, all_entries=made)

    def signed_note(self, **changes: object) -> str:
        """The origin note with other facts, rightly signed."""
        return replace(self.late.note, **changes).sign(self.origin_key)  # type: ignore[arg-type]


def record(hub: RunningHub) -> Recorded:
    """Everything that a serving hub has of its log now."""

    async def run() -> Recorded:
        async with Transport() as transport:
            source = HubSource(transport, hub.url, hub.origin)
            note_text, text = await source.origin_note(), await source.checkpoint()
            size = Checkpoint.parse(Note.parse(text).body).size
            assert size <= TILE_WIDTH
            made = Recorded(note_text, text, tuple(await source.entries(0, size)), {}, {}, {})
            for _, digest in made.note.domains:
                made.trust[digest] = await source.trusted_root(digest)
            for _, entry in made.releases:
                for digest in (entry.manifest, *entry.referrers):
                    manifest = await source.manifest(entry.namespace, entry.name, digest)
                    made.manifests[digest] = manifest.raw
                    made.contents.update(await source.blobs(entry.namespace, entry.name, manifest.blobs))
            return made

    return asyncio.run(run())


def keys_of(hub: RunningHub) -> tuple[Keys, SignerKey]:
    """The keys in a hub's folder."""
    folder = hub.folder / "keys"
    origin = key_of(hub.folder / "offline" / "origin.key")
    return Keys(origin, key_of(folder / "log.key"), key_of(folder / "cosigner.key")), origin


@dataclass
class Local:
    """A mirror's own side, in one folder: replica and blobs."""

    folder: Path
    fingerprint: str

    def __post_init__(self) -> None:
        self.store = BlobStore(self.folder / "blobs")
        self.open()

    def open(self) -> None:
        """What a mirror does when it starts."""
        heads = SqliteHeads(self.folder / "heads.db")
        self.replica = Replica(self.folder / "replica", heads, origin=ORIGIN, fingerprint=self.fingerprint)
        self.replica.open()

    async def pull(
        self, source: PullSource, *, time: int = NOW, may_be_older: bool = False, dry: bool = False
    ) -> Pulled:
        pull = Pull(self.replica, self.store, source, cosigner=MIRROR_KEY, time=time, may_be_older=may_be_older)
        return await pull.run(dry=dry)

    def exported(self, *, since: int = 0) -> Exported:
        """What an export writes of it."""
        shown, own = self.replica.shown, self.replica
        part = Part(ORIGIN, since, shown.size)
        return Exported(part, own.note_text, shown.text, own.trust, own.files, own.replay)

    def state(self) -> dict[str, bytes]:
        """Every file but SQLite's and half-finished uploads, and what is served."""
        names = [path for path in self.folder.rglob("*") if "heads.db" not in str(path) and "uploads" not in path.parts]
        kept = {str(path): path.read_bytes() for path in names if path.is_file()}
        with contextlib.suppress(NotFound):
            kept["shown"] = self.replica.shown.text.encode()
        return kept
