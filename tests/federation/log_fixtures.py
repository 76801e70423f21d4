"""Small real logs for tests: keys, entries, a durable head store, and a hub that may be honest or not."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ebpfhub.federation.index.answer import make_answer
from ebpfhub.federation.index.check import Seen
from ebpfhub.federation.index.rules import Replay
from ebpfhub.federation.index.sparse_map import SparseMap
from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.sequencer import NEW_LOG, Head, Sequencer
from ebpfhub.schemas.answer import IndexAnswer, LoggedEntry, ProvenRecord
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import MAP_RULES, Entry, IndexRoot, Release, encode_entry
from ebpfhub.schemas.errors import Conflict
from ebpfhub.schemas.identity import Identity, Owner
from ebpfhub.schemas.ownership import Claim
from ebpfhub.schemas.record import PackageRecord, State, VersionRecord, package_key, version_key
from ebpfhub.signing.merkle import EMPTY_ROOT, consistency_proof, inclusion_proof
from ebpfhub.signing.notes import COSIGNATURE, SignerKey
from ebpfhub.signing.origin import LogKey, OriginNote, origin_key_name

ORIGIN = "hub.example.org"
NOW = 1_750_000_000  # Unix seconds
ISSUER = "https://accounts.example.com"
ALICE = Identity("public", ISSUER, "alice@example.com")
MALLORY = Identity("public", ISSUER, "mallory@example.com")
ALICE_OWNS = (Owner("public", ISSUER, "alice@example.com"),)
MALLORY_OWNS = (Owner("public", ISSUER, "mallory@example.com"),)
NEVER_SEEN = Seen(0, EMPTY_ROOT)


def claim(
    namespace: str = "tools", *, owners: tuple[Owner, ...] = ALICE_OWNS, origin: str = ORIGIN, time: int = NOW
) -> Claim:
    return Claim(time, origin, namespace, owners)


def release(
    version: str,
    *,
    namespace: str = "tools",
    name: str = "opensnoop",
    manifest: Digest | None = None,
    identity: Identity = ALICE,
    time: int = NOW,
) -> Release:
    made = manifest or Digest.of(f"{namespace}/{name}:{version}".encode())
    return Release(time, namespace, name, version, made, 700, identity, (), Digest.of(b"permissions"), 1)


class SqliteHeads:
    """A head store in an SQLite file, durable as SQLite is with synchronous=FULL."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as database:
            database.execute("CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY, size, root, fence)")
            database.execute("INSERT OR IGNORE INTO head VALUES (1, ?, ?, 0)", (NEW_LOG.size, NEW_LOG.root))

    def load(self) -> Head:
        with self._open() as database:
            size, root = database.execute("SELECT size, root FROM head").fetchone()
        return Head(size, root)

    def acquire(self) -> int:
        with self._open() as database:
            database.execute("UPDATE head SET fence = fence + 1")
            return int(database.execute("SELECT fence FROM head").fetchone()[0])

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        with self._open() as database:
            changed = database.execute(
                "UPDATE head SET size = ?, root = ? WHERE fence = ? AND size = ? AND root = ?",
                (new.size, new.root, fence, old.size, old.root),
            ).rowcount
        if changed != 1:
            raise Conflict("another writer has taken over")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=30)
        try:
            database.execute("PRAGMA synchronous = FULL")
            with database:
                yield database
        finally:
            database.close()


@dataclass(frozen=True)
class Keys:
    """The keys of one origin."""

    origin: SignerKey = field(default_factory=lambda: SignerKey.generate(origin_key_name(ORIGIN)))
    log: SignerKey = field(default_factory=lambda: SignerKey.generate(ORIGIN))
    cosigner: SignerKey = field(default_factory=lambda: SignerKey.generate(f"{ORIGIN}/cosigner", COSIGNATURE))

    def note(self, *, logs: tuple[LogKey, ...] | None = None, origin: str = ORIGIN) -> OriginNote:
        own = (LogKey(self.log.verifier),)
        return OriginNote(origin, 1, self.origin.verifier, own if logs is None else logs, (self.cosigner.verifier,), ())


