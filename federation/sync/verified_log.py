"""A copy of somebody else's log: tiles, committed head, the checkpoint that is served. Not what its entries mean.

The head is committed like that of an own log: tiles first, then compare-and-swap, then the checkpoint's file. A file
that somebody else has changed is not served.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...schemas.errors import BadInput, HubError, NotFound, NotTrusted, StorageFailed
from ...signing.merkle import leaf_hash, node_hash, root
from ...signing.notes import MAX_NOTE_BYTES, Checkpoint, Note, SignerKey
from ..files import sync_folder, write_durably
from ..log.files import LogFiles
from ..log.sequencer import Head, HeadStore
from ..log.tiles import TILE_WIDTH

MAX_NEW_ENTRIES = 1_000_000  # of one pull
MAX_NEW_BYTES = 512 * 1024 * 1024  # of their entries: they are held in memory
MAX_KEPT_SIGNATURES = 32  # of a source's checkpoint, so that mirrors of mirrors do not pile them up

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """The checkpoint that is served: its text and size."""

    text: str
    size: int


class ForkedError(NotTrusted):
    """A log contradicts what is held of it. `held` and `shown` are the two signed checkpoints: evidence to keep."""

    def __init__(self, reason: str, *, held: str, shown: str, where: str) -> None:
        super().__init__(reason, check="consistency", where=where)
        self.held = held
        self.shown = shown


class VerifiedLog:
    """The copy of the log `name` in `folder`. Blocking; one writer. Callers verify signatures of what they hand in."""

    def __init__(self, folder: Path, heads: HeadStore, *, name: str) -> None:
        self.name = name
        self.files = LogFiles(folder)
        self._heads = heads
        self._fence = heads.acquire()
        self.head = heads.load()
        self._shown: Shown | None = None
        self._next = ""  # what is being published
        self._mark = (0, 0, 0)  # of the checkpoint's file as it was read last

    def open(self) -> Iterator[bytes]:
        """Read back what was kept and verify it again: the entries, in order. Raises: HubError."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self.files.trim(self.head.size)
        yield from kept_entries(self.files, self.head)

    def open_checkpoint(self, check: Callable[[Note, Checkpoint], None]) -> None:
        """Serve the checkpoint that lies there, if it is of the held log and `check` does not raise.

        A crash between the head's commit and the checkpoint's publication leaves the new one beside the old.
        """
        for path in (self.checkpoint_path, self._next_path):
            text = self._fitting(path, check)
            if text is not None:
                self._next = text
                self._publish_next(text)
                self._shown = Shown(text, self.head.size)
                return

    def _fitting(self, path: Path, check: Callable[[Note, Checkpoint], None]) -> str | None:
        try:
            text = path.read_bytes()[: MAX_NOTE_BYTES + 1].decode()
            note = Note.parse(text, where=str(path))
            checkpoint = Checkpoint.parse(note.body)
            if (checkpoint.size, checkpoint.root) != (self.head.size, self.head.root):
                return None
            check(note, checkpoint)
        except (OSError, UnicodeDecodeError, BadInput, NotTrusted):
            return None
        return text

    @property
    def shown(self) -> Shown:
        """The checkpoint that is served.

        Raises: NotFound before the first pull; StorageFailed when somebody else has changed its file.
        """
        if self._shown is None and self.head.size:
            raise StorageFailed("the mirrored checkpoint is not the one that was verified", where=self.name)
        if self._shown is None:
            raise NotFound("nothing of this origin was verified yet", where=self.name)
        try:
            status = self.checkpoint_path.stat()
            mark = (status.st_mtime_ns, status.st_size, status.st_ino)
            if mark != self._mark:
                if self.checkpoint_path.read_text() not in (self._shown.text, self._next):
                    raise StorageFailed("the mirrored checkpoint is not the one that was verified", where=self.name)
                self._mark = mark
        except (OSError, UnicodeDecodeError) as error:
            raise StorageFailed("the mirrored checkpoint cannot be read", where=self.name) from error
        return self._shown

    @property
    def checkpoint_path(self) -> Path:
        """The file of the checkpoint that is served."""
        return self.files.folder / "checkpoint"

    @property
    def _next_path(self) -> Path:
        """The file of a checkpoint whose log is being committed."""
        return self.files.folder / "checkpoint.next"

    def reaches(self, checkpoint: Checkpoint, text: str, *, may_be_older: bool) -> bool:
        """Tell whether a signed checkpoint (and its note's `text`) is of as many entries as are held, or of more.

        An older one of a mirror or an archive brings nothing; the origin itself never goes back. Raises: ForkedError.
        """
        held = self.head
        if checkpoint.size < held.size:
            if root(self.files.hashes(held.size), checkpoint.size) != checkpoint.root:
                raise self.forked("the log was shown shorter and different", text)
            if not may_be_older:
                raise self.forked(f"the origin shows {checkpoint.size} entries, but it signed {held.size} before", text)
            return False
        if checkpoint.size == held.size and checkpoint.root != held.root:
            raise self.forked("two different logs of the same size", text)
        return True

    async def newer(
        self,
        read: Callable[[int, int], Awaitable[list[bytes]]],
        size: int,
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> list[bytes]:
        """Read the entries up to `size` that are not held, by bundles (index, width). Raises: HubError."""
        old = self.head.size
        if size - old > MAX_NEW_ENTRIES:
            raise BadInput(f"{size - old} new entries are more than the {MAX_NEW_ENTRIES} of one pull")
        entries, total = list[bytes](), 0
        for bundle in range(old // TILE_WIDTH, -(-size // TILE_WIDTH)) if size > old else ():
            width = min(TILE_WIDTH, size - bundle * TILE_WIDTH)
            fetched = (await read(bundle, width))[max(0, old - bundle * TILE_WIDTH) :]
            total += sum(len(data) for data in fetched)
            if total > MAX_NEW_BYTES:
                raise BadInput(f"the new entries have more than the {MAX_NEW_BYTES} bytes of one pull")
            entries += fetched
            progress(f"entries {old + len(entries)}/{size}")
        return entries

    def check_grown(self, entries: list[bytes], *, expected: Checkpoint) -> None:
        """Check that what is held and new entries make the expected log. Raises: NotTrusted."""
        hashes = _Grown(self.files, self.head.size, [leaf_hash(data) for data in entries])
        if root(hashes, expected.size) != expected.root:
            raise NotTrusted(
                f"the entries do not add up to the checkpoint of {expected.size} entries",
                check="consistency",
                where=self.name,
            )

    def forked(self, reason: str, shown: str) -> ForkedError:
        """The error that keeps what is served, and what was `shown`, as evidence."""
        held = ""
        with contextlib.suppress(HubError):
            held = self.shown.text
        return ForkedError(reason, held=held, shown=shown, where=self.name)

    def commit(self, entries: list[bytes], note: Note, *, cosigner: SignerKey, time: int) -> Shown:
        """Make verified entries durable, and publish their checkpoint with the mirror's cosignature.

        `show` makes it the one that is served. Raises: StorageFailed, Conflict; the copy is then as before.
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
            log.exception("the checkpoint of %s could not be renamed; the next pull repeats it", self.name)

    def show(self, shown: Shown) -> None:
        """Serve a published checkpoint. In the readers' thread."""
        self._shown = shown


def kept_entries(files: LogFiles, head: Head) -> Iterator[bytes]:
    """The entries of a committed log, in order, each verified. Raises: StorageFailed."""
    hashes, index = files.hashes(head.size), 0
    if root(hashes, head.size) != head.root:
        raise StorageFailed("the mirrored log does not match its committed head", where=str(files.folder))
    for bundle in range(-(-head.size // TILE_WIDTH)):
        for data in files.entries(bundle, head.size):
            if leaf_hash(data) != hashes.at(0, index):
                raise StorageFailed(f"entry {index} is not the one that was mirrored", where=str(files.folder))
            yield data
            index += 1


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
