"""What a mirror keeps of one origin: its log, the state that the log adds up to, its keys. Only verified things get in.

The head is committed like that of an own log: tiles first, then compare-and-swap, then the checkpoint's file. A file
that somebody else has changed is not served.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...schemas.digest import Digest
from ...schemas.entry import Entry
from ...schemas.errors import NotFound, NotTrusted, StorageFailed
from ...signing.merkle import leaf_hash, node_hash, root
from ...signing.notes import MAX_NOTE_BYTES, Checkpoint, Note, SignerKey
from ...signing.origin import OriginNote, verify_origin_note
from ..files import write_durably
from ..index.rules import Fork, Replay
from ..log.files import LogFiles
from ..log.sequencer import Head, HeadStore
from ..log.tiles import TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Shown:
    """The checkpoint that is served: its text and size."""

    text: str
    size: int


class Replica:
    """One origin's replica in `folder`. Blocking; one writer."""

    def __init__(self, folder: Path, heads: HeadStore, *, origin: str, fingerprint: str) -> None:
        self.folder = folder
        self.origin = origin
        self.fingerprint = fingerprint
        self.files = LogFiles(folder / "log")
        self.replay = Replay(origin)
        self.head = heads.load()
        self._heads = heads
        self._fence = heads.acquire()
        self._shown: Shown | None = None
        self._next = ""  # what is being published
        self._mark = (0, 0, 0)  # of the checkpoint's file as it was read last
        self.note: OriginNote | None = None
        self.note_text = ""
        self.trust: dict[Digest, bytes] = {}

    def open(self) -> list[tuple[int, Entry]]:
        """Read back what was kept and verify it again; returns the entries. Raises: HubError."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self._open_note()
        self.files.trim(self.head.size)
        if root(self.files.hashes(self.head.size), self.head.size) != self.head.root:
            raise StorageFailed("the mirrored log does not match its committed head", where=str(self.folder))
        found: list[tuple[int, Entry]] = []
        for bundle in range(-(-self.head.size // TILE_WIDTH)):
            for data in self.files.entries(bundle, self.head.size):
                index = self.replay.size
                entry = self.replay.read(data)
                if entry is not None:
                    found.append((index, entry))
        self._open_checkpoint()
        return found

    def _open_checkpoint(self) -> None:
        """Serve the checkpoint that lies there, if it is of the log that was just verified."""
        try:
            text = self.checkpoint_path.read_bytes()[: MAX_NOTE_BYTES + 1].decode()
            note = Note.parse(text, where=str(self.checkpoint_path))
            checkpoint = Checkpoint.parse(note.body)
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise StorageFailed("the mirrored checkpoint cannot be read", where=self.origin) from error
        if (checkpoint.size, checkpoint.root) == (self.head.size, self.head.root):
            self._shown = Shown(text, checkpoint.size)

    def _open_note(self) -> None:
        try:
            text = (self.folder / "origin.note").read_text()
        except FileNotFoundError:
            return
        note = verify_origin_note(text, origin=self.origin, fingerprint=self.fingerprint)
        trust = {digest: (self.folder / "trust" / f"{digest.hex}.json").read_bytes() for _, digest in note.domains}
        self._take_note(note, text, trust)

    @property
    def shown(self) -> Shown:
        """The checkpoint that is served.

        Raises: NotFound before the first pull; StorageFailed when somebody else has changed its file.
        """
        if self._shown is None:
            raise NotFound("nothing of this origin was verified yet", where=self.origin)
        try:
            status = self.checkpoint_path.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            if mark != self._mark:
                if self.checkpoint_path.read_text() not in (self._shown.text, self._next):
                    raise StorageFailed("the mirrored checkpoint is not the one that was verified", where=self.origin)
                self._mark = mark
        except (OSError, UnicodeDecodeError) as error:
            raise StorageFailed("the mirrored checkpoint cannot be read", where=self.origin) from error
        return self._shown

    @property
    def checkpoint_path(self) -> Path:
        """The file of the checkpoint that is served."""
        return self.files.folder / "checkpoint"

    def keep_note(self, text: str, trust: dict[Digest, bytes]) -> OriginNote:
        """Keep a newer origin note with the trusted roots that it names. Raises: NotTrusted, BadInput."""
        note = verify_origin_note(text, origin=self.origin, fingerprint=self.fingerprint)
        if self.note is not None and note.serial < self.note.serial:
            raise NotTrusted(
                f"the origin note has the serial {note.serial}, {self.note.serial} was seen before", check="origin"
            )
        for digest, data in trust.items():
            write_durably(self.folder / "trust" / f"{digest.hex}.json", data)
        write_durably(self.folder / "origin.note", text.encode())
        self._take_note(note, text, trust)
        return note

    def _take_note(self, note: OriginNote, text: str, trust: dict[Digest, bytes]) -> None:
        self.note, self.note_text = note, text
        self.trust = {**self.trust, **trust}

    def try_entries(self, entries: list[bytes], *, expected: Checkpoint) -> tuple[Fork, list[tuple[int, Entry]]]:
        """Replay new entries on a fork and check that they make the expected log. Nothing is changed.

        Raises: NotTrusted: root of the log or of the map is another; the last entry is no map root.
        """
        hashes = _Grown(self.files, self.head.size, [leaf_hash(data) for data in entries])
        if root(hashes, expected.size) != expected.root:
            raise NotTrusted(
                f"the entries do not add up to the checkpoint of {expected.size} entries",
                check="consistency",
                where=self.origin,
            )
        fork, found = self.replay.fork(), list[tuple[int, Entry]]()
        for data in entries:
            index = fork.size
            entry = fork.read(data)
            if entry is not None:
                found.append((index, entry))
        if not found or found[-1][0] != expected.size - 1 or found[-1][1].kind != "index":
            raise NotTrusted("the log's last entry is not a map root", check="index", where=self.origin)
        return fork, found

    def commit(self, entries: list[bytes], *, checkpoint: Checkpoint) -> None:
        """Make verified entries durable. Raises: StorageFailed, Conflict; the replica is then as before."""
        if not entries:
            return
        self.files.grow(self.head.size, entries)
        new = Head(checkpoint.size, checkpoint.root)
        self._heads.advance(fence=self._fence, old=self.head, new=new)
        old, self.head = self.head, new
        self.files.prune(old.size, new.size)

    def publish(self, note: Note, *, cosigner: SignerKey, time: int) -> Shown:
        """Write a verified checkpoint with the mirror's cosignature; `show` makes it the one that is served.

        Raises: StorageFailed.
        """
        self._next = str(note.with_signature(cosigner.sign(note.body, time=time)))
        write_durably(self.checkpoint_path, self._next.encode())
        return Shown(self._next, Checkpoint.parse(note.body).size)

    def show(self, shown: Shown, fork: Fork | None) -> None:
        """Serve a published checkpoint, and the state that its new entries made. In the readers' thread."""
        if fork is not None:
            self.replay.adopt(fork)
        self._shown = shown


class _Grown:
    """merkle.Hashes of a stored log and new leaves behind it, in memory."""

    def __init__(self, files: LogFiles, size: int, leaves: list[bytes]) -> None:
        self._stored = files.hashes(size)
        self._size = size
        self._leaves = leaves
        self._made: dict[tuple[int, int], bytes] = {}

    def at(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        if (index + 1) << level <= self._size:
            return self._stored.at(level, index)
        if level == 0:
            return self._leaves[index - self._size]
        held = self._made.get((level, index))
        if held is None:
            held = node_hash(self.at(level - 1, 2 * index), self.at(level - 1, 2 * index + 1))
            self._made[(level, index)] = held
        return held
