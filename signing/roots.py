"""Trust domains: one Sigstore's trusted root each, under a stable name; never merged, and narrowed only by time.

Reads `trusted_root.json` (protobuf-specs, sigstore_trustroot.proto); where roots come from and how old they may be is
not here.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..schemas.codec import canonical_json, decode_json
from ..schemas.digest import Digest
from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.identity import check_domain
from .windows import Window

MAX_ROOT_BYTES = 256 * 1024  # bytes; the public good's has 7 KB
MAX_ROOT_ENTRIES = 64  # logs or authorities of one kind
T = TypeVar("T")
_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


@dataclass(frozen=True, slots=True)
class RootLog:
    """A transparency or CT log: its key's identifiers and window, the names its checkpoints may bear, its JSON."""

    key_ids: frozenset[bytes]
    names: frozenset[str]
    window: Window
    document: bytes

    @classmethod
    def read(cls, value: Any, where: str) -> RootLog:
        """Read a `TransparencyLogInstance`. Raises: BadInput."""
        fields = Fields(value, where)
        fields.only("baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator")
        key = fields.map("publicKey")
        key.only("rawBytes", "keyDetails", "validFor")
        ids = [fields.map(name) for name in ("logId", "checkpointKeyId") if fields.has(name)]
        return cls(
            frozenset(base64_field(item, "keyId", limit=64) for item in ids),
            _names(fields),
            Window.read(key.map("validFor")),
            canonical_json(value),
        )


@dataclass(frozen=True, slots=True)
class RootAuthority:
    """A certificate or timestamp authority: its window, its JSON."""

    window: Window
    document: bytes

    @classmethod
    def read(cls, value: Any, where: str) -> RootAuthority:
        """Read a `CertificateAuthority`. Raises: BadInput."""
        fields = Fields(value, where)
        fields.only("subject", "uri", "certChain", "validFor", "operator")
        return cls(Window.read(fields.map("validFor")), canonical_json(value))

    @classmethod
    def read_timestamper(cls, value: Any, where: str) -> RootAuthority:
        """Read a timestamp authority; its JSON says the end as sigstore-python takes it, which is one tick later.

        Raises: BadInput.
        """
        authority = cls.read(value, where)
        if authority.window.end is None:
            return authority
        window = {"start": authority.window.start.isoformat(), "end": authority.window.open_end}
        return cls(authority.window, canonical_json(value | {"validFor": window}))


@dataclass(frozen=True, slots=True)
class TrustDomain:
    """One Sigstore: `name` as in an origin note (protocol.md section 4), `digest` of the trusted root's bytes.

    There is deliberately no way to join two: a private authority could then sign for any identity of the public one.
    """

    name: str
    digest: Digest
    logs: tuple[RootLog, ...] = field(compare=False)
    ct_logs: tuple[RootLog, ...] = field(compare=False)
    authorities: tuple[RootAuthority, ...] = field(compare=False)
    timestampers: tuple[RootAuthority, ...] = field(compare=False)

    @classmethod
    def parse(cls, name: str, trusted_root_json: bytes) -> TrustDomain:
        """Read a trusted root of at most MAX_ROOT_BYTES; keys and certificates must be readable by sigstore-python too.

        Raises: BadInput.
        """
        check_domain(name)
        where = f"trusted root of {name}"
        fields = Fields(decode_json(trusted_root_json, limit=MAX_ROOT_BYTES, where=where), where)
        fields.only("mediaType", "tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities")
        if fields.text("mediaType", limit=255) != _MEDIA_TYPE:
            raise BadInput(f"mediaType must be {_MEDIA_TYPE}", where=where)
        domain = cls(
            name,
            Digest.of(trusted_root_json),
            _each(RootLog.read, fields, "tlogs"),
            _each(RootLog.read, fields, "ctlogs"),
            _each(RootAuthority.read, fields, "certificateAuthorities"),
            _each(RootAuthority.read_timestamper, fields, "timestampAuthorities"),
        )
        if not (domain.logs and domain.ct_logs and domain.authorities):
            raise BadInput("must have a certificate authority, a certificate log and a transparency log", where=where)
        _check_readable(domain, where)
        return domain

    def narrowed(self, *, logs: tuple[int, ...], ct_logs: tuple[int, ...], authorities: tuple[int, ...]) -> bytes:
        """Write a trusted root of only the entries with these positions, and all timestamp authorities."""
        lists = {
            "tlogs": [self.logs[index].document for index in logs],
            "ctlogs": [self.ct_logs[index].document for index in ct_logs],
            "certificateAuthorities": [self.authorities[index].document for index in authorities],
            "timestampAuthorities": [entry.document for entry in self.timestampers],
        }
        body = b"".join(b',"%s":[%s]' % (name.encode(), b",".join(items)) for name, items in lists.items())
        return b'{"mediaType":"%s"%s}' % (_MEDIA_TYPE.encode(), body)


def base64_field(fields: Fields, name: str, *, limit: int) -> bytes:
    """Read base64, line breaks allowed, of about `limit` bytes at most. Raises: BadInput."""
    text = fields.text(name, limit=limit * 3 // 2 + 4)
    try:
        return b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("is not base64", where=fields.at(name)) from error


def _each(read: Callable[[Any, str], T], fields: Fields, name: str) -> tuple[T, ...]:
    values = fields.items(name, limit=MAX_ROOT_ENTRIES, default=[])
    return tuple(read(value, f"{fields.at(name)}[{index}]") for index, value in enumerate(values))


def _names(fields: Fields) -> frozenset[str]:
    """Name a log's checkpoints: its host, with port, with path (C2SP tlog-checkpoint: a URL without scheme)."""
    url = fields.text("baseUrl", limit=512)
    try:
        parts = urlsplit(url)
        names = {parts.hostname or "", parts.netloc, parts.netloc + parts.path.rstrip("/")}
    except ValueError as error:
        raise BadInput(f"{url[:80]!r} is not a URL", where=fields.at("baseUrl")) from error
    return frozenset(names - {""})


def _check_readable(domain: TrustDomain, where: str) -> None:
    from sigstore.models import TrustedRoot
    from sigstore_models.trustroot.v1 import TrustedRoot as Message

    every = domain.narrowed(
        logs=tuple(range(len(domain.logs))),
        ct_logs=tuple(range(len(domain.ct_logs))),
        authorities=tuple(range(len(domain.authorities))),
    )
    try:
        root = TrustedRoot(Message.from_json(every))
        root.get_fulcio_certs()
        root.get_timestamp_authorities()
    except Exception as error:  # pydantic's, cryptography's and sigstore's own errors all mean the same here
        reason = " ".join(str(error).split())[:200]
        raise BadInput(f"cannot be used: {reason}", where=where) from error
