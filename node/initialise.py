"""`ebpfhub init`: a new hub's folder with settings, keys, origin note and an empty log. Refuses a folder in use."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ..federation.files import write_durably
from ..schemas.digest import Digest
from ..schemas.errors import Conflict
from ..schemas.reference import check_origin
from ..signing.notes import COSIGNATURE, SignerKey
from ..signing.origin import LogKey, OriginNote, origin_key_name
from ..signing.rekor_keys import HUB_DOMAIN
from .folder import HubFolder, write_secret
from .opened import OpenedHub
from .settings import Settings, settings_text

_OFFLINE_AUTHORITY_KEYS = ("root.key", "timestamp-root.key")


@dataclass(frozen=True, slots=True)
class NewHub:
    """What `init` tells: `fingerprint` is what clients compare."""

    origin: str
    fingerprint: str
    note: OriginNote


def initialise(folder: HubFolder, settings: Settings) -> NewHub:
    """Make a hub's folder. Raises: Conflict when there is something in it; StorageFailed."""
    check_origin(settings.origin)
    _ = settings.address
    if folder.root.exists() and any(folder.root.iterdir()):
        raise Conflict("the folder is not empty", where=str(folder.root), todo="Name a new folder.")
    folder.root.mkdir(parents=True, exist_ok=True)
    origin_key = SignerKey.generate(origin_key_name(settings.origin))
    log_key = SignerKey.generate(settings.origin)
    cosigner = SignerKey.generate(settings.origin, COSIGNATURE)
    domains = _authority(folder, settings) if settings.authority else ()
    note = OriginNote(
        settings.origin, 1, origin_key.verifier, (LogKey(log_key.verifier),), (cosigner.verifier,), domains
    )
    write_secret(folder.origin_key, origin_key.dump().encode())
    write_secret(folder.log_key, log_key.dump().encode())
    write_secret(folder.cosigner_key, cosigner.dump().encode())
    mirror_key = SignerKey.generate(f"{settings.origin}/mirror", COSIGNATURE)
    write_secret(folder.mirror_key, mirror_key.dump().encode())
    write_durably(folder.origin_note, note.sign(origin_key).encode())
    for part in (folder.log, folder.lock.parent):
        part.mkdir(parents=True, exist_ok=True)
    # settings come last: a folder without them is no hub, so an interrupted init is never served
    write_durably(folder.settings, settings_text(settings).encode())
    OpenedHub.open(folder).close()  # opening starts the log with the empty map
    return NewHub(settings.origin, note.fingerprint, note)


def _authority(folder: HubFolder, settings: Settings) -> tuple[tuple[str, Digest], ...]:
    from ..signing.authority.keys import AuthorityKeys
    from ..signing.authority.trust import trusted_root

    keys = AuthorityKeys.generate(settings.origin, settings.issuer, datetime.fromtimestamp(int(time.time()), UTC))
    for name, data in keys.to_files().items():
        place = folder.origin_key.parent / "authority" if name in _OFFLINE_AUTHORITY_KEYS else folder.authority
        write_secret(place / name, data)
    root = trusted_root(keys)
    digest = Digest.of(root)
    write_durably(folder.trust / f"{digest.hex}.json", root)
    return ((HUB_DOMAIN, digest),)
