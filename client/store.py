"""Installed packages on this machine: the package file, and beside it what a run needs, unpacked. With their receipts.

On the run path of `ecli`: imports stay few.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..federation.files import remove_durably, write_durably
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotFound
from ..schemas.package import MAX_CONFIG_BYTES, MAX_TYPES_BYTES
from ..schemas.reference import Reference
from ..signing.receipts import MAX_RECEIPT_BYTES, RECEIPT_VERSION, Receipt, check_owner
from ..signing.verified import VerifiedPackage
from .architecture import own_architecture
from .home import Home

MAX_PART_BYTES = MAX_TYPES_BYTES  # the largest of them
_FILES = {"object": "program.o", "wasm": "module.wasm", "types": "types.tar"}


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed package: its receipt, the folder with package.bpf, config.json and the parts that run.

    `path` is the receipt's file.
    """

    receipt: Receipt
    folder: Path
    path: Path

    def redeem(self) -> VerifiedPackage:
        """The verified package; its bytes are hashed again. Raises: NotTrusted, NotFound."""
        config = _read(self.folder / "config.json", MAX_CONFIG_BYTES)
        parts = {name: _read(self.folder / _FILES[name], MAX_PART_BYTES) for name, _ in self.receipt.parts}
        return self.receipt.redeem(config=config, parts=parts)

    @property
    def package_file(self) -> bytes:
        """The package file, with its proofs. Raises: NotFound."""
        return _read(self.folder / "package.bpf", 1 << 30)


class Store:
    """All installed packages of a user."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def find(self, reference: Reference) -> Installed | None:
        """The installed package of a reference, if its origin is still pinned. Raises: NotTrusted, BadInput."""
        path = self._receipt(reference)
        try:
            with path.open("rb") as file:
                check_owner(os.fstat(file.fileno()), where=str(path), user=os.geteuid())
                data = file.read(MAX_RECEIPT_BYTES + 1)
        except OSError:
            return None
        if _is_old(data):
            return None
        receipt = Receipt.parse(data, where=str(path))
        if receipt.fingerprint != self._fingerprint(reference.origin):
            return None
        if receipt.architecture != own_architecture():  # another machine shares this home
            return None
        if reference.digest is not None and reference.digest != receipt.manifest:
            return None
        folder = self._home.packages / receipt.manifest.hex
        complete = all((folder / _FILES[name]).is_file() for name, _ in receipt.parts)
        return Installed(receipt, folder, path) if complete else None

    def put(
        self, reference: Reference, receipt: Receipt, *, package_file: bytes, config: bytes, parts: Mapping[str, bytes]
    ) -> Installed:
        """Install a verified package. The receipt comes last: without it nothing is believed. Raises: StorageFailed."""
        self._home.make()
        folder = self._home.packages / receipt.manifest.hex
        write_durably(folder / "package.bpf", package_file)
        write_durably(folder / "config.json", config)
        for name, data in parts.items():
            write_durably(folder / _FILES[name], data)
        write_durably(self._receipt(reference), receipt.encode(), mode=0o600)
        return Installed(receipt, folder, self._receipt(reference))

    def forget(self, origin: str, package: str, manifest: Digest) -> None:
        """Believe no receipt of a package's manifest any more: it was withdrawn. Raises: StorageFailed."""
        folder = self._home.receipts / origin / package
        for path in folder.glob("*.json") if folder.is_dir() else ():
            try:
                if Receipt.parse(path.read_bytes(), where=str(path)).manifest != manifest:
                    continue
            except (OSError, BadInput):
                pass  # what cannot be read is not believed anyway
            remove_durably(path)

    def _receipt(self, reference: Reference) -> Path:
        return self._home.receipts / reference.origin / reference.namespace / reference.name / f"{reference.tag}.json"

    def _fingerprint(self, origin: str) -> str | None:
        for folder in self._home.pins:
            try:
                return str(json.loads((folder / f"{origin}.json").read_bytes())["fingerprint"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return None


def _is_old(data: bytes) -> bool:
    """Tell whether an earlier version wrote a receipt: the package is fetched and checked again."""
    try:
        return int(json.loads(data)["v"]) < RECEIPT_VERSION
    except (ValueError, KeyError, TypeError):
        return False


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise NotFound(
            f"the installed package is incomplete: {error.strerror}", where=str(path), todo="Run `ecli pull` again."
        ) from error
