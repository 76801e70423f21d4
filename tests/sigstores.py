"""Private Sigstores in this process: the real authority's keys, certificates, log and timestamps, at any time.

acme = Sigstore("acme.test")
bundle = acme.sign(manifest, "alice@example.org")
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from ebpfhub.schemas import media
from ebpfhub.schemas.codec import canonical_json
from ebpfhub.schemas.digest import Digest
from ebpfhub.signing.authority.certificates import issue_certificate
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.log_entry import transparency_log_entry
from ebpfhub.signing.authority.rekor import P256, SignatureEntry, pae
from ebpfhub.signing.authority.requests import CertificateRequest
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.timestamps import answer_timestamp
from ebpfhub.signing.authority.tokens import TokenClaims
from ebpfhub.signing.authority.trust import trusted_root
from ebpfhub.signing.roots import TrustDomain
from ebpfhub.signing.statement import STATEMENT_TYPE
from rfc3161_client import TimestampRequestBuilder

from .node.authority.running import MemoryLog

DAY = timedelta(days=1)
ALICE = "alice@example.org"


@dataclass
class Sigstore:
    """One Sigstore, a day old. Its root, and signatures by whom and when a test likes."""

    origin: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC) - DAY)

    @cached_property
    def keys(self) -> AuthorityKeys:
        return AuthorityKeys.generate(self.origin, f"https://{self.origin}/sigstore/oidc", self.started)

    @cached_property
    def log(self) -> MemoryLog:
        return MemoryLog(self.keys)

    @property
    def issuer(self) -> str:
        return self.keys.issuer

    @property
    def root(self) -> bytes:
        return trusted_root(self.keys)

    def domain(self, name: str) -> TrustDomain:
        return TrustDomain.parse(name, self.root)

    def sign(
        self,
        manifest: Digest,
        subject: str = ALICE,
        *,
        issuer: str = "",
        certified: timedelta = timedelta(),
        signed: timedelta = timedelta(),
        predicate: str = media.COSIGN_SIGN_PREDICATE,
        payload_type: str = media.IN_TOTO,
    ) -> bytes:
        """A bundle over a manifest; `certified` and `signed` are how long ago (or ahead) of now that was."""
        now = datetime.now(UTC).replace(microsecond=0)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(key, subject, issuer or self.issuer, now + certified)
        statement = {
            "_type": STATEMENT_TYPE,
            "subject": [{"digest": {"sha256": manifest.hex}}],
            "predicateType": predicate,
            "predicate": {},
        }
        payload = json.dumps(statement).encode()
        message = pae(payload_type, payload)
        signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
        entry = SignatureEntry(hashlib.sha256(message).digest(), signature, certificate, P256)
        body = entry.canonical_body()
        logged = asyncio.run(self.log.append(body))
        asked = TimestampRequestBuilder().data(signature).build().as_bytes()
        timestamp = answer_timestamp(self.keys, asked, now + signed).body
        material = {
            "certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))},
            "tlogEntries": [json.loads(transparency_log_entry(self.keys, body, logged))],
            "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": _b64(timestamp)}]},
        }
        envelope = {"payload": _b64(payload), "payloadType": payload_type, "signatures": [{"sig": _b64(signature)}]}
        return canonical_json(
            {"mediaType": media.SIGSTORE_BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}
        )

    def certificate(self, subject: str, now: datetime) -> x509.Certificate:
        """A certificate whose private key nobody keeps."""
        return self._certificate(ec.generate_private_key(ec.SECP256R1()), subject, self.issuer, now)

    def entry(self, certificate: x509.Certificate) -> SignatureEntry:
        """What its holder would like to be logged, with a signature that is none."""
        return SignatureEntry(bytes(32), b"none", certificate, P256)

    def request(self, certificate: x509.Certificate) -> bytes:
        """A CreateEntryRequest of the same, as it is sent to a log."""
        verifier = {"x509Certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))}}
        signature = {"content": _b64(b"none"), "verifier": verifier | {"keyDetails": P256.details}}
        return canonical_json({"hashedRekordRequestV002": {"digest": _b64(bytes(32)), "signature": signature}})

    @staticmethod
    def certificate_request() -> bytes:
        """A CreateSigningCertificateRequest with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        return canonical_json({"certificateSigningRequest": _b64(made.public_bytes(Encoding.PEM))})

    def _certificate(
        self, key: ec.EllipticCurvePrivateKey, subject: str, issuer: str, now: datetime
    ) -> x509.Certificate:
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        claims = TokenClaims(Subject.parse(subject), issuer, "sigstore", now, now + DAY)
        return issue_certificate(replace(self.keys, issuer=issuer), CertificateRequest("", csr=request), claims, now)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
