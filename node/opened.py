"""A hub's parts, opened from its folder under the writer's lock: for `serve`, and for commands while nobody serves."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from functools import partial

from ..federation.blobs import BlobStore
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Sequencer
from ..federation.sync.replica import Replica
from ..schemas.entry import Release
from ..schemas.errors import BadInput, Conflict, HubError, NotFound
from ..signing.authority.keys import AuthorityKeys
from ..signing.bundle import SignedManifest, logged_body
from ..signing.origin import OriginNote
from ..signing.rekor_keys import HUB_DOMAIN
from .accounts.people import People
from .accounts.sessions import Sessions
from .accounts.tokens import Tokens
from .accounts.users import Users
from .authority.audit import Audit
from .folder import HubFolder, read_key
from .hub.catalogue import Catalogue, Listing
from .hub.listed import listing_of, relist
from .hub.orders import Orders
from .hub.releases import LogReleases
from .kept_authority import KeptAuthority
from .ledger import Ledger
from .log_keys import LogKeys
from .own_origin import OwnOrigin
from .peering.logins import PeerLogins
from .peering.mirrors import Mirrors
from .peering.releases import enter_release
from .registry.room import Room
from .rekor_log import RekorLog
from .settings import Settings, load_settings
from .storage.catalogue import SqliteCatalogue
from .storage.database import Database
from .storage.heads import SqliteHeads
from .storage.links import BlobLinks
from .storage.manifests import Manifests
from .storage.quotas import Kind, Quota, Quotas

LISTED_AT_ONCE = 256  # releases, in one transaction of the catalogue


def clock() -> int:
    """Unix seconds."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class OpenedHub:
    """Everything that a hub keeps, ready for use by one process."""

    folder: HubFolder
    settings: Settings
    own: OwnOrigin
    log_keys: LogKeys
    database: Database
    store: BlobStore
    ledger: Ledger
    releases: LogReleases
    orders: Orders
    catalogue: Catalogue
    people: People
    tokens: Tokens
    sessions: Sessions
    users: Users
    authority: KeptAuthority | None
    rekor: RekorLog | None
    mirrors: Mirrors
    audit: Audit
    quotas: Quotas
    lock: int

    @classmethod
    def open(cls, folder: HubFolder) -> OpenedHub:
        """Open a hub's folder, replay its log. Blocking. Raises: Conflict when another process has it; HubError."""
        settings = load_settings(folder.settings)
        lock = _lock(folder)
        try:
            return cls._open(folder, settings, lock)
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def _open(cls, folder: HubFolder, settings: Settings, lock: int) -> OpenedHub:
        own = OwnOrigin(folder)
        if own.note.origin != settings.origin:
            raise BadInput(
                f"the origin note is for {own.note.origin}", where="origin", todo="The origin can never change."
            )
        folder.database.parent.mkdir(parents=True, exist_ok=True)
        database, store = Database(folder.database), BlobStore(folder.blobs)
        heads, log_keys = SqliteHeads(database, "origin"), LogKeys(folder)
        signers = log_keys.serving(own.note, max(1, heads.load().size))
        sequencer = Sequencer(
            LogFiles(folder.log), heads, origin=settings.origin, key=signers.log, cosigner=signers.cosigner
        )
        ledger = Ledger.open(sequencer, settings.origin)
        catalogue = SqliteCatalogue(database)
        quotas = Quotas(database, store, _usual(settings))
        people, tokens = People(database, clock), Tokens(database)
        authority = KeptAuthority(folder, own.root_of(HUB_DOMAIN)) if settings.authority else None
        rekor = _rekor(folder, database, authority.keys) if authority else None
        check_own = partial(_check_own, rekor)
        releases = LogReleases(
            origin=settings.origin,
            ledger=ledger,
            store=store,
            domains=lambda: own.domains,
            catalogue=catalogue,
            claim_free=settings.claim_free,
            check_packages=Room(quotas).check_packages,
            check_own=check_own,
        )
        orders = Orders(
            ledger=ledger, store=store, domains=lambda: own.domains, catalogue=catalogue, check_own=check_own
        )
        entering = _Entering(store, database, catalogue)
        opened = cls(
            *(folder, settings, own, log_keys, database, store, ledger, releases, orders, catalogue, people, tokens),
            Sessions(database),
            Users(database, people, tokens, clock),
            authority,
            rekor,
            Mirrors(
                folder.mirrors,
                database,
                store,
                cosigner=read_key(folder.mirror_key),
                clock=clock,
                public_url=settings.public_url,
                arrived=entering,
                withdrawn=entering.withdrawn,
                logins=PeerLogins(folder.peers),
            ),
            Audit(folder.audit),
            quotas,
            lock,
        )
        opened.turn_keys()
        opened.take_in_log()
        opened.mirrors.open()
        return opened

    @property
    def note(self) -> OriginNote:
        """The origin note that is served now."""
        return self.own.note

    def turn_keys(self) -> None:
        """Let the keys sign that the note names for the log's next size; the old ones are destroyed. Blocking."""
        size = self.ledger.size
        if self.note.log_key(size + 1) != self.note.log_key(size):
            signers = self.log_keys.waiting()
            if signers is None:
                raise BadInput("the log's next key is missing", where=str(self.folder.next_log_keys))
            self.ledger.show(self.ledger.hand_over(signers.log, signers.cosigner))
            self.log_keys.serving(self.note, self.ledger.size)

    def close(self) -> None:
        """Give the folder back."""
        self.database.close()
        with contextlib.suppress(OSError):
            os.close(self.lock)

    def take_in_log(self) -> None:
        """Let registry and search know what they have not heard of yet. Blocking."""
        known = self.catalogue.known_size(self.note.origin)
        newer = list[Listing]()
        for index, entry in self.ledger.entries():
            self.releases.saw(entry)
            if isinstance(entry, Release) and index >= known:
                with contextlib.suppress(HubError):  # a taken-down or damaged blob is fsck's to report
                    newer.append(listing_of(self.store, self.note.origin, entry, index, own=True))
            if len(newer) >= LISTED_AT_ONCE:
                self.catalogue.put(newer)
                newer.clear()
        self.catalogue.put(newer)
        relist(self.catalogue, self.store, self.ledger.replay, self.ledger.files, since=known, own=True)


