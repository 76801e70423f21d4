"""What a mirror keeps of one origin: its log, the state that the log adds up to, its keys. Only verified things get in.

The log itself, its durability and what is served of it stand in verified_log.py.
"""

from __future__ import annotations

from pathlib import Path

from ...schemas.digest import Digest
from ...schemas.entry import Entry
from ...schemas.errors import NotTrusted, StorageFailed
from ...signing.notes import Checkpoint, Note, SignerKey
from ...signing.origin import OriginNote, verify_origin_note
from ..files import write_durably
from ..index.rules import Fork, Replay
from ..log.files import LogFiles
from ..log.sequencer import Head, HeadStore
from .verified_log import Shown, VerifiedLog


class Replica:
    """One origin's replica in `folder`. Blocking; one writer."""

    def __init__(self, folder: Path, heads: HeadStore, *, origin: str, fingerprint: str) -> None:
        self.folder = folder
        self.origin = origin
        self.fingerprint = fingerprint
        self.log = VerifiedLog(folder / "log", heads, name=origin)
        self.replay = Replay(origin)
        self.note: OriginNote | None = None
        self.note_text = ""
        self.trust: dict[Digest, bytes] = {}

    @property
    def files(self) -> LogFiles:
        """The log's tiles."""
        return self.log.files

    @property
    def head(self) -> Head:
        """The log's committed head."""
        return self.log.head

    @property
    def shown(self) -> Shown:
        """The checkpoint that is served. Raises: NotFound before the first pull; StorageFailed for a changed file."""
        return self.log.shown

    def open(self) -> list[tuple[int, Entry]]:
        """Read back what was kept and verify it again; returns the entries. Raises: HubError."""
        self._open_note()
        found: list[tuple[int, Entry]] = []
        for data in self.log.open():
            index = self.replay.size
            entry = self.replay.read(data)
            if entry is not None:
                found.append((index, entry))
        if self.note is not None:
            self.log.open_checkpoint(self._check_kept)
        return found

    def _check_kept(self, note: Note, checkpoint: Checkpoint) -> None:
        """Check that the kept checkpoint is signed by the log's key and well cosigned. Raises: NotTrusted."""
        if self.note is not None:
            note.verify(self.note.log_key(checkpoint.size))
            for key in self.note.cosigners:
                note.cosigned_at(key)

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
        self.log.check_grown(entries, expected=expected)
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
        return self.log.commit(entries, note, cosigner=cosigner, time=time)

    def show(self, shown: Shown, fork: Fork | None) -> None:
        """Serve a published checkpoint, and the state that its new entries made. In the readers' thread."""
        if fork is not None:
            self.replay.adopt(fork)
        self.log.show(shown)
