"""Checking the mirrored Rekor log of an origin's authority: its entries, and the served checkpoint. Reads only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Head
from ..federation.sync.verified_log import kept_entries
from ..schemas.errors import HubError, NotTrusted
from ..signing.merkle import root
from ..signing.notes import VerifierKey
from ..signing.origin import OriginNote
from ..signing.rekor_keys import HUB_DOMAIN, RekorKeys, rekor_name
from ..signing.roots import TrustDomain
from .fsck_log import Finding


@dataclass(frozen=True, slots=True)
class KeptRekor:
    """One such log in the folder; `checkpoint` was read before `head`, as in fsck_log.py."""

    note: OriginNote
    files: LogFiles
    checkpoint: str
    head: Head
    trust: Path
    cosigner: VerifierKey

    def check(self) -> Iterator[Finding]:
        """Check all of it: what is wrong."""
        for name, check in (("log", self._check_entries), ("checkpoint", self._check_checkpoint)):
            try:
                check()
            except (HubError, OSError) as error:
                yield Finding(f"{self.note.origin} Rekor {name}", str(error))

    def _check_entries(self) -> None:
        deque(kept_entries(self.files, self.head), maxlen=0)

    def _check_checkpoint(self) -> None:
        """Check the checkpoint: the signature of some key of the log, the mirror's, size and root. Raises: HubError."""
        digest = dict(self.note.domains).get(HUB_DOMAIN)
        if digest is None:
            raise NotTrusted("the origin note names no authority")
        domain = TrustDomain.parse(HUB_DOMAIN, (self.trust / f"{digest.hex}.json").read_bytes())
        keys = RekorKeys.of(domain, rekor_name(self.note.origin))
        note, checkpoint, _ = keys.read(self.checkpoint, time=None)
        if checkpoint.size > self.head.size:
            raise NotTrusted("is not of this log")
        if root(self.files.hashes(self.head.size), checkpoint.size) != checkpoint.root:
            raise NotTrusted("is not of this log")
        if note.cosigned_at(self.cosigner) is None:
            raise NotTrusted("this mirror has not cosigned it")
