"""C2SP signed notes, checkpoints and cosignatures: parse, sign, verify.

c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature (Ed25519, types 0x01 and 0x04).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..schemas.errors import BadInput, NotTrusted

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 64
MAX_TREE_SIZE = 2**63 - 1  # entries
_MARK = "\u2014 "
_NAME = re.compile(r"[^\s+]{1,255}")
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # signed-note: UTF-8 without control characters


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as notes name it: `<name>+<8 hex digits>+<base64 of type and key>` (signed-note)."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str, *, where: str = "verifier key") -> VerifierKey:
        """Read a vkey. Raises: BadInput."""
        name, _, rest = text.partition("+")
        hint, _, encoded = rest.partition("+")
        raw = _unbase64(encoded, where)
        if not _NAME.fullmatch(name) or len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise BadInput(f"{text[:120]!r} is not an Ed25519 verifier key", where=where)
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != hint:
            raise BadInput("the key's hash is not the one it is spelled with", where=where)
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that mark this key's signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of type byte and key, as 64 hex digits: what people compare."""
        return hashlib.sha256(bytes([self.kind]) + self.public).hexdigest()

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private Ed25519 key under a name. Stored as `<name>+<type>+<base64 of the seed>`."""

    name: str
    kind: int
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> SignerKey:
        """Make a new key."""
        return cls(name, kind, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str, *, where: str = "key file") -> SignerKey:
        """Read a stored key. Raises: BadInput, which never shows the key."""
        name, _, rest = text.strip().partition("+")
        kind, _, seed = rest.partition("+")
        try:
            raw = base64.b64decode(seed, validate=True)
            if not _NAME.fullmatch(name) or kind not in (str(ED25519), str(COSIGNATURE)):
                raise ValueError("name or type")
            return cls(name, int(kind), Ed25519PrivateKey.from_private_bytes(raw))
        except ValueError as error:
            raise BadInput("this is not a private key of ours", where=where) from error

    def dump(self) -> str:
        """The text to store, in a file that only its owner reads."""
        return f"{self.name}+{self.kind}+{base64.b64encode(self.private.private_bytes_raw()).decode()}\n"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def sign(self, body: str, *, time: int = 0) -> str:
        """The signature line over a note's body; `time` (Unix seconds) is what a cosignature states."""
        if self.kind == COSIGNATURE:
            raw = struct.pack(">Q", time) + self.private.sign(_cosigned(body, time))
        else:
            raw = self.private.sign(body.encode())
        return f"{_MARK}{self.name} {base64.b64encode(self.verifier.id + raw).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not yet verified."""

    name: str
    key_id: bytes
    raw: bytes
    line: str


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note: `body` ends in a newline; no signature is verified until `verify` or `cosigned_at`."""

    body: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, text: str, *, where: str = "note") -> Note:
        """Read a note. Raises: BadInput."""
        if len(text) > MAX_NOTE_BYTES or _FORBIDDEN.search(text):
            raise BadInput("the note is too long or holds control characters", where=where)
        body, separator, tail = text.rpartition("\n\n")
        lines = tail.split("\n")
        if not separator or lines.pop() != "" or not lines or len(lines) > MAX_SIGNATURES:
            raise BadInput("this is not a signed note", where=where)
        return cls(body + "\n", tuple(_signature(line, where) for line in lines))

    @classmethod
    def sign(cls, body: str, *keys: SignerKey, time: int = 0) -> Note:
        """Make a note of `body` (which ends in a newline)."""
        return cls(body, tuple(_signature(key.sign(body, time=time).rstrip("\n"), "note") for key in keys))

    def __str__(self) -> str:
        return self.body + "\n" + "".join(signature.line + "\n" for signature in self.signatures)

    def with_signature(self, line: str) -> Note:
        """This note with one more signature line; the same key's older line is replaced."""
        added = _signature(line.rstrip("\n"), "signature")
        kept = [item for item in self.signatures if (item.name, item.key_id) != (added.name, added.key_id)]
        return Note(self.body, (*kept, added))

    def verify(self, key: VerifierKey, *, check: str = "checkpoint", where: str = "") -> None:
        """Demand a valid signature by `key`. Raises: NotTrusted."""
        found = False
        for signature in self._by(key):
            _check_ed25519(key, signature.raw, self.body.encode(), check, where)
            found = True
        if not found:
            raise NotTrusted(f"it is not signed by {key.name} ({key.id.hex()})", check=check, where=where)

    def cosigned_at(self, key: VerifierKey, *, where: str = "") -> int | None:
        """Unix seconds that `key`'s cosignature states, or None if there is none. Raises: NotTrusted."""
        latest: int | None = None
        for signature in self._by(key):
            if len(signature.raw) != 72:
                raise NotTrusted(f"the cosignature of {key.name} is malformed", check="cosignature", where=where)
            (time,) = struct.unpack(">Q", signature.raw[:8])
            _check_ed25519(key, signature.raw[8:], _cosigned(self.body, time), "cosignature", where)
            latest = max(time, latest or 0)
        return latest

    def _by(self, key: VerifierKey) -> list[Signature]:
        return [item for item in self.signatures if item.name == key.name and item.key_id == key.id]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log (tlog-checkpoint): `origin` is the first line."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, body: str, *, where: str = "checkpoint") -> Checkpoint:
        """Read a checkpoint's body; extension lines are not allowed here. Raises: BadInput."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] != "" or not lines[0]:
            raise BadInput("a checkpoint has an origin, a size and a root line", where=where)
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
            raise BadInput("the size is not a decimal number", where=where)
        size, root = int(lines[1]), _unbase64(lines[2], where)
        if size > MAX_TREE_SIZE:
            raise BadInput("the size is larger than any log's", where=where)
        if len(root) != 32:
            raise BadInput("the root hash must have 32 bytes", where=where)
        return cls(lines[0], size, root)

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def _signature(line: str, where: str) -> Signature:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not _NAME.fullmatch(name):
        raise BadInput("a signature line of the note is malformed", where=where)
    raw = _unbase64(encoded, where)
    if len(raw) < 5:
        raise BadInput("a signature of the note is too short", where=where)
    return Signature(name, raw[:4], raw[4:], line)


def _cosigned(body: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{body}".encode()


def _check_ed25519(key: VerifierKey, signature: bytes, message: bytes, check: str, where: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature as error:
        raise NotTrusted(f"the signature by {key.name} is wrong", check=check, where=where) from error


def _unbase64(text: str, where: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("this is not base64", where=where) from error
    if base64.b64encode(raw).decode() != text:
        raise BadInput("this is not canonical base64", where=where)
    return raw
