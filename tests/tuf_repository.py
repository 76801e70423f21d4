"""A TUF repository in a folder, with keys of its own: what a Sigstore's operators publish, and what attackers make of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)  # fmt: skip

NOW = datetime.now(UTC).replace(microsecond=0)
ROLES = ("root", "targets", "snapshot", "timestamp")


def new_keys() -> list[CryptoSigner]:
    """Three keys that sign roots."""
    return [CryptoSigner.generate_ed25519() for _ in range(3)]


@dataclass
class TufRepository:
    """Signs what it is told. `root_keys` sign the root, two of them; each other role has one key."""

    folder: Path
    root_keys: list[CryptoSigner] = field(default_factory=new_keys)
    keys: dict[str, CryptoSigner] = field(
        default_factory=lambda: {role: CryptoSigner.generate_ed25519() for role in ROLES[1:]}
    )
    version: int = 0
    roots: int = 0

    def first_root(self) -> bytes:
        """Make version 1 of the root."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.rotate(self.root_keys)

    def rotate(self, root_keys: list[CryptoSigner], *, life: timedelta = timedelta(days=100)) -> bytes:
        """Make the next root, signed by the old and the new keys; its bytes."""
        self.roots += 1
        root = Root(version=self.roots, expires=NOW + life, consistent_snapshot=True)
        for key in root_keys:
            root.add_key(key.public_key, "root")
        root.roles["root"].threshold = 2
        for role, key in self.keys.items():
            root.add_key(key.public_key, role)
        signers = list({id(key): key for key in (*self.root_keys, *root_keys)}.values())
        self.root_keys = root_keys
        data = _signed(Metadata(root), signers)
        (self.folder / f"{self.roots}.root.json").write_bytes(data)
        return data

    def publish(
        self, files: dict[str, bytes], *, life: timedelta = timedelta(days=7), targets: str = "targets"
    ) -> None:
        """Make the next version of everything but the root; `life` is that of the timestamp."""
        self.version += 1
        far = NOW + timedelta(days=365)
        folder = self.folder / targets
        folder.mkdir(exist_ok=True)
        listed = {name: TargetFile.from_data(name, data) for name, data in files.items()}
        for name, data in files.items():
            (folder / f"{hashlib.sha256(data).hexdigest()}.{name}").write_bytes(data)
        self._write("targets", Metadata(Targets(version=self.version, expires=far, targets=listed)))
        snapshot = Snapshot(version=self.version, expires=far, meta={"targets.json": MetaFile(self.version)})
        self._write("snapshot", Metadata(snapshot))
        timestamp = Timestamp(version=self.version, expires=NOW + life, snapshot_meta=MetaFile(self.version))
        (self.folder / "timestamp.json").write_bytes(_signed(Metadata(timestamp), [self.keys["timestamp"]]))

    def copied(self, place: Path) -> Path:
        """A copy of the folder as it is now."""
        return Path(shutil.copytree(self.folder, place))

    def _write(self, role: str, metadata: Metadata[Targets] | Metadata[Snapshot]) -> None:
        (self.folder / f"{self.version}.{role}.json").write_bytes(_signed(metadata, [self.keys[role]]))


def changed(path: Path) -> None:
    """Change what a metadata file says, and leave its signatures."""
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2999-01-01T00:00:00Z"
    path.write_text(json.dumps(document))


def _signed(
    metadata: Metadata[Root] | Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp], signers: list[CryptoSigner]
) -> bytes:
    for signer in signers:
        metadata.sign(signer, append=True)
    return bytes(metadata.to_bytes())
