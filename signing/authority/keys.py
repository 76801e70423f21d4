"""The keys of one authority, each for one purpose, and the files they are kept in. Not what is signed with them.

Seven keys: root CA, intermediate CA, certificate transparency, Rekor log, timestamp root and leaf, identity tokens.
Those that they followed are known by their public halves (retired.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ...schemas.codec import canonical_json, decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...schemas.reference import check_origin
from ..notes import ED25519, SignerKey
from .issuers import Issuer, new_intermediate, new_root, new_timestamper
from .retired import MAX_FILE_BYTES as MAX_HISTORY_BYTES
from .retired import Purpose, Retired, read_history, read_time, write_history

MAX_FILE_BYTES = 16 * 1024
MAX_ISSUER_CHARS = 512
DESCRIPTION = "authority.json"
HISTORY = "rotations.json"  # not there before the first rotation
PRIVATE_SUFFIX = ".key"  # these files must be readable by their owner alone
LOG_KEY = f"rekor{PRIVATE_SUFFIX}"
TOKEN_KEY = f"token{PRIVATE_SUFFIX}"
_ISSUER = re.compile(
    r"https://[a-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9._~/-]*[A-Za-z0-9]|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}/[a-z/]+"
)


@dataclass(frozen=True, slots=True)
class AuthorityKeys:
    """All keys of an authority. `issuer` stands in tokens and certificates and is the discovery URL's base.

    `created` (UTC, whole seconds) is where the validity of every key starts that is the first of its purpose; `starts`
    has the others, `retired` those before them, oldest first.
    """

    origin: str
    issuer: str
    created: datetime
    root: Issuer
    intermediate: Issuer
    timestamp_root: Issuer
    timestamp: Issuer
    transparency: ec.EllipticCurvePrivateKey
    token: ec.EllipticCurvePrivateKey
    log: SignerKey
    starts: Mapping[Purpose, datetime] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()

    @classmethod
    def generate(cls, origin: str, issuer: str, now: datetime) -> AuthorityKeys:
        """Make a new authority for `origin`; certificates live ten years from `now`. Raises: BadInput."""
        check_origin(origin)
        start = now.astimezone(UTC).replace(microsecond=0)
        root = new_root(origin, "eBPF Hub signing root", start)
        timestamp_root = new_root(origin, "eBPF Hub timestamp root", start)
        return cls(
            origin=origin,
            issuer=check_issuer(issuer),
            created=start,
            root=root,
            intermediate=new_intermediate(root, origin, "eBPF Hub signing intermediate", start),
            timestamp_root=timestamp_root,
            timestamp=new_timestamper(timestamp_root, origin, "eBPF Hub timestamps", start),
            transparency=ec.generate_private_key(ec.SECP256R1()),
            token=ec.generate_private_key(ec.SECP256R1()),
            log=SignerKey.generate(log_name(origin)),
        )

    @property
    def log_id(self) -> bytes:
        """The 32 bytes whose first four mark the Rekor log's note signatures (C2SP signed-note)."""
        return note_key_id(self.log.name, self.log.verifier.public)

    @property
    def chain(self) -> tuple[x509.Certificate, x509.Certificate]:
        """Intermediate and root, as they follow a user's certificate."""
        return self.intermediate.certificate, self.root.certificate

    @property
    def timestamp_chain(self) -> tuple[x509.Certificate, x509.Certificate]:
        """The certificate that signs timestamps, and its root."""
        return self.timestamp.certificate, self.timestamp_root.certificate

    def started(self, purpose: Purpose) -> datetime:
        """Since when the key of this purpose signs."""
        return self.starts.get(purpose, self.created)

    def before(self, purpose: Purpose) -> tuple[Retired, ...]:
        """The keys that the one of this purpose followed, oldest first."""
        return tuple(item for item in self.retired if item.purpose is purpose)

    def to_files(self) -> dict[str, bytes]:
        """File names and contents: private keys in `*.key` (PKCS #8 PEM, unencrypted), public parts in the others.

        `root.key` and `timestamp-root.key` are not needed to serve: keep them offline.
        """
        about = {"created": self.created.isoformat(), "issuer": self.issuer, "origin": self.origin, "v": 1}
        files = {DESCRIPTION: canonical_json(about), LOG_KEY: self.log.dump().encode()}
        for name, issuer in self._issuers().items():
            files[f"{name}.pem"] = issuer.certificate.public_bytes(serialization.Encoding.PEM)
            if issuer.key is not None:
                files[f"{name}{PRIVATE_SUFFIX}"] = _dump(issuer.key)
        files[f"transparency{PRIVATE_SUFFIX}"] = _dump(self.transparency)
        files[TOKEN_KEY] = _dump(self.token)
        if self.starts or self.retired:
            files[HISTORY] = write_history(self.starts, self.retired)
        return files

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> AuthorityKeys:
        """Read what `to_files` made; the two roots' keys may be absent. Raises: BadInput, which never shows a key."""
        about = Fields(decode_json(_file(files, DESCRIPTION), limit=MAX_FILE_BYTES, where=DESCRIPTION), DESCRIPTION)
        about.only("created", "issuer", "origin", "v")
        about.integer("v", low=1, high=1)
        starts, retired = _history(files)
        keys = cls(
            origin=check_origin(about.text("origin", limit=253)),
            issuer=check_issuer(about.text("issuer", limit=MAX_ISSUER_CHARS)),
            created=read_time(about.text("created", limit=40), about.at("created")),
            root=_issuer(files, "root", needs_key=False),
            intermediate=_issuer(files, "intermediate"),
            timestamp_root=_issuer(files, "timestamp-root", needs_key=False),
            timestamp=_issuer(files, "timestamp"),
            transparency=_load(files, f"transparency{PRIVATE_SUFFIX}"),
            token=_load(files, TOKEN_KEY),
            log=SignerKey.parse(_file(files, LOG_KEY).decode("utf-8", "replace"), where=LOG_KEY),
            starts=starts,
            retired=retired,
        )
        keys._check()
        return keys

    def _issuers(self) -> dict[str, Issuer]:
        return {
            "root": self.root,
            "intermediate": self.intermediate,
            "timestamp-root": self.timestamp_root,
            "timestamp": self.timestamp,
        }

    def _check(self) -> None:
        for name, issuer in self._issuers().items():
            if not issuer.matches():
                raise BadInput("key and certificate do not belong together", where=f"{name}.pem")
        _check_chain(self.intermediate, self.root, "intermediate.pem")
        _check_chain(self.timestamp, self.timestamp_root, "timestamp.pem")
        if self.log.name != log_name(self.origin) or self.log.kind != ED25519:
            raise BadInput(f"is not the log key of {self.origin}", where=LOG_KEY)


