"""Links of blobs that several clients push at once, written together: the disk is waited for once for all of them.

What has come when the event loop turns is one transaction. How a link is written is storage/links.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..storage.links import BlobLinks, Link, removed

_Waiting = tuple[Link, asyncio.Future[None]]


class LinkBatches:
    """Adds links for the tasks of one event loop."""

    def __init__(self, links: BlobLinks) -> None:
        self._links = links
        self._waiting: list[_Waiting] = []

    async def add(self, link: Link) -> None:
        """Link a stored blob, and close the upload that brought it. Durable when it returns. Raises: StorageFailed."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._write)
        done = loop.create_future()
        self._waiting.append((link, done))
        await done

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            absent = self._links.add_all([link for link, _ in waiting])
        except Exception as error:  # whoever waits must hear of it
            _answer(waiting, [error] * len(waiting))
            return
        _answer(waiting, [removed() if link in absent else None for link, _ in waiting])


def _answer(waiting: Sequence[_Waiting], errors: Sequence[Exception | None]) -> None:
    for (_, done), error in zip(waiting, errors, strict=True):
        if done.done():  # its client has gone
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
