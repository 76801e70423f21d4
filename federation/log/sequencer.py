"""The one writer of a log: appends batches, commits the head, signs checkpoints.

A batch becomes true in this order: tiles are written durably; the new head (size, root) is stored by compare-and-swap
under a fencing number; only then is the checkpoint signed and published. So two writers of one store can
never sign two different logs, and a crash at any point loses nothing that was answered. The folder's lock is held
meanwhile, so that a writer that was overtaken does not touch the tiles of the one that overtook it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...schemas.errors import BadInput, Conflict, HubError, StorageFailed
from ...signing.merkle import EMPTY_ROOT, root
from ...signing.notes import Checkpoint, Note, SignerKey
from ..files import locked, reserved, write_durably
from .files import LogFiles

RESERVED_BYTES = 4096  # more than a checkpoint with our own signatures has


@dataclass(frozen=True, slots=True)
class Head:
    """The committed log: number of entries and root hash."""

    size: int
    root: bytes


NEW_LOG = Head(0, EMPTY_ROOT)


class HeadStore(Protocol):
    """Where the head is committed. Every method is durable when it returns."""

    def load(self) -> Head:
        """The committed head; size 0 for a new log."""

    def acquire(self) -> int:
        """Take the writer's place: a fencing number higher than every earlier one."""

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        """Replace `old` by `new` if both it and the fence still stand. Raises: Conflict."""


class HeadInMemory:
    """A HeadStore for a log that is kept no longer than the process: one that is fetched to be looked at."""

    def __init__(self) -> None:
        self._head = NEW_LOG

    def load(self) -> Head:
        """The head."""
        return self._head

    def acquire(self) -> int:
        """There is one writer."""
        return 1

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        """Replace it."""
        self._head = new


class Sequencer:
    """Owns one log's folder for writing. Blocking: callers run it in a thread."""

    def __init__(
        self, files: LogFiles, heads: HeadStore, *, origin: str, key: SignerKey, cosigner: SignerKey | None
    ) -> None:
        self.files = files
        self._heads = heads
        self._origin = origin
        self._keys = (key,) if cosigner is None else (key, cosigner)
        self._cosigner = cosigner
        self._fence = heads.acquire()
        self.head = heads.load()
        self.note: Note | None = None
        self._unpublished = False

    @property
    def checkpoint_path(self) -> Path:
        """The published checkpoint's file."""
        return self.files.folder / "checkpoint"

    def recover(self, *, time: int) -> None:
        """Check the stored head against the tiles and publish its checkpoint. Raises: StorageFailed, Conflict."""
        with self._writing():
            self._hold()
            self._check_published()
            self.files.trim(self.head.size)
            if root(self.files.hashes(self.head.size), self.head.size) != self.head.root:
                raise StorageFailed("the log's tiles do not match its committed head", where=str(self.files.folder))
            if self.head.size:
                self._publish(time)

    def append(self, entries: list[bytes], *, time: int) -> Head:
        """Append a batch; when it returns, the batch is durable and in a signed checkpoint.

        `time` (Unix seconds) goes into the cosignature. Raises: StorageFailed, Conflict, BadInput; the log is then as
        before. Only a disk that breaks between commit and publication leaves the batch in the log: `head` says so, and
        nothing more is appended before `recover`.
        """
        with self._writing():
            if self._unpublished:
                raise StorageFailed("the newest checkpoint could not be published", todo="Mend the disk; start again.")
            old = self.head
            with reserved(self.checkpoint_path, RESERVED_BYTES):
                self.head = self._commit(entries)
                self._publish(time)
            self.files.prune(old.size, self.head.size)
        return self.head

    def use(self, key: SignerKey, *, time: int) -> None:
        """Sign with another log key from now on, the newest checkpoint at once. Raises: StorageFailed, Conflict."""
        with self._writing():
            self._hold()
            self._keys = (key, *self._keys[1:])
            if self.note is not None:
                self._publish(time)

    def hand_over(self, key: SignerKey, cosigner: SignerKey, entries: list[bytes], *, time: int) -> Head:
        """Append a batch by other keys, which sign from then on; what is published before stays signed by the old.

        Raises: as append; the old keys then go on.
        """
        before = self._keys, self._cosigner
        self._keys, self._cosigner = (key, cosigner), cosigner
        try:
            return self.append(entries, time=time)
        except HubError:
            if not self._unpublished:
                self._keys, self._cosigner = before
            raise

    def cosign_again(self, *, time: int) -> None:
        """Cosign the newest checkpoint again, so that a quiet log is not stale. Raises: StorageFailed, Conflict."""
        if self._cosigner is not None and self.note is not None:
            with self._writing():
                self._hold()
                self._show(self.note.with_signature(self._cosigner.sign(self.note.body, time=time)))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with locked(self.files.folder):
            if self._heads.load() != self.head:
                raise Conflict("another process has written this log", todo="One hub writes a log; stop this one.")
            yield

    def _hold(self) -> None:
        """Make sure that nobody has taken the writer's place. Raises: Conflict."""
        self._heads.advance(fence=self._fence, old=self.head, new=self.head)

    def _check_published(self) -> None:
        """Make sure that the head store is not a restored older one: what was published was committed before."""
        if not self.checkpoint_path.exists():
            return
        try:
            published = Checkpoint.parse(Note.parse(self.checkpoint_path.read_text("utf-8")).body)
        except (BadInput, OSError, UnicodeDecodeError) as error:
            raise StorageFailed("the published checkpoint is unreadable", where=str(self.checkpoint_path)) from error
        if published.size > self.head.size:
            raise StorageFailed(
                f"the log was published with {published.size} entries, but only {self.head.size} are committed",
                where=str(self.checkpoint_path),
                todo="Is the database a restored backup? To go on from here would fork the log.",
            )

    def _commit(self, entries: list[bytes]) -> Head:
        try:
            size = self.files.grow(self.head.size, entries)
            new = Head(size, root(self.files.hashes(size), size))
            self._heads.advance(fence=self._fence, old=self.head, new=new)
        except HubError:
            # tiles that may have been committed after all are left alone
            if self._heads.load() == self.head:
                self.files.trim(self.head.size)
            raise
        return new

    def _publish(self, time: int) -> None:
        self._unpublished = True
        body = Checkpoint(self._origin, self.head.size, self.head.root).body
        self._show(Note.sign(body, *self._keys, time=time))
        self._unpublished = False

    def _show(self, note: Note) -> None:
        write_durably(self.checkpoint_path, str(note).encode())
        self.note = note
