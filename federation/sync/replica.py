"""What a mirror keeps of one origin: its log, the state that the log adds up to, its keys. Only verified things get in.

The head is committed like that of an own log: tiles first, then compare-and-swap, then the checkpoint's file. A file
that somebody else has changed is not served.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path

from ...schemas.digest import Digest
from ...schemas.entry import Entry
from ...schemas.errors import BadInput, HubError, NotFound, NotTrusted, StorageFailed
from ...signing.merkle import leaf_hash, node_hash, root
from ...signing.notes import MAX_NOTE_BYTES, Checkpoint, Note, SignerKey
from ...signing.origin import OriginNote, verify_origin_note
from ..files import sync_folder, write_durably
from ..index.rules import Fork, Replay
from ..log.files import LogFiles
from ..log.sequencer import Head, HeadStore
from ..log.tiles import TILE_WIDTH

MAX_KEPT_SIGNATURES = 32  # of a source's checkpoint, so that mirrors of mirrors do not pile them up

log = logging.getLogger(__name__)


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
        self._heads = heads
        self._fence = heads.acquire()
        self.head = heads.load()
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
        hashes = self.files.hashes(self.head.size)
        if root(hashes, self.head.size) != self.head.root:
            raise StorageFailed("the mirrored log does not match its committed head", where=str(self.folder))
        found: list[tuple[int, Entry]] = []
        for bundle in range(-(-self.head.size // TILE_WIDTH)):
            for data in self.files.entries(bundle, self.head.size):
                index = self.replay.size
                if leaf_hash(data) != hashes.at(0, index):
                    raise StorageFailed(f"entry {index} is not the one that was mirrored", where=str(self.folder))
                entry = self.replay.read(data)
                if entry is not None:
                    found.append((index, entry))
        self._open_checkpoint()
        return found

    def _open_checkpoint(self) -> None:
        """Serve the checkpoint that lies there, if it is of the log that was just verified.

        A crash between the head's commit and the checkpoint's publication leaves the new one beside the old.
        """
        for path in (self.checkpoint_path, self._next_path):
            text = self._fitting(path)
            if text is not None:
                self._next = text
                self._publish_next(text)
                self._shown = Shown(text, self.head.size)
                return

    def _fitting(self, path: Path) -> str | None:
        """The checkpoint in a file, if it is the head's and signed by the origin's log key."""
        try:
            text = path.read_bytes()[: MAX_NOTE_BYTES + 1].decode()
            note = Note.parse(text, where=str(path))
            checkpoint = Checkpoint.parse(note.body)
            if self.note is None or (checkpoint.size, checkpoint.root) != (self.head.size, self.head.root):
                return None
            note.verify(self.note.log_key(checkpoint.size))
            for key in self.note.cosigners:
                note.cosigned_at(key)
        except (OSError, UnicodeDecodeError, BadInput, NotTrusted):
            return None
        return text

    def _open_note(self) -> None:
        try:
            text = (self.folder / "origin.note").read_text()
            note = verify_origin_note(text, origin=self.origin, fingerprint=self.fingerprint)
            held = {digest: (self.folder / "trust" / f"{digest.hex}.json") for _, digest in note.domains}
            trust = {digest: path.read_bytes() for digest, path in held.items()}
        except FileNotFoundError as error:
            if not self.head.size:
                return
            raise StorageFailed(f"{error.filename} is missing", where=self.origin) from error
        except (OSError, UnicodeDecodeError) as error:
            raise StorageFailed("the kept origin note cannot be read", where=self.origin) from error
        if any(Digest.of(data) != digest for digest, data in trust.items()):
            raise StorageFailed("a trusted root is not the one that was kept", where=self.origin)
        self._take_note(note, text, trust)

    @property
    def shown(self) -> Shown:
        """The checkpoint that is served.

        Raises: NotFound before the first pull; StorageFailed when somebody else has changed its file.
        """
        if self._shown is None and self.head.size:
            raise StorageFailed("the mirrored checkpoint is not the one that was verified", where=self.origin)
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

    @property
    def _next_path(self) -> Path:
        """The file of a checkpoint whose log is being committed."""
        return self.files.folder / "checkpoint.next"

    def check_note(self, text: str) -> OriginNote:
        """Check an origin note against the pinned key and the note that is held. Raises: NotTrusted, BadInput."""
        note = verify_origin_note(text, origin=self.origin, fingerprint=self.fingerprint)
        if self.note is not None and note.serial < self.note.serial:
            raise NotTrusted(
                f"the origin note has the serial {note.serial}, {self.note.serial} was seen before", check="origin"
            )
        if self.note is not None and note.serial == self.note.serial and note != self.note:
            raise NotTrusted(f"two different origin notes have the serial {note.serial}", check="origin")
        return note

    def keep_note(self, text: str, trust: dict[Digest, bytes]) -> OriginNote:
        """Keep a newer origin note with the trusted roots that it names. Raises: NotTrusted, BadInput."""
        note = self.check_note(text)
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

    def commit(self, entries: list[bytes], note: Note, *, cosigner: SignerKey, time: int) -> Shown:
        """Make verified entries durable, and publish their checkpoint with the mirror's cosignature.

        `show` makes it the one that is served. Raises: StorageFailed, Conflict; the replica is then as before.
        """
        checkpoint = Checkpoint.parse(note.body)
        kept = Note(note.body, note.signatures[:MAX_KEPT_SIGNATURES])
        self._next = text = str(kept.with_signature(cosigner.sign(note.body, time=time)))
        if entries:
            write_durably(self._next_path, text.encode())
            self._advance(entries, Head(checkpoint.size, checkpoint.root))
            self._publish_next(text)
        else:
            write_durably(self.checkpoint_path, text.encode())
        return Shown(text, checkpoint.size)

    def _advance(self, entries: list[bytes], new: Head) -> None:
        old = self.head
        try:
            self.files.grow(old.size, entries)
            self._heads.advance(fence=self._fence, old=old, new=new)
        except HubError:
            held = self._heads.load()
            if held == old:
                self.files.trim(old.size)
            if held != new:
                raise
        self.head = new
        with contextlib.suppress(OSError):  # a narrow tile more does no harm
            self.files.prune(old.size, new.size)

    def _publish_next(self, text: str) -> None:
        """Let the checkpoint's file be `text`, which is durable beside it. That takes no room on the disk."""
        try:
            if self._next_path.exists():
                if self._next_path.read_text() == text:
                    self._next_path.replace(self.checkpoint_path)
                else:
                    self._next_path.unlink()
                sync_folder(self.files.folder)
        except (OSError, UnicodeDecodeError):
            log.exception("the checkpoint of %s could not be renamed; the next pull repeats it", self.origin)

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
