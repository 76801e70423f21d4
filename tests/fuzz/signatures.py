"""Targets that read what says who signed: trusted roots, lists of referrers, and the documents of a signed image."""

from __future__ import annotations

import json
from functools import cache

from ebpfhub.client.device_flow import MAX_WAIT_SECONDS, Started
from ebpfhub.client.sources.referrers import MAX_REFERRERS, read_referrers
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotTrusted, PeerFailed
from ebpfhub.schemas.identity import Owner
from ebpfhub.signing.authority.trust import client_trust_config
from ebpfhub.signing.image import ImageBytes, verify_image
from ebpfhub.signing.trust_file import TrustFile

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


SIGNATURES: dict[str, Target] = {
    "trust-file": Target(_trust_file, _trust_files),
    "referrers": Target(_referrers, _referrer_lists, errors=(PeerFailed,)),
    "device-codes": Target(_device_codes, _codes, errors=(BadInput, PeerFailed)),
    "signed-image": Target(_signed_image, lambda: list(_images()), errors=(NotTrusted,)),
}
