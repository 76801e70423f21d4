"""A log as it is served: this hub's own, or a replica of another origin's. Routes know no difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ...federation.index.rules import Replay
from ...federation.log.files import LogFiles
from ...federation.sync.verified_log import Shown
from ...schemas.digest import Digest
from ..ledger import Ledger
from ..own_origin import OwnOrigin


class ServedLog(Protocol):
    """What routes need of a log."""

    @property
    def note_text(self) -> str:
        """The origin note."""

    @property
    def trust(self) -> Mapping[Digest, bytes]:
        """Trusted roots that the origin note names."""

    @property
    def files(self) -> LogFiles:
        """The tiles."""

    @property
    def replay(self) -> Replay:
        """The state that the log adds up to."""

    @property
    def shown(self) -> Shown:
        """The published checkpoint. Raises: HubError."""


@dataclass(frozen=True, slots=True)
class OwnLog:
    """This hub's own log."""

    ledger: Ledger
    own: OwnOrigin

    @property
    def note_text(self) -> str:
        """The origin note that is served now."""
        return self.own.note_text

    @property
    def trust(self) -> Mapping[Digest, bytes]:
        """Trusted roots that it names."""
        return self.own.trust

    @property
    def files(self) -> LogFiles:
        """The tiles."""
        return self.ledger.files

    @property
    def replay(self) -> Replay:
        """The state that the log adds up to."""
        return self.ledger.replay

    @property
    def shown(self) -> Shown:
        """The published checkpoint."""
        return self.ledger.shown
