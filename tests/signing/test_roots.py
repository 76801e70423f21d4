"""Trusted roots, read into trust domains."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.signing.roots import MAX_ROOT_BYTES, TrustDomain
from hypothesis import given
from hypothesis import strategies as st

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="session")
def public_root(vectors: Path) -> bytes:
    return (vectors / "trusted-roots" / "public-good.trusted_root.json").read_bytes()


def changed(root: bytes, change: Change) -> bytes:
    document = json.loads(root)
    change(document)
    return json.dumps(document).encode()


def test_public_root_is_read(public_root: bytes) -> None:
    domain = TrustDomain.parse("public", public_root)
    assert domain.name == "public"
    assert domain.digest == Digest.of(public_root)
    assert [sorted(log.names) for log in domain.logs] == [["rekor.sigstore.dev"], ["log2025-1.rekor.sigstore.dev"]]
    assert (len(domain.ct_logs), len(domain.authorities), len(domain.timestampers)) == (2, 2, 1)


def test_every_published_root_is_read_or_refused_as_named(vectors: Path) -> None:
    folder = vectors / "sigstore-python" / "trusted_root"
    TrustDomain.parse("public", (folder / "trustedroot.v1.json").read_bytes())
    for name in ("trustedroot.badtype.json", "certificate_authority.json", "certificate_authority.empty.json"):
        with pytest.raises(BadInput):
            TrustDomain.parse("public", (folder / name).read_bytes())


def test_same_bytes_under_the_same_name_are_the_same_domain(public_root: bytes) -> None:
    assert TrustDomain.parse("public", public_root) == TrustDomain.parse("public", public_root)
    assert TrustDomain.parse("public", public_root) != TrustDomain.parse("other", public_root)
    assert TrustDomain.parse("public", public_root) != TrustDomain.parse("public", public_root + b"\n")


def drop(*path: str | int) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


def put(value: object, *path: str | int) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        drop("mediaType"),
        drop("tlogs"),
        drop("ctlogs"),
        drop("certificateAuthorities"),
        put([], "tlogs"),
        put([], "certificateAuthorities", 0, "certChain", "certificates"),
        put("application/json", "mediaType"),
        drop("tlogs", 0, "publicKey", "validFor"),
        drop("tlogs", 0, "publicKey", "validFor", "start"),
        drop("ctlogs", 0, "publicKey", "validFor", "start"),
        drop("certificateAuthorities", 0, "validFor"),
        drop("timestampAuthorities", 0, "validFor", "start"),
        put("!", "tlogs", 0, "logId", "keyId"),
        put("AAAA", "certificateAuthorities", 0, "certChain", "certificates", 0, "rawBytes"),
        put("http://[::1", "tlogs", 0, "baseUrl"),
        put({}, "extension"),
        # sigstore-python would read this name too: two readers, two windows
        put({"start": "1970-01-01T00:00:00Z"}, "certificateAuthorities", 0, "valid_for"),
        put({"start": "1970-01-01T00:00:00Z"}, "tlogs", 0, "publicKey", "valid_for"),
    ],
)
def test_malformed_root_is_refused(public_root: bytes, change: Change) -> None:
    with pytest.raises(BadInput, match="trusted root of public"):
        TrustDomain.parse("public", changed(public_root, change))


def test_root_that_is_too_big_or_named_wrongly_is_refused(public_root: bytes) -> None:
    with pytest.raises(BadInput, match="more than"):
        TrustDomain.parse("public", public_root + b" " * MAX_ROOT_BYTES)
    with pytest.raises(BadInput, match="trust domain"):
        TrustDomain.parse("Public Good", public_root)


def test_narrowed_root_holds_only_what_was_asked_for(public_root: bytes) -> None:
    domain = TrustDomain.parse("public", public_root)
    narrowed = json.loads(domain.narrowed(logs=(1,), ct_logs=(0,), authorities=(1,)))
    whole = json.loads(public_root)
    assert narrowed["tlogs"] == whole["tlogs"][1:]
    assert narrowed["ctlogs"] == whole["ctlogs"][:1]
    assert narrowed["certificateAuthorities"] == whole["certificateAuthorities"][1:]
    assert narrowed["timestampAuthorities"] == whole["timestampAuthorities"]


@given(st.binary(max_size=300))
def test_foreign_bytes_raise_bad_input_only(raw: bytes) -> None:
    with pytest.raises(BadInput):
        TrustDomain.parse("public", raw)
