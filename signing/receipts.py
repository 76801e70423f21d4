"""Receipts: that a package passed every check, so that the next run need not repeat them (protocol.md section 7).

A receipt is bound to the bytes that will be loaded, to the log's word and its age, and to the policy under which it
passed. It is as trustworthy as the folder it lies in: only a file that its reader (or root) owns, and that nobody else
can write, is believed. Imports stay few: this is on the run path of `ecli`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from ..schemas.codec import canonical_json, decode_json
from ..schemas.digest import Digest
from ..schemas.errors import NotTrusted
from ..schemas.fields import Fields
from ..schemas.package import PackageConfig
from .verified import Check, Seal, VerifiedPackage

MAX_RECEIPT_BYTES = 256 * 1024
RECEIPT_VERSION = 3
PARTS = ("object", "wasm", "types")
_SEAL = Seal(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record of what was checked.

    `as_of` is when the origin last vouched for the log that was checked (Unix seconds); digests are SHA-256.
    `architecture` is that of the machine (OCI's name), which chooses among a package's objects. `parts` are the digests
    of what will run: of the object, the Wasm module and the types, where the package has them; an archive of kernel
    types has none of them.
    """

    reference: str
    origin: str
    fingerprint: str
    manifest: Digest
    architecture: str
    config: Digest
    parts: tuple[tuple[str, Digest], ...]
    publisher: str
    log_index: int
    as_of: int
    checked_at: int
    policy: str
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical_json(
            {
                "v": RECEIPT_VERSION,
                "reference": self.reference,
                "origin": self.origin,
                "fingerprint": self.fingerprint,
                "manifest": self.manifest,
                "architecture": self.architecture,
                "config": self.config,
                "parts": dict(self.parts),
                "publisher": self.publisher,
                "log_index": self.log_index,
                "as_of": self.as_of,
                "checked_at": self.checked_at,
                "policy": self.policy,
                "checks": [{"name": check.name, "evidence": check.evidence} for check in self.checks],
                "warnings": list(self.warnings),
            }
        )

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> Receipt:
        """Read a receipt. Raises: BadInput."""
        fields = Fields(decode_json(data, limit=MAX_RECEIPT_BYTES, where=where), where)
        fields.integer("v", low=RECEIPT_VERSION, high=RECEIPT_VERSION)
        return cls(
            fields.text("reference", limit=512),
            fields.text("origin", limit=253),
            fields.text("fingerprint", limit=64),
            fields.digest("manifest"),
            fields.text("architecture", limit=32),
            fields.digest("config"),
            _parts(fields.map("parts")),
            fields.text("publisher", limit=1200),
            fields.integer("log_index"),
            fields.integer("as_of"),
            fields.integer("checked_at"),
            fields.text("policy", limit=64),
            tuple(_check(item) for item in fields.maps("checks", limit=64)),
            tuple(fields.texts("warnings", count=16, limit=1024)),
        )

    def redeem(self, *, config: bytes, parts: Mapping[str, bytes]) -> VerifiedPackage:
        """The verified package, if these are the bytes that were checked. Raises: NotTrusted, BadInput."""
        wanted = {"config": self.config, **dict(self.parts)}
        held = {"config": config, **parts}
        for name, digest in wanted.items():
            if name not in held or "sha256:" + hashlib.sha256(held[name]).hexdigest() != digest:
                raise NotTrusted(
                    f"the installed {name} of {self.reference} is not the one that was verified",
                    check="receipt",
                    todo="It was changed on this machine; nothing was loaded. `ecli pull` installs it again.",
                )
        return VerifiedPackage(
            self.reference,
            self.manifest,
            PackageConfig.parse(config),
            self.publisher,
            self.checks,
            self.warnings,
            _SEAL,
            *(held[name] if name in wanted else None for name in PARTS),
        )


def check_owner(status: os.stat_result, *, where: str, user: int, what: str = "receipt") -> None:
    """Refuse a file that somebody else than `user` or root owns or can write. Raises: NotTrusted."""
    if status.st_uid not in (0, user) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NotTrusted(
            f"others could have written this {what}",
            check="receipt" if what == "receipt" else "origin",
            where=where,
            todo="Remove the file, or make it yours alone (chmod go-w); then run again.",
        )


def _parts(fields: Fields) -> tuple[tuple[str, Digest], ...]:
    fields.only(*PARTS)
    return tuple((name, fields.digest(name)) for name in PARTS if fields.has(name))


def _check(fields: Fields) -> Check:
    return Check(fields.text("name", limit=64), fields.text("evidence", limit=2048))
