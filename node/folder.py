"""The layout of a hub's folder: where each thing lies, and who may read it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..federation.files import write_durably
from ..schemas.errors import BadInput
from ..signing.notes import SignerKey


@dataclass(frozen=True, slots=True)
class HubFolder:
    """Paths below one hub's folder."""

    root: Path

    @property
    def settings(self) -> Path:
        """Commented settings."""
        return self.root / "hub.toml"

    @property
    def origin_key(self) -> Path:
        """The offline key: `serve` never opens it; move it off the machine."""
        return self.root / "offline" / "origin.key"

    @property
    def origin_note(self) -> Path:
        """The signed origin note that is served."""
        return self.root / "origin.note"

    @property
    def log_key(self) -> Path:
        """Signs checkpoints."""
        return self.root / "keys" / "log.key"

    @property
    def cosigner_key(self) -> Path:
        """Cosigns checkpoints with the time."""
        return self.root / "keys" / "cosigner.key"

    @property
    def next_log_keys(self) -> Path:
        """Keys of the log and cosigner that wait for the origin note that names them."""
        return self.root / "keys" / "log.next"

    @property
    def mirror_key(self) -> Path:
        """Cosigns what this hub mirrors of other origins."""
        return self.root / "keys" / "mirror.key"

    @property
    def peers(self) -> Path:
        """Tokens for hubs that are closed, one file an origin."""
        return self.root / "keys" / "peers"

    @property
    def mirrors(self) -> Path:
        """Replicas of other origins, and evidence against them."""
        return self.root / "data" / "mirrors"

    @property
    def authority(self) -> Path:
        """Keys and certificates of the embedded Sigstore."""
        return self.root / "keys" / "authority"

    @property
    def next_authority(self) -> Path:
        """Keys of a rotation that waits for the origin note that names them."""
        return self.root / "keys" / "authority.next"

    @property
    def audit(self) -> Path:
        """What the authority gave out and refused."""
        return self.root / "data" / "audit"

    @property
    def trust(self) -> Path:
        """Trusted roots that the origin note names, one file a digest."""
        return self.root / "trust"

    @property
    def database(self) -> Path:
        """SQLite: accounts, tokens, heads of the logs, staged manifests, plain repositories."""
        return self.root / "data" / "hub.sqlite3"

    @property
    def blobs(self) -> Path:
        """One file a blob, named by its hex digest."""
        return self.root / "data" / "blobs"

    @property
    def log(self) -> Path:
        """Tiles and checkpoint of the hub's log."""
        return self.root / "data" / "log"

    @property
    def rekor(self) -> Path:
        """Tiles and checkpoint of the authority's Rekor log."""
        return self.root / "data" / "rekor"

    @property
    def lock(self) -> Path:
        """Held by the one process that writes the logs."""
        return self.root / "run" / "lock"

    @property
    def control(self) -> Path:
        """The serving hub's control socket."""
        return self.root / "run" / "control.sock"


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, in a folder that only its owner enters."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    write_durably(path, data, mode=0o600)


def read_secret(path: Path) -> bytes:
    """Read a key file; refuses one that others can read. Raises: BadInput."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the key: {error.strerror}", where=str(path)) from error
    if mode & 0o077 and os.geteuid() == path.stat().st_uid:
        raise BadInput("others can read this key", where=str(path), todo=f"chmod 600 {path}")
    return data


def read_key(path: Path) -> SignerKey:
    """Read a log's or cosigner's key. Raises: BadInput."""
    return SignerKey.parse(read_secret(path).decode("ascii", "replace"), where=str(path))
