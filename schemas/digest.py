"""SHA-256 digests in their OCI spelling. Releases are sha256 only; plain OCI repositories may also use sha512."""

from __future__ import annotations

import hashlib
import re

from .errors import BadInput

DIGEST_SIZE = 32  # bytes
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_SHA512 = re.compile(r"sha512:[0-9a-f]{128}")


class Digest(str):
    """`sha256:<64 lower-case hex digits>` (OCI image specification 1.1, descriptor.md, "Digests"); a checked str."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str, *, where: str = "digest") -> Digest:
        """Check the spelling of a digest. Raises: BadInput."""
        if not isinstance(text, str) or not _SHA256.fullmatch(text):
            raise BadInput(f"{str(text)[:80]!r} is not a sha256 digest", where=where)
        return cls(text)

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Digest:
        """Hash `data`."""
        return cls("sha256:" + hashlib.sha256(data).hexdigest())

    @classmethod
    def from_raw(cls, raw: bytes, *, where: str = "digest") -> Digest:
        """Make a digest of its 32 raw bytes. Raises: BadInput."""
        if len(raw) != DIGEST_SIZE:
            raise BadInput(f"a sha256 digest has {DIGEST_SIZE} bytes, not {len(raw)}", where=where)
        return cls("sha256:" + raw.hex())

    @property
    def hex(self) -> str:
        """The 64 hex digits."""
        return str(self[7:])

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self[7:])


class Sha512(str):
    """`sha512:<128 lower-case hex digits>`: only blobs and manifests of plain OCI repositories have these names."""

    __slots__ = ()

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Sha512:
        """Hash `data`."""
        return cls("sha512:" + hashlib.sha512(data).hexdigest())

    @property
    def hex(self) -> str:
        """The 128 hex digits."""
        return str(self[7:])


AnyDigest = Digest | Sha512


def parse_any_digest(text: str, *, where: str = "digest") -> AnyDigest:
    """Check the spelling of a sha256 or sha512 digest. Raises: BadInput."""
    if isinstance(text, str) and _SHA512.fullmatch(text):
        return Sha512(text)
    return Digest.parse(text, where=where)