class Log:
    """A log in a folder and the honest state that it adds up to; every batch ends with a map root."""

    def __init__(self, folder: Path, keys: Keys, *, name: str = ORIGIN) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = keys
        self.files = LogFiles(folder / "log")
        heads = SqliteHeads(folder / "heads.db")
        self.sequencer = Sequencer(self.files, heads, origin=name, key=keys.log, cosigner=keys.cosigner)
        self.replay = Replay(ORIGIN)

    @property
    def size(self) -> int:
        return self.sequencer.head.size

    @property
    def seen(self) -> Seen:
        """What a client remembers that has verified the newest checkpoint."""
        return Seen(self.sequencer.head.size, self.sequencer.head.root)

    @property
    def checkpoint(self) -> str:
        return self.sequencer.checkpoint_path.read_text()

    def write(self, *entries: Entry) -> int:
        """Log a batch by the rules; the index of its first entry."""
        start = self.size
        for entry in entries:
            self.replay.check(entry)
            self.replay.apply(entry)
        last = self.replay.next_index(max(NOW, self.replay.time))
        self.replay.apply(last)
        self.write_raw(*(encode_entry(entry) for entry in (*entries, last)))
        return start

    def write_raw(self, *entries: bytes) -> int:
        """Log anything; the index of the first entry."""
        start = self.size
        self.sequencer.append(list(entries), time=NOW)
        return start

    def answer(self, tag: str = "latest", *, name: str = "opensnoop", since: int = 0) -> IndexAnswer:
        made = make_answer(
            checkpoint=self.checkpoint,
            size=self.size,
            files=self.files,
            replay=self.replay,
            namespace="tools",
            name=name,
            tag=tag,
            since=since,
        )
        return IndexAnswer.parse(made.encode())

    def logged(self, index: int) -> LoggedEntry:
        proof = inclusion_proof(self.files.hashes(self.size), index, self.size)
        return LoggedEntry(index, self.files.entry(index, self.size), proof)


@dataclass
class Lie:
    """A hub that holds the log key and logs a map of its own making over any entries; its answers are well-formed."""

    log: Log
    package: PackageRecord
    version: VersionRecord
    map: SparseMap = field(default_factory=SparseMap)

    def tell(self, *, place: str | None = None, rules: int = MAP_RULES, since: int = 0, time: int = NOW) -> IndexAnswer:
        """Log the root of the made-up map; answer with it. `place` is the version under whose key the record goes."""
        asked = place or self.version.version
        package_at = package_key("tools", "opensnoop")
        version_at = version_key("tools", "opensnoop", asked)
        made = self.map.set(package_at, Digest.of(self.package.encode()).raw)
        made = made.set(version_at, Digest.of(self.version.encode()).raw)
        self.log.write_raw(encode_entry(IndexRoot(time, made.root, rules)))
        beyond = LoggedEntry(self.version.entry, encode_entry(release(self.version.version)), ())
        return IndexAnswer(
            self.log.checkpoint,
            consistency_proof(self.log.files.hashes(self.log.size), since, self.log.size),
            self.log.logged(self.log.size - 1),
            ProvenRecord(self.package.encode(), made.prove(package_at).siblings),
            ProvenRecord(self.version.encode(), made.prove(version_at).siblings),
            self.log.logged(self.version.entry) if self.version.entry < self.log.size else beyond,
            (self.log.logged(self.package.claim),),
        )


def package_record(*, claim: int, tag: str, owners: tuple[Owner, ...] = ALICE_OWNS) -> PackageRecord:
    return PackageRecord("tools", "opensnoop", owners, claim, (("latest", tag),), 1, 1)


def version_record(entry: Release, index: int, *, claim: int, state: State = State.RELEASED) -> VersionRecord:
    return VersionRecord(entry.namespace, entry.name, entry.version, entry.manifest, index, claim, state, index)
