"""The origins that this hub mirrors: their replicas, and the pulls that keep them up to date.

An origin that cannot be verified is stopped: what had been verified is served on, and the reason and the evidence are
kept. One that cannot be reached is behind, and tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...federation.blobs import BlobStore
from ...federation.files import write_durably
from ...federation.sources import HubSource
from ...federation.sync.pull import Pull, Pulled, PullSource, Releases
from ...federation.sync.replica import Replica
from ...federation.sync.verified_log import ForkedError
from ...federation.transport import Transport
from ...schemas.entry import Release
from ...schemas.errors import Conflict, HubError, NotFound, NotTrusted
from ...signing.notes import SignerKey
from ..storage.database import Database
from ..storage.heads import SqliteHeads
from ..storage.origins import OriginRow, Origins, OriginState
from .evidence import Evidence, kept_evidence
from .logins import PeerLogins
from .mirrored import Mirrored, first_line, rekor_head

RETRY_SECONDS = 5.0  # after a failed pull; doubled up to the next
MAX_RETRY_SECONDS = 300.0
MIN_SECONDS = 0.5  # from one pull to the next: an origin whose long-poll does not wait is not asked in a loop
ANNOUNCE_SECONDS = 6 * 3600  # between two announcements to an origin
ANNOUNCE_AGAIN_SECONDS = 300  # after one that it did not take

log = logging.getLogger(__name__)


class Mirrors:
    """All mirrored origins of a hub.

    `arrived` hears (in a thread) of every new release, with its blobs durable; `withdrawn` (likewise) of a replica that
    shows versions withdrawn from a log index on.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        store: BlobStore,
        *,
        cosigner: SignerKey,
        clock: Callable[[], int],
        arrived: Callable[[str, int, Release], None],
        withdrawn: Callable[[Replica, int], None],
        public_url: str,
        logins: PeerLogins,
    ) -> None:
        self._folder = folder
        self._database = database
        self._store = store
        self._cosigner = cosigner
        self._clock = clock
        self._arrived = arrived
        self._withdrawn = withdrawn
        self._public_url = public_url
        self._logins = logins
        self._announce_after: dict[str, int] = {}  # Unix seconds
        self.origins = Origins(database)
        self.known: dict[str, Mirrored] = {}
        self.importing = asyncio.Lock()  # one archive at a time
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._transport: Transport | None = None

    def open(self) -> None:
        """Read back every replica. One that does not verify any more is stopped, the others go on. Blocking."""
        for row in self.origins.all():
            try:
                self._open(row.origin, row.fingerprint)
            except HubError as error:
                self._stop(row.origin, error)

    def find(self, origin: str) -> Mirrored | None:
        """The mirrored origin of that name."""
        return self.known.get(origin)

    def by_hash(self, hexed: str) -> Mirrored:
        """The mirrored origin whose name has this SHA-256. Raises: NotFound."""
        for origin, mirrored in list(self.known.items()):  # an import may add one in its thread
            if hashlib.sha256(origin.encode()).hexdigest() == hexed:
                return mirrored
        raise NotFound("this hub does not mirror that origin", where=hexed[:64])

    def add(self, origin: str, *, url: str, mirror: bool, fingerprint: str) -> None:
        """Pin an origin. Raises: Conflict when it is pinned with another key."""
        row = self.origins.get(origin)
        if row is not None and row.fingerprint != fingerprint:
            raise Conflict(f"{origin} is pinned with another key, {row.fingerprint}")
        self.origins.add(origin, url=url, mirror=mirror, fingerprint=fingerprint, now=self._clock())
        if origin not in self.known:
            self._open(origin, fingerprint)

    async def pull(self, origin: str) -> Pulled:
        """Pull an origin from its address now. Raises: HubError; how it stands is recorded either way."""
        row = self.origins.get(origin)
        if row is None or not row.url:
            raise NotFound(f"{origin} is not pulled from anywhere", where="mirror")
        async with Transport(self._logins.of(origin, row.url)) as transport:
            source = HubSource(transport, row.url, origin, row.mirror)
            pulled = await self._pull_hub(source)
            await self._announce(source)
        if origin in self._wakes:
            self._wakes[origin].set()
        return pulled

    def pull_soon(self, origin: str) -> None:
        """Begin to pull an origin, unless such a pull is on its way. Raises: NotFound; how it ends, its state tells."""
        row = self.origins.get(origin)
        if row is None or not row.url:
            raise NotFound(f"{origin[:253]} is not pulled from anywhere", where="mirror")
        if origin not in self._pulls:
            self._pulls[origin] = asyncio.create_task(self._pull_logged(origin))
            self._pulls[origin].add_done_callback(lambda _done: self._pulls.pop(origin, None))

    async def _pull_logged(self, origin: str) -> None:
        try:
            await self.pull(origin)
        except HubError as error:
            log.warning("mirroring %s: %s", origin, first_line(error))

    async def pull_from(
        self, origin: str, source: PullSource, *, may_be_older: bool = True, dry: bool = False
    ) -> Pulled:
        """Pull an origin from a source. Raises: HubError; how it stands is recorded, except by a dry run."""
        mirrored = self.known.get(origin)
        if mirrored is None:
            raise NotFound(f"{origin} is not mirrored", where="mirror")
        pull = Pull(
            mirrored.replica,
            self._store,
            source,
            cosigner=self._cosigner,
            time=self._clock(),
            may_be_older=may_be_older,
            enter=lambda releases: self._enter(origin, releases),
        )
        try:
            async with mirrored.writing:
                pulled = await pull.run(dry=dry)
        except NotTrusted as error:
            if not dry:
                self._stop(origin, error)
            raise
        except HubError as error:
            if not dry:
                self.origins.tell(origin, OriginState.BEHIND, reason=first_line(error), evidence=None)
            raise
        if not dry:
            self._take_in(origin, mirrored, pulled)
            if pulled.withdrawn_from is not None:
                await asyncio.to_thread(self._relist, mirrored.replica, pulled.withdrawn_from)
        return pulled

    async def _pull_hub(self, source: HubSource) -> Pulled:
        """Pull an origin from a hub, and then its authority's Rekor log. Raises: HubError."""
        pulled = await self.pull_from(source.origin, source, may_be_older=source.mirror)
        try:
            await self.known[source.origin].pull_rekor(source, cosigner=self._cosigner, time=self._clock())
        except ForkedError as error:
            self._stop(source.origin, error)
            raise
        return pulled

    def status(self) -> dict[str, Any]:
        """How every origin stands, as `ebpfhub mirror status --json` shows it."""
        found = [self._status(row) for row in self.origins.all()]
        return {"origins": found, "cosigner": str(self._cosigner.verifier)}

    def evidence(self) -> list[Evidence]:
        """The proofs that are kept against origins which showed two logs. Blocking. Raises: StorageFailed."""
        return kept_evidence(self._folder / "evidence")

    def start(self) -> None:
        """Keep every origin up to date, in the running event loop."""
        for row in self.origins.all():
            self.follow(row.origin)

    def follow(self, origin: str) -> None:
        """Keep one origin up to date. One that comes by archives is not followed."""
        row = self.origins.get(origin)
        if row is None or not row.url or origin in self._tasks:
            return
        self._tasks[origin] = asyncio.create_task(self._follow(origin))

    async def stop(self) -> None:
        """Stop following."""
        tasks = [*self._tasks.values(), *self._pulls.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    async def _follow(self, origin: str) -> None:
        wait = RETRY_SECONDS
        async with Transport(lambda url: self._login(origin, url)) as transport:
            while True:
                try:
                    await self._follow_once(origin, transport)
                    wait = RETRY_SECONDS
                    continue
                except HubError as error:
                    log.warning("mirroring %s: %s", origin, first_line(error))
                except Exception:  # a bug: mirroring goes on, and the next start is not needed for it
                    log.exception("mirroring %s", origin)
                await self._rest(origin, wait)
                wait = min(2 * wait, MAX_RETRY_SECONDS)

    def _login(self, origin: str, url: str) -> str:
        """The token for an origin where it is followed now."""
        row = self.origins.get(origin)
        return self._logins.of(origin, row.url)(url) if row is not None and row.url else ""

    async def _follow_once(self, origin: str, transport: Transport) -> None:
        """Pull, then wait for news. Raises: HubError."""
        row = self.origins.get(origin)
        if row is None or not row.url or row.state in (OriginState.STOPPED, OriginState.PAUSED):
            await self._rest(origin, RETRY_SECONDS)
            return
        source = HubSource(transport, row.url, origin, row.mirror)
        await self._pull_hub(source)
        await self._announce(source)
        await asyncio.sleep(MIN_SECONDS)
        # the answer comes when there is news; what it says is read again by the next pull
        await source.checkpoint(newer=self.known[origin].replica.head.size)

    async def _rest(self, origin: str, seconds: float) -> None:
        """Wait so long, or until a pull by command has succeeded: then the origin answers again."""
        wake = self._wakes.setdefault(origin, asyncio.Event())
        wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()

    async def _announce(self, source: HubSource) -> None:
        """Tell the origin, now and then, that its log is mirrored here. That it does not listen is no failure."""
        now = self._clock()
        if source.mirror or now < self._announce_after.get(source.origin, 0):
            return
        self._announce_after[source.origin] = now + ANNOUNCE_AGAIN_SECONDS
        body = json.dumps({"url": self._public_url}).encode()
        with contextlib.suppress(HubError):
            url = f"{source.url}/api/v1/mirrors"
            answer = await source.transport.send("POST", url, body=body, headers={"Content-Type": "application/json"})
            if answer.status == 201:
                self._announce_after[source.origin] = now + ANNOUNCE_SECONDS

    def _open(self, origin: str, fingerprint: str) -> None:
        folder = self._folder / hashlib.sha256(origin.encode()).hexdigest()
        heads = SqliteHeads(self._database, f"mirror {origin}")
        mirrored = Mirrored(Replica(folder, heads, origin=origin, fingerprint=fingerprint), {}, asyncio.Lock())
        entries = mirrored.replica.open()
        for _, entry in entries:
            mirrored.saw(entry)
        try:
            self._enter(origin, tuple((index, entry) for index, entry in entries if isinstance(entry, Release)))
        except HubError as error:  # a damaged blob is fsck's to report; the others are served
            log.error("%s: %s", origin, first_line(error))
        mirrored.open_rekor(SqliteHeads(self._database, rekor_head(origin)))
        self.known[origin] = mirrored
        self._relist(mirrored.replica, 0)

    def _relist(self, replica: Replica, since: int) -> None:
        try:
            self._withdrawn(replica, since)
        except HubError as error:  # search catches up at the next start
            log.error("%s: %s", replica.origin, first_line(error))

    def _enter(self, origin: str, releases: Releases) -> None:
        """Let registry and search know releases, each of them even if another cannot be. Blocking. Raises: HubError."""
        failed: HubError | None = None
        for index, release in releases:
            try:
                self._arrived(origin, index, release)
            except HubError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _take_in(self, origin: str, mirrored: Mirrored, pulled: Pulled) -> None:
        for _, release in pulled.releases:
            mirrored.saw(release)
        self.origins.tell(origin, OriginState.OK, reason=None, evidence=None, pulled=self._clock())

    def _stop(self, origin: str, error: HubError) -> None:
        evidence = self._keep_evidence(origin, error) if isinstance(error, ForkedError) else None
        log.error("mirroring %s is stopped: %s", origin, first_line(error))
        self.origins.tell(origin, OriginState.STOPPED, reason=first_line(error), evidence=evidence)

    def _keep_evidence(self, origin: str, error: ForkedError) -> str | None:
        document = {"origin": origin, "reason": error.what, "held": error.held, "shown": error.shown}
        data = json.dumps(document, indent=1).encode()
        path = self._folder / "evidence" / f"{origin}-{hashlib.sha256(data).hexdigest()[:16]}.json"
        with contextlib.suppress(HubError):
            write_durably(path, data)
            return str(path)
        return None

    def _status(self, row: OriginRow) -> dict[str, Any]:
        mirrored = self.known.get(row.origin)
        return {
            "origin": row.origin,
            "state": str(row.state),
            "reason": row.reason,
            "size": mirrored.replica.head.size if mirrored else 0,
            "evidence": row.evidence,
            "rekor": mirrored.rekor_status() if mirrored else None,
            "url": row.url or None,
            "fingerprint": row.fingerprint,
            "pulled": row.pulled or None,
        }
