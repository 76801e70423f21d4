"""How often this hub sent packages: counted in memory, added to the catalogue now and then. Who asked is not looked at.

One download is one package manifest that was sent whole. A crash loses the counts of the last seconds, nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from ...schemas.errors import HubError
from .catalogue import Catalogue, PackageKey

FLUSH_SECONDS = 20.0  # between two writes
MAX_PACKAGES = 10_000  # counted between two writes; more are not

_LOG = logging.getLogger(__name__)


class Downloads:
    """Counts for one catalogue; one event loop."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._counts: Counter[PackageKey] = Counter()

    def count(self, key: PackageKey) -> None:
        """Count one download."""
        if key in self._counts or len(self._counts) < MAX_PACKAGES:
            self._counts[key] += 1

    async def flush(self) -> None:
        """Add what was counted to the catalogue; what cannot be written now is kept for the next time."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await asyncio.to_thread(self._catalogue.add_downloads, counts)
        except HubError:
            _LOG.exception("downloads could not be written; they will be tried again")
            self._counts.update(counts)

    async def keep(self) -> None:
        """Write for ever; a task of the application, which flushes once more at its end."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
