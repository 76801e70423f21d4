"""Targets that read what says who signed: trusted roots, lists of referrers, and the documents of a signed image."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from ebpfhub.client.device_flow import MAX_WAIT_SECONDS, Started
from ebpfhub.client.sources.referrers import MAX_REFERRERS, read_referrers
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, Denied, NotTrusted, PeerFailed
from ebpfhub.schemas.identity import Owner
from ebpfhub.signing.authority.outside_tokens import claimed_issuer, read_key_set, verify_outside_token
from ebpfhub.signing.authority.provider import Provider
from ebpfhub.signing.authority.trust import client_trust_config
from ebpfhub.signing.image import ImageBytes, verify_image
from ebpfhub.signing.trust_file import TrustFile
from jwt.algorithms import ECAlgorithm

from ..client.sources.places import descriptor, index, manifest
from ..sigstores import ALICE, Sigstore
from .target import Target

_LAYER = b"\0asm\1\0\0\0"


@cache
def _acme() -> Sigstore:
    return Sigstore("acme.test")


def _trust_file(data: bytes) -> None:
    file = TrustFile.parse(data, where="file")
    assert file.domain("acme").digest == Digest.of(file.root)


def _trust_files() -> list[bytes]:
    return [_acme().root, client_trust_config(_acme().keys, "https://acme.test"), b" " + _acme().root]


def _referrers(data: bytes) -> None:
    assert len(read_referrers(data, where="registry")) <= MAX_REFERRERS


def _referrer_lists() -> list[bytes]:
    listed = [descriptor(media.OCI_MANIFEST, item, artifactType=media.SIGSTORE_BUNDLE) for item in (b"one", b"two")]
    return [
        json.dumps({"mediaType": media.OCI_INDEX, "manifests": items}).encode() for items in (listed, listed[:1], [])
    ]


def _device_codes(data: bytes) -> None:
    made = Started.read(data, "provider", now=0.0)
    assert made.address.isprintable() and made.user_code.isprintable() and 0 < made.ends <= MAX_WAIT_SECONDS


def _codes() -> list[bytes]:
    told = {"device_code": "x" * 43, "user_code": "BCDF-GHJK", "verification_uri": "https://x.test/", "expires_in": 600}
    return [
        json.dumps(told | more).encode()
        for more in ({}, {"interval": 5, "verification_uri_complete": "https://x.test/?a"})
    ]


def _signed_image(data: bytes) -> None:
    """The input is a manifest, or an index above one: nothing but what was signed is ever verified."""
    documents = (data,) if b'"layers"' in data else (data, _images()[0])
    image = ImageBytes("oci://registry.test/x:1", documents, None, _LAYER, {Digest.of(data): _signed()})
    made = verify_image(image, _acme().domain("acme"), Owner("acme", _acme().issuer, ALICE))
    assert data in _images() and made.data == _LAYER


@cache
def _images() -> list[bytes]:
    one = manifest(("application/wasm", _LAYER))
    return [one, index(("", one))]


@cache
def _signed() -> tuple[bytes, ...]:
    return tuple(_acme().sign(Digest.of(document)) for document in _images())


@cache
def _outside_keys() -> dict[str, ec.EllipticCurvePrivateKey]:
    """The same in every process: one makes the seeds, another reads them."""
    return {"one": ec.derive_private_key(4711, ec.SECP256R1()), "two": ec.derive_private_key(4711, ec.SECP384R1())}


def _key_sets() -> list[bytes]:
    made = [
        ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig"}
        for name, key in _outside_keys().items()
    ]
    return [json.dumps({"keys": keys}).encode() for keys in (made, made[:1], [])]


def _key_set(data: bytes) -> None:
    read_key_set(data, where="provider")


def _outside_tokens() -> list[bytes]:
    told = {"iss": "https://corp.test", "aud": "sigstore", "sub": "alice", "iat": 1_800_000_000, "exp": 1_800_000_600}
    told |= {"email": ALICE, "email_verified": True}
    keys = _outside_keys()
    return [
        jwt.encode(told, keys[name], algorithm=algorithm, headers={"kid": name}).encode()
        for name, algorithm in (("one", "ES256"), ("two", "ES384"))
    ]


def _outside_token(data: bytes) -> None:
    """Nothing but what was signed is ever believed."""
    raw, provider = data.decode("utf-8", "replace"), Provider("https://corp.test")
    _ = claimed_issuer(raw)
    now = datetime.fromtimestamp(1_800_000_300, UTC)
    claims = verify_outside_token(provider, read_key_set(_key_sets()[0], where="provider"), raw, now)
    assert claims.subject.text == ALICE and claims.issuer == provider.issuer


SIGNATURES: dict[str, Target] = {
    "trust-file": Target(_trust_file, _trust_files),
    "referrers": Target(_referrers, _referrer_lists, errors=(PeerFailed,)),
    "device-codes": Target(_device_codes, _codes, errors=(BadInput, PeerFailed)),
    "key-set": Target(_key_set, _key_sets),
    "outside-token": Target(_outside_token, _outside_tokens, errors=(Denied,)),
    "signed-image": Target(_signed_image, lambda: list(_images()), errors=(NotTrusted,)),
}
