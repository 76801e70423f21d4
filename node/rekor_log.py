"""The authority's Rekor log over the hub's tiles and sequencer: one durable signed checkpoint for each batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Sequencer
from ..federation.log.tiles import TileName
from ..schemas.errors import BadInput, NotTrusted, Unavailable
from ..signing.authority.log_entry import LoggedEntry
from ..signing.merkle import inclusion_proof, leaf_hash
from ..signing.notes import SignerKey


class RekorLog:
    """The authority's EntryLog. Entries that arrive while a batch is written make up the next one."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._waiting: list[tuple[bytes, asyncio.Future[LoggedEntry]]] = []
        self._writing = asyncio.Lock()
        self.frozen = ""  # why nothing may be written; empty when it may

    def open(self) -> None:
        """Publish the committed checkpoint. Blocking. Raises: StorageFailed."""
        now = int(time.time())
        if self._sequencer.head.size:
            self._sequencer.recover(time=now)
        else:
            self._sequencer.append([], time=now)

    async def use(self, key: SignerKey) -> None:
        """Sign checkpoints with another key from now on, the newest one at once. Raises: StorageFailed, Conflict."""
        async with self._writing:
            await asyncio.to_thread(self._sequencer.use, key, time=int(time.time()))

    async def append(self, entry: bytes) -> LoggedEntry:
        """Append an entry; answered once a durable signed checkpoint covers it.

        Raises: Unavailable while the log is frozen; StorageFailed.
        """
        if self.frozen:
            raise Unavailable(self.frozen, todo="The hub's operator must fetch what is lost: `ebpfhub origin recover`.")
        done: asyncio.Future[LoggedEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        async with self._writing:
            if not done.done():
                await asyncio.shield(self._write())
        return await done

    async def append_lost(self, entries: Callable[[int], list[bytes]]) -> None:
        """Append what `entries` gives for the size of now; it goes on from that. Raises: StorageFailed, Conflict."""
        async with self._writing:
            await asyncio.to_thread(self._append_lost, entries)

    def _append_lost(self, entries: Callable[[int], list[bytes]]) -> None:
        lost = entries(self.size)
        if lost:
            self._sequencer.append(lost, time=int(time.time()))

    async def read(self, path: str) -> bytes | None:
        """Read `checkpoint` or a tile; None if it is not there."""
        if path == "checkpoint":
            return str(self._sequencer.note).encode()
        try:
            return self.files.read(TileName.parse(path), self._sequencer.head.size)
        except BadInput:
            return None

    def require(self, index: int, body: bytes) -> None:
        """Demand that a verified entry stands in this log, and not only in proofs made with its key. Blocking.

        Raises: NotTrusted.
        """
        size = self._sequencer.head.size
        if index >= size or self.files.hashes(size).at(0, index) != leaf_hash(body):
            raise NotTrusted(
                "the signature is not in the log of this hub's authority, though it was made with its keys",
                check="signature",
                todo="Who had the keys? `ebpfhub authority rotate` puts new ones in their place.",
            )

    @property
    def size(self) -> int:
        """Committed entries."""
        return self._sequencer.head.size

    @property
    def files(self) -> LogFiles:
        """The log's tiles."""
        return self._sequencer.files

    async def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            logged = await asyncio.to_thread(self._commit, [entry for entry, _ in batch])
        except Exception as error:
            for _, done in batch:
                if not done.done():  # a client that left has cancelled its own
                    done.set_exception(error)
            return
        for (_, done), entry in zip(batch, logged, strict=True):
            if not done.done():
                done.set_result(entry)

    def _commit(self, entries: list[bytes]) -> list[LoggedEntry]:
        first = self._sequencer.head.size
        head = self._sequencer.append(entries, time=int(time.time()))
        hashes, note = self.files.hashes(head.size), str(self._sequencer.note)
        return [
            LoggedEntry(index, head.size, head.root, inclusion_proof(hashes, index, head.size), note)
            for index in range(first, head.size)
        ]