class _Entering:
    """Enters mirrored releases into the registry's tables and the catalogue, each once."""

    def __init__(self, store: BlobStore, database: Database, catalogue: Catalogue) -> None:
        self._store, self._catalogue = store, catalogue
        self._manifests, self._links = Manifests(database), BlobLinks(database, store)

    def __call__(self, origin: str, index: int, release: Release) -> None:
        with contextlib.suppress(NotFound):  # blobs that were taken down stay away
            if self._manifests.get(f"{origin}/{release.package}", release.manifest) is None:
                enter_release(
                    f"{origin}/{release.package}",
                    release,
                    store=self._store,
                    manifests=self._manifests,
                    links=self._links,
                )
            if index >= self._catalogue.known_size(origin):
                self._catalogue.put([listing_of(self._store, origin, release, index, own=False)])

    def withdrawn(self, replica: Replica, since: int) -> None:
        """Let search know what was withdrawn from log index `since` on. Blocking."""
        relist(self._catalogue, self._store, replica.replay, replica.files, since=since, own=False)


def _usual(settings: Settings) -> dict[Kind, Quota]:
    return {
        Kind.NAMESPACE: Quota(settings.namespace_bytes, settings.namespace_packages),
        Kind.PERSON: Quota(settings.person_bytes),
    }


def _lock(folder: HubFolder) -> int:
    folder.lock.parent.mkdir(parents=True, exist_ok=True)
    folder.lock.parent.chmod(0o700)
    lock = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Conflict("another process serves this hub", where=str(folder.root)) from error
    return lock


def _check_own(rekor: RekorLog | None, signed: SignedManifest, bundle: bytes) -> None:
    if rekor is not None and signed.identity.domain == HUB_DOMAIN:
        rekor.require(signed.log_index, logged_body(bundle))


def _rekor(folder: HubFolder, database: Database, keys: AuthorityKeys) -> RekorLog:
    heads = SqliteHeads(database, "rekor")
    log = RekorLog(Sequencer(LogFiles(folder.rekor), heads, origin=keys.log.name, key=keys.log, cosigner=None))
    log.open()
    return log
