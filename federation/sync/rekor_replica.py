"""What a mirror keeps of the Rekor log of an origin's authority: it grows by checkpoints of that log's keys.

What the entries say is not judged: a signature is judged with the release that it is for.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Protocol

from ...schemas.errors import HubError, NotTrusted
from ...signing.notes import Checkpoint, Note, SignerKey
from ...signing.rekor_keys import HUB_DOMAIN, RekorKeys, rekor_name
from ...signing.roots import TrustDomain
from ..log.files import LogFiles
from ..log.sequencer import HeadStore
from .replica import Replica
from .verified_log import Shown, VerifiedLog
from .written import written


class RekorSource(Protocol):
    """Where the log is read. Every method raises HubError; nothing is believed."""

    async def rekor_checkpoint(self) -> str:
        """The newest checkpoint."""

    async def rekor_entries(self, bundle: int, width: int) -> list[bytes]:
        """The first `width` entries of an entry bundle."""


class RekorReplica:
    """The Rekor log beside the replica of an origin, whose note and trusted root are as the replica holds them."""

    def __init__(self, replica: Replica, heads: HeadStore) -> None:
        self._replica = replica
        self.log = VerifiedLog(replica.folder / "rekor", heads, name=rekor_name(replica.origin))
        self._keys = RekorKeys(self.log.name)
        self._root = b""  # that the keys are of

    @property
    def files(self) -> LogFiles:
        """The log's tiles."""
        return self.log.files

    @property
    def shown(self) -> Shown:
        """The checkpoint that is served. Raises: NotFound, StorageFailed as VerifiedLog.shown."""
        return self.log.shown

    @property
    def keys(self) -> RekorKeys:
        """The log's keys by the origin note that is held; none when the origin has no authority. Raises: BadInput."""
        note = self._replica.note
        digest = dict(note.domains).get(HUB_DOMAIN) if note else None
        root = self._replica.trust[digest] if digest else b""
        if root != self._root:
            name = self.log.name
            self._keys = RekorKeys.of(TrustDomain.parse(HUB_DOMAIN, root), name) if root else RekorKeys(name)
            self._root = root
        return self._keys

    def open(self) -> None:
        """Read back what was kept and verify it again. Blocking. Raises: HubError."""
        deque(self.log.open(), maxlen=0)
        self.log.open_checkpoint(self._check_kept)

    def _check_kept(self, note: Note, checkpoint: Checkpoint) -> None:
        if checkpoint.origin != self.log.name:
            raise NotTrusted("is not of this log", check="checkpoint", where=self.log.name)
        self.keys.signer(note, time=None)

    async def pull(self, source: RekorSource, *, cosigner: SignerKey, time: int, may_be_older: bool = False) -> int:
        """Verify, keep and show what is new; the number of new entries. `time`: Unix seconds.

        Raises: ForkedError with evidence: the origin must be stopped. Other HubErrors: try again later.
        """
        keys = self.keys
        if not keys.keys:
            return 0
        text = await source.rekor_checkpoint()
        note, checkpoint, key = keys.read(text, time=datetime.fromtimestamp(time, UTC))
        if not self.log.reaches(checkpoint, text, may_be_older=may_be_older):
            return 0
        entries = await self.log.newer(source.rekor_entries, checkpoint.size)
        try:
            self.log.check_grown(entries, expected=checkpoint)
        except NotTrusted as error:
            raise self.log.forked(error.what, text) from error
        # the key's own line first: of strangers' only so many are kept
        signed = Note(note.body, tuple(sorted(note.signatures, key=lambda item: item.key_id != key.id)))
        if entries or not self._is_shown(signed):
            self.log.show(await written(self.log.commit, entries, signed, cosigner=cosigner, time=time))
        return len(entries)

    def _is_shown(self, signed: Note) -> bool:
        """Tell whether an equally long log's first signature is served already."""
        try:
            return signed.signatures[0].line in self.log.shown.text.split("\n")
        except HubError:
            return False  # there is none yet, or somebody has changed its file: it is written anew
