"""The public-good Sigstore's root as it was refreshed: one file of the user's, or what the library ships if newer."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from ...federation.files import write_durably
from ...schemas.codec import canonical_json, decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...signing.public_good import PUBLIC, PUBLIC_TUF, public_tuf_root
from ...signing.roots import MAX_ROOT_BYTES, TrustDomain
from ..home import Home

VERSION = 1
MAX_FILE_BYTES = 4 * MAX_ROOT_BYTES
ROOT, CONFIG = "trusted_root.json", "signing_config.v0.2.json"


@dataclass(frozen=True, slots=True)
class PublicRoot:
    """`root`, and `config` or nothing; when it was refreshed, and until when that is good (Unix seconds)."""

    root: bytes
    config: bytes
    refreshed: int
    until: int
    root_version: int
    source: str

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> PublicRoot:
        """Read the kept file. Raises: BadInput."""
        fields = Fields(decode_json(data, limit=MAX_FILE_BYTES, where=where), where)
        fields.integer("v", low=VERSION, high=VERSION)
        return cls(
            _bytes(fields, "root"),
            _bytes(fields, "config"),
            fields.integer("refreshed"),
            fields.integer("until"),
            fields.integer("root_version"),
            fields.text("source", limit=4096),
        )

    def encode(self) -> bytes:
        """The kept file's bytes."""
        return canonical_json(
            {
                "v": VERSION,
                "root": b64encode(self.root).decode(),
                "config": b64encode(self.config).decode(),
                "refreshed": self.refreshed,
                "until": self.until,
                "root_version": self.root_version,
                "source": self.source,
            }
        )


def kept_public(home: Home) -> PublicRoot | None:
    """The refreshed root, unless there is none, or the installed library brings a newer one. Raises: BadInput."""
    path = _path(home)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error
    kept = PublicRoot.parse(data, where=str(path))
    shipped = json.loads(public_tuf_root())["signed"]["version"]
    return kept if kept.root_version >= shipped else None


def refresh_public(home: Home, *, folder: Path | None, now: int, bootstrap: bytes | None = None) -> PublicRoot:
    """Follow the TUF chain from the root that the library ships, and keep what it ends in. Blocking.

    `folder` is a copy of the repository, for sites without a network. Raises: NotTrusted, PeerFailed, NotFound,
    StorageFailed; what was kept is then as before.
    """
    from .tuf_repository import follow

    home.make()
    found = follow(
        bootstrap=bootstrap or public_tuf_root(),
        kept=home.refreshed / "public",
        url=PUBLIC_TUF,
        folder=folder.absolute() if folder else None,
        needed=ROOT,
        wanted=(CONFIG,),
    )
    root, config = found.targets[ROOT], found.targets.get(CONFIG, b"")
    TrustDomain.parse(PUBLIC, root)
    source = str(folder.absolute()) if folder else PUBLIC_TUF
    made = PublicRoot(root, config, now, found.until, found.root_version, source)
    write_durably(_path(home), made.encode(), mode=0o600)
    return made


def _path(home: Home) -> Path:
    return home.refreshed / "public.json"


def _bytes(fields: Fields, name: str) -> bytes:
    try:
        return b64decode(fields.text(name, limit=2 * MAX_ROOT_BYTES), validate=True)
    except ValueError as error:
        raise BadInput("is not base64", where=fields.at(name)) from error
