"""What clients are told to trust: TrustedRoot and ClientTrustConfig of Sigstore's protobuf specifications, as JSON.

The trusted root depends on the keys alone, so that its digest can stand in the origin note (protocol.md section 4).
A key that was rotated out stands in it beside its successor, each with the time from which and until which it counts.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...schemas.codec import canonical_json
from .keys import AuthorityKeys, note_key_id
from .retired import Purpose

TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
ED25519_BYTES = 32  # of a public key, at the end of its SubjectPublicKeyInfo (RFC 8410 section 4)
CLIENT_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"


def trusted_root(keys: AuthorityKeys) -> bytes:
    """Canonical JSON of the TrustedRoot: the same bytes for the same keys, wherever the hub listens."""
    return canonical_json(_trusted_root(keys))


def client_trust_config(keys: AuthorityKeys, base_url: str, *, sign_in: str = "") -> bytes:
    """Canonical JSON of a ClientTrustConfig (`sigstore --trust-config`) whose services are under `base_url`.

    `sign_in` is the OpenID provider of people, where that is not the authority itself.
    """
    return canonical_json(
        {
            "mediaType": CLIENT_TRUST_CONFIG,
            "trustedRoot": _trusted_root(keys),
            "signingConfig": _signing_config(keys, base_url.rstrip("/") + "/sigstore", sign_in),
        }
    )


def signing_config(keys: AuthorityKeys, base_url: str, *, sign_in: str = "") -> bytes:
    """Canonical JSON of the SigningConfig alone (`cosign --signing-config`), whose services are under `base_url`."""
    return canonical_json(_signing_config(keys, base_url.rstrip("/") + "/sigstore", sign_in))


def spki(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    """DER of the SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def transparency_log_id(keys: AuthorityKeys) -> bytes:
    """The 32-byte id of the certificate transparency key (RFC 6962 section 3.2)."""
    return hashlib.sha256(spki(keys.transparency.public_key())).digest()


def _trusted_root(keys: AuthorityKeys) -> dict[str, Any]:
    base = f"https://{keys.origin}/sigstore"
    return {
        "mediaType": TRUSTED_ROOT,
        "certificateAuthorities": _authorities(keys, Purpose.SIGNING, f"{base}/fulcio", keys.chain),
        "timestampAuthorities": _authorities(keys, Purpose.TIMESTAMPS, f"{base}/tsa", keys.timestamp_chain),
        "ctlogs": _ct_logs(keys, f"{base}/ct"),
        "tlogs": _logs(keys, f"https://{keys.log.name}"),
    }


def _authorities(
    keys: AuthorityKeys, purpose: Purpose, uri: str, chain: tuple[x509.Certificate, ...]
) -> list[dict[str, Any]]:
    end = min(item.not_valid_after_utc for item in chain)
    retired = [_authority(uri, item.chain, item.start, item.end) for item in keys.before(purpose)]
    return [*retired, _authority(uri, chain, keys.started(purpose), end)]


def _ct_logs(keys: AuthorityKeys, url: str) -> list[dict[str, Any]]:
    def entry(key: bytes, start: datetime, end: datetime | None) -> dict[str, Any]:
        return _log(url, key, "PKIX_ECDSA_P256_SHA_256", hashlib.sha256(key).digest(), start, end)

    retired = [entry(item.material[0], item.start, item.end) for item in keys.before(Purpose.TRANSPARENCY)]
    return [*retired, entry(spki(keys.transparency.public_key()), keys.started(Purpose.TRANSPARENCY), None)]


def _logs(keys: AuthorityKeys, url: str) -> list[dict[str, Any]]:
    def entry(key: bytes, start: datetime, end: datetime | None) -> dict[str, Any]:
        log_id = note_key_id(keys.log.name, key[-ED25519_BYTES:])
        return _log(url, key, "PKIX_ED25519", log_id, start, end)

    retired = [entry(item.material[0], item.start, item.end) for item in keys.before(Purpose.LOG)]
    return [*retired, entry(spki(keys.log.private.public_key()), keys.started(Purpose.LOG), None)]


def _signing_config(keys: AuthorityKeys, base: str, sign_in: str) -> dict[str, Any]:
    def service(path: str, version: int, *, url: str = "") -> list[dict[str, Any]]:
        return [
            {
                "url": url or base + path,
                "majorApiVersion": version,
                "validFor": {"start": _time(keys.created)},
                "operator": keys.origin,
            }
        ]

    return {
        "mediaType": SIGNING_CONFIG,
        "caUrls": service("/fulcio", 1),
        "oidcUrls": service("/oidc", 1, url=sign_in),
        "rekorTlogUrls": service("/rekor", 2),
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": service("/tsa/api/v1/timestamp", 1),
        "tsaConfig": {"selector": "ANY"},
    }


def _authority(uri: str, chain: Sequence[x509.Certificate], start: datetime, end: datetime) -> dict[str, Any]:
    names = {item.rfc4514_attribute_name: str(item.value) for item in chain[-1].subject}
    return {
        "subject": {"organization": names["O"], "commonName": names["CN"]},
        "uri": uri,
        "certChain": {"certificates": [{"rawBytes": _b64(item.public_bytes(Encoding.DER))} for item in chain]},
        "validFor": {"start": _time(start), "end": _time(end)},
    }


def _log(url: str, key: bytes, details: str, log_id: bytes, start: datetime, end: datetime | None) -> dict[str, Any]:
    window = {"start": _time(start)} | ({"end": _time(end)} if end else {})
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": _b64(key), "keyDetails": details, "validFor": window},
        "logId": {"keyId": _b64(log_id)},
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
