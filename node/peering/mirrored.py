"""One mirrored origin in a running hub: its replica, its authority's Rekor log, what is released in it.

The Rekor log comes after the hub's own and never holds that up: what cannot be had of it is told, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from ...federation.log.sequencer import HeadStore
from ...federation.sources import HubSource
from ...federation.sync.rekor_replica import RekorReplica
from ...federation.sync.replica import Replica
from ...federation.sync.verified_log import ForkedError
from ...schemas.digest import Digest
from ...schemas.entry import Entry, Release
from ...schemas.errors import HubError, StorageFailed
from ...signing.notes import SignerKey

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Mirrored:
    """One mirrored origin: its replica, what is released in it, and the lock of its one writer.

    Without a `rekor`, what lies there is damaged. `rekor_reason`: why the last pull brought nothing of it.
    """

    replica: Replica
    releases: dict[tuple[str, str], set[Digest]]
    writing: asyncio.Lock
    rekor: RekorReplica | None = None
    rekor_reason: str | None = None

    def saw(self, entry: Entry) -> None:
        """Take note of a verified entry."""
        if isinstance(entry, Release):
            known = self.releases.setdefault((entry.namespace, entry.name), set())
            known |= {entry.manifest, *entry.referrers}

    @property
    def kept_rekor(self) -> RekorReplica:
        """The Rekor log. Raises: StorageFailed when what was kept does not verify any more."""
        if self.rekor is None:
            raise StorageFailed("the mirrored Rekor log is damaged", where=self.replica.origin)
        return self.rekor

    def open_rekor(self, heads: HeadStore) -> None:
        """Read the Rekor log back; one that does not verify any more is not served. Blocking."""
        rekor = RekorReplica(self.replica, heads)
        try:
            rekor.open()
            self.rekor = rekor
        except HubError as error:
            self._tell_rekor(error)

    async def pull_rekor(self, source: HubSource, *, cosigner: SignerKey, time: int) -> None:
        """Pull the Rekor log. That it cannot be had is told, and no failure. Raises: ForkedError."""
        try:
            async with self.writing:
                rekor = self.kept_rekor
                await rekor.pull(source, cosigner=cosigner, time=time, may_be_older=source.mirror)
            self.rekor_reason = None
        except ForkedError:
            raise
        except HubError as error:
            self._tell_rekor(error)

    def rekor_status(self) -> dict[str, Any] | None:
        """How the Rekor log stands: its size, and what is wrong with it; None when the origin has no authority."""
        size = self.rekor.log.head.size if self.rekor else 0
        told = {"size": size, "reason": self.rekor_reason}
        try:
            return told if size or self.rekor_reason or self.kept_rekor.keys.keys else None
        except HubError as error:
            return told | {"reason": first_line(error)}

    def _tell_rekor(self, error: HubError) -> None:
        reason = first_line(error)
        if reason != self.rekor_reason:
            log.warning("the Rekor log of %s: %s", self.replica.origin, reason)
        self.rekor_reason = reason


def rekor_head(origin: str) -> str:
    """What the head of an origin's mirrored Rekor log is called among the heads."""
    return f"mirror {origin} rekor"


def first_line(error: HubError) -> str:
    """What is wrong, in one line."""
    return str(error).split("\n", maxsplit=1)[0]