def log_name(origin: str) -> str:
    """Name of the authority's Rekor log: its checkpoint's origin and its key's name.

    A bare host, though nothing is served there: sigstore-go takes no other part of a log's URL for its name.
    """
    return f"rekor.{origin}"


def note_key_id(name: str, public: bytes) -> bytes:
    """The whole hash whose first four bytes are an Ed25519 key's id in signed notes (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()


def check_issuer(text: str) -> str:
    """Check an OpenID issuer: an https URL with a path, or http on loopback. Raises: BadInput."""
    if len(text) > MAX_ISSUER_CHARS or not _ISSUER.fullmatch(text):
        raise BadInput(
            f"{text[:120]!r} is not an issuer",
            where="issuer",
            todo="It looks like https://hub.example.org/sigstore/oidc",
        )
    return text


def _check_chain(leaf: Issuer, root: Issuer, where: str) -> None:
    try:
        leaf.certificate.verify_directly_issued_by(root.certificate)
    except Exception as error:  # cryptography raises ValueError, TypeError or InvalidSignature here
        raise BadInput("was not signed by its root", where=where) from error


def _dump(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _file(files: Mapping[str, bytes], name: str, limit: int = MAX_FILE_BYTES) -> bytes:
    data = files.get(name)
    if data is None:
        raise BadInput("the authority's file is missing", where=name)
    if len(data) > limit:
        raise BadInput(f"is larger than {limit} bytes", where=name)
    return data


def _load(files: Mapping[str, bytes], name: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(_file(files, name), password=None)
    except (ValueError, TypeError) as error:
        raise BadInput("this is not a private key in PEM", where=name) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadInput("this is not a P-256 key", where=name)
    return key


def _issuer(files: Mapping[str, bytes], name: str, *, needs_key: bool = True) -> Issuer:
    where = f"{name}.pem"
    try:
        certificate = x509.load_pem_x509_certificate(_file(files, where))
    except ValueError as error:
        raise BadInput("this is not a certificate in PEM", where=where) from error
    path = f"{name}{PRIVATE_SUFFIX}"
    return Issuer(certificate, _load(files, path) if needs_key or path in files else None)


def _history(files: Mapping[str, bytes]) -> tuple[Mapping[Purpose, datetime], tuple[Retired, ...]]:
    if HISTORY not in files:
        return {}, ()
    return read_history(_file(files, HISTORY, MAX_HISTORY_BYTES), HISTORY)
