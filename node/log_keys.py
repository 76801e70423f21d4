"""The log's and the cosigner's keys on disk, and how new ones take their place: when, the origin note decides.

New keys wait in a folder beside. A note that names them gives the old log key a last size and the new one the next, so
the log is first filled up to that size. A crash at any moment is mended by the next start: what serves follows from the
note and the log's size alone.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from ..federation.files import sync_folder
from ..schemas.errors import BadInput, StorageFailed
from ..signing.notes import COSIGNATURE, SignerKey
from ..signing.origin import OriginNote
from .folder import HubFolder, read_key, write_secret


@dataclass(frozen=True, slots=True)
class LogSigners:
    """What signs checkpoints, and what cosigns them with the time."""

    log: SignerKey
    cosigner: SignerKey


class LogKeys:
    """The keys in a hub's folder. Blocking. Raises (all methods): BadInput, StorageFailed."""

    def __init__(self, folder: HubFolder) -> None:
        self._folder = folder
        self._next = folder.next_log_keys

    def prepare(self, origin: str) -> LogSigners:
        """Make keys that wait for a note; those that waited before are forgotten."""
        made = LogSigners(SignerKey.generate(origin), SignerKey.generate(origin, COSIGNATURE))
        new = self._next.with_name(f"{self._next.name}.new")
        try:
            shutil.rmtree(new, ignore_errors=True)
            write_secret(new / "log.key", made.log.dump().encode())
            write_secret(new / "cosigner.key", made.cosigner.dump().encode())
            shutil.rmtree(self._next, ignore_errors=True)
            new.rename(self._next)
            sync_folder(self._next.parent)
        except OSError as error:
            raise StorageFailed(f"cannot keep the new keys: {error.strerror}", where=str(self._next)) from error
        return made

    def waiting(self) -> LogSigners | None:
        """The keys that wait for a note, or for the log to reach their size."""
        if not self._next.is_dir():
            return None
        return LogSigners(read_key(self._next / "log.key"), read_key(self._next / "cosigner.key"))

    def serving(self, note: OriginNote, size: int) -> LogSigners:
        """The keys for checkpoints of `size` entries, by the note. Those that were overtaken are destroyed."""
        wanted, waiting = note.log_key(size), self.waiting()
        if waiting is not None and waiting.log.verifier == wanted:
            self._settle()
            return waiting
        held = LogSigners(read_key(self._folder.log_key), read_key(self._folder.cosigner_key))
        if held.log.verifier != wanted:
            raise BadInput(
                f"this is not the log key that the origin note names for {size} entries",
                where=str(self._folder.log_key),
            )
        return held

    def _settle(self) -> None:
        """Put the waiting keys in the place of the old ones. Repeated by the next start if it is cut short."""
        try:
            for name, place in (("cosigner.key", self._folder.cosigner_key), ("log.key", self._folder.log_key)):
                write_secret(place, (self._next / name).read_bytes())
            shutil.rmtree(self._next)
            sync_folder(self._next.parent)
        except OSError as error:
            raise StorageFailed(f"cannot change the keys: {error.strerror}", where=str(self._next)) from error
