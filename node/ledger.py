"""The hub's log as a service: entries are proposed, checked by the rules, batched, and answered when they are durable.

One task writes. While a batch is being written, the next proposals gather: so batches grow with load and no timer is
needed. Every batch ends with the map's `index` entry; checkpoints exist at those sizes only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..federation.index.rules import Fork, Replay
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Sequencer
from ..federation.log.tiles import TILE_WIDTH
from ..federation.sync.verified_log import Shown
from ..schemas.entry import Entry, encode_entry, parse_entry
from ..schemas.errors import BadInput, HubError, Unavailable, Unsupported
from ..signing.notes import SignerKey

COSIGN_SECONDS = 600  # a quiet log is cosigned again this often
MAX_BATCH = 512  # entries
MAX_WAITING = 4096  # proposals

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Proposal:
    make: Callable[[int], Entry]
    done: asyncio.Future[int]


class Ledger:
    """The log, the state that it adds up to, and the one task that writes it."""

    def __init__(self, sequencer: Sequencer, replay: Replay) -> None:
        self.sequencer = sequencer
        self.replay = replay
        self.checkpoint = ""  # the published one; always the one of replay.size
        self._writing = asyncio.Lock()
        self.frozen = ""  # why nothing may be written; empty when it may
        self._queue: asyncio.Queue[_Proposal] = asyncio.Queue(MAX_WAITING)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def open(cls, sequencer: Sequencer, origin: str) -> Ledger:
        """Replay the committed log, and start a new one with the empty map's `index` entry. Blocking."""
        replay = Replay(origin)
        size = sequencer.head.size
        for index in range(-(-size // TILE_WIDTH)):
            for data in sequencer.files.entries(index, size):
                replay.read(data)
        sequencer.recover(time=int(time.time()))
        ledger = cls(sequencer, replay)
        if size == 0:
            ledger.write_now([])
        ledger.checkpoint = str(sequencer.note)
        return ledger

    @property
    def files(self) -> LogFiles:
        """The log's tiles."""
        return self.sequencer.files

    @property
    def size(self) -> int:
        """Entries in the published checkpoint."""
        return self.replay.size

    @property
    def shown(self) -> Shown:
        """The published checkpoint, with its size."""
        return Shown(self.checkpoint, self.size)

    def entries(self, since: int = 0) -> Iterator[tuple[int, Entry]]:
        """Every published entry from `since` on that can be read, with its index."""
        for bundle in range(since // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            for place, data in enumerate(self.files.entries(bundle, self.size)):
                index = bundle * TILE_WIDTH + place
                with contextlib.suppress(BadInput, Unsupported):
                    if index >= since:
                        yield index, parse_entry(data)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Write nothing while the context lasts; what is proposed meanwhile waits."""
        async with self._writing:
            yield

    def start(self) -> None:
        """Start writing, in the running event loop."""
        self._tasks = [asyncio.create_task(self._write_batches()), asyncio.create_task(self._cosign())]

    async def stop(self) -> None:
        """Finish the batch that is being written, and stop."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def submit(self, make: Callable[[int], Entry]) -> int:
        """Log what `make(time)` returns; answers its index when it is in a durable signed checkpoint.

        Raises: HubError as the rules say; Unavailable while the log is frozen; StorageFailed.
        """
        if self.frozen:
            raise Unavailable(self.frozen, todo="The hub's operator must fetch what is lost: `ebpfhub origin recover`.")
        proposal = _Proposal(make, asyncio.get_running_loop().create_future())
        await self._queue.put(proposal)
        return await proposal.done

    def write_now(self, makers: list[Callable[[int], Entry]]) -> list[int | HubError]:
        """Write one batch without a running loop . Blocking. Raises: StorageFailed, Conflict."""
        results, fork = self._commit(makers)
        self.show(fork)
        return results

    def write_roots(self, count: int) -> Fork:
        """Write so many map roots and nothing else. Blocking; while paused, and `show` comes after. Raises: as _commit.

        They say what was said before: the log grows to the size at which another key signs.
        """
        now, fork = self._now(), self.replay.fork()
        self.sequencer.append(_roots(fork, count, now), time=now)
        return fork

    def hand_over(self, key: SignerKey, cosigner: SignerKey) -> Fork:
        """Write a map root by other keys, which sign from then on. As write_roots."""
        now, fork = self._now(), self.replay.fork()
        self.sequencer.hand_over(key, cosigner, _roots(fork, 1, now), time=now)
        return fork

    def _now(self) -> int:
        return max(int(time.time()), self.replay.time)

    def _commit(self, makers: list[Callable[[int], Entry]]) -> tuple[list[int | HubError], Fork]:
        """Write a batch and its `index` entry; for each maker its entry's index, or why it was refused.

        The state that readers see is not touched. Raises: StorageFailed, Conflict; the log is then as before.
        """
        now = self._now()
        fork, results = self.replay.fork(), list[int | HubError]()
        entries: list[bytes] = []
        for make in makers:
            try:
                entry = make(now)
                fork.check(entry)
                data = encode_entry(entry)
            except HubError as error:
                results.append(error)
                continue
            results.append(fork.size)
            entries.append(data)
            fork.apply(entry)
        if entries or not fork.size:
            last = fork.next_index(now)
            fork.apply(last)
            self.sequencer.append([*entries, encode_entry(last)], time=now)
        return results, fork

    def show(self, fork: Fork) -> None:
        """Let readers see what was written; in their thread."""
        if fork.size > self.replay.size:
            self.replay.adopt(fork)
        self.checkpoint = str(self.sequencer.note)

    async def _write_batches(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            # a batch that has begun is finished and answered even while the hub stops
            writing = asyncio.ensure_future(self._write_batch(batch))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing
                raise

    async def _write_batch(self, batch: list[_Proposal]) -> None:
        try:
            async with self._writing:
                results, fork = await asyncio.to_thread(self._commit, [item.make for item in batch])
                self.show(fork)
        except HubError as error:
            log.error("the log could not be written: %s", error)
            results = [error] * len(batch)
        _answer(batch, results)

    async def _cosign(self) -> None:
        while True:
            await asyncio.sleep(COSIGN_SECONDS)
            if self.frozen:
                continue  # a checkpoint that is behind must not be made to look fresh
            try:
                async with self._writing:
                    await asyncio.to_thread(self.sequencer.cosign_again, time=int(time.time()))
                    self.checkpoint = str(self.sequencer.note)
            except HubError as error:
                log.error("the checkpoint could not be cosigned again: %s", error)


def _roots(fork: Fork, count: int, now: int) -> list[bytes]:
    made = []
    for _ in range(count):
        root = fork.next_index(now)
        fork.apply(root)
        made.append(encode_entry(root))
    return made


def _answer(batch: list[_Proposal], results: list[int | HubError]) -> None:
    for proposal, result in zip(batch, results, strict=True):
        if proposal.done.done():
            continue
        if isinstance(result, HubError):
            proposal.done.set_exception(result)
        else:
            proposal.done.set_result(result)
