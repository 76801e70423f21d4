"""Fulcio, Rekor and timestamps over HTTP: what is refused and in which form; read paths of the log."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ebpfhub.schemas.errors import StorageFailed
from ebpfhub.signing.authority.log_entry import LoggedEntry
from ebpfhub.signing.merkle import leaf_hash
from ebpfhub.signing.notes import Checkpoint, Note
from rfc3161_client import decode_timestamp_response
from yarl import URL

from .running import Authority


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def certificate_request(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return {"certificateSigningRequest": b64(csr.public_bytes(Encoding.PEM))}


async def ask(
    authority: Authority, token: str, body: object = None, path: str = "sigstore/fulcio/api/v2/signingCert"
) -> tuple[aiohttp.ClientResponse, Any]:
    body = body if body is not None else certificate_request(ec.generate_private_key(ec.SECP256R1()))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await authority.http.post(f"{authority.base_url}/{path}", json=body, headers=headers)
    return answer, await answer.json()


@pytest.mark.parametrize("path", ["sigstore/fulcio/api/v2/signingCert", "api/v2/signingCert"])
async def test_certificate_chain_reaches_the_root(authority: Authority, path: str) -> None:
    answer, content = await ask(authority, authority.token(), path=path)
    assert answer.status == 200
    chain = [
        x509.load_pem_x509_certificate(item.encode())
        for item in content["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    ]
    assert len(chain) == 3
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(chain[2])
    bundle = await (await authority.http.get(authority.url("fulcio/api/v2/trustBundle"))).json()
    assert bundle["chains"][0]["certificates"] == content["signedCertificateEmbeddedSct"]["chain"]["certificates"][1:]


async def test_key_with_signed_subject_is_accepted_as_javascript_clients_send_it(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    asked: dict[str, Any] = {
        "credentials": {"oidcIdentityToken": authority.token()},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": pem},
            "proofOfPossession": b64(key.sign(b"alice@example.org", ec.ECDSA(hashes.SHA256()))),
        },
    }
    answer, _ = await ask(authority, "", asked)
    assert answer.status == 200
    asked["publicKeyRequest"]["proofOfPossession"] = b64(key.sign(b"bob@example.org", ec.ECDSA(hashes.SHA256())))
    answer, error = await ask(authority, "", asked)
    assert answer.status == 400 and error["code"] == 3 and "possession" in error["message"]


async def test_expired_token_is_refused(authority: Authority) -> None:
    answer, error = await ask(authority, authority.token(now=datetime.now(UTC) - timedelta(hours=1)))
    assert answer.status == 401 and error["code"] == 16 and "expired" in error["message"]


async def test_token_for_another_audience_is_refused(authority: Authority) -> None:
    answer, error = await ask(authority, authority.token(audience="other"))
    assert answer.status == 401 and error["code"] == 16


async def test_missing_or_foreign_token_is_refused(authority: Authority) -> None:
    assert (await ask(authority, ""))[0].status == 401
    assert (await ask(authority, "e30.e30.AAAA"))[0].status == 401


@pytest.mark.parametrize("body", [[], {}, {"certificateSigningRequest": "AAAA"}, {"certificateSigningRequest": 7}])
async def test_malformed_certificate_request_is_refused(authority: Authority, body: object) -> None:
    answer, error = await ask(authority, authority.token(), body)
    assert answer.status == 400 and error["code"] == 3 and error["message"]


async def test_oversized_bodies_are_refused_everywhere(authority: Authority) -> None:
    for path in ("fulcio/api/v2/signingCert", "tsa/api/v1/timestamp"):
        assert (await authority.http.post(authority.url(path), data=b"x" * 20_000)).status == 413
    big = io.BytesIO(b"x" * (2 * 1024 * 1024 + 1))
    assert (await authority.http.post(authority.url("rekor/api/v2/log/entries"), data=big)).status == 413


async def test_oversized_body_without_a_length_is_refused(authority: Authority) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 1024

    assert (await authority.http.post(authority.url("fulcio/api/v2/signingCert"), data=endless())).status == 413


async def signed(authority: Authority, data: bytes = b"data") -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    _, content = await ask(authority, authority.token(), certificate_request(key))
    pem = content["signedCertificateEmbeddedSct"]["chain"]["certificates"][0]
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    verifier = {"x509Certificate": {"rawBytes": b64(der)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    content = b64(key.sign(data, ec.ECDSA(hashes.SHA256())))
    digest = b64(hashlib.sha256(data).digest())
    return {"hashedRekordRequestV002": {"digest": digest, "signature": {"content": content, "verifier": verifier}}}


async def log(authority: Authority, body: object) -> tuple[aiohttp.ClientResponse, Any]:
    answer = await authority.http.post(authority.url("rekor/api/v2/log/entries"), json=body)
    return answer, await answer.json()


async def test_logged_entry_stands_in_the_published_checkpoint_and_bundle(authority: Authority) -> None:
    answer, entry = await log(authority, await signed(authority))
    assert answer.status == 201 and entry["logIndex"] == "0" and entry["integratedTime"] == "0"
    published = await authority.http.get(authority.url("rekor/api/v2/checkpoint"))
    assert published.content_type == "text/plain"
    note = Note.parse(await published.text())
    note.verify(authority.keys.log.verifier)
    body = base64.b64decode(entry["canonicalizedBody"])
    assert Checkpoint.parse(note.body).root == leaf_hash(body)
    entries = await authority.http.get(authority.url("rekor/api/v2/tile/entries/000.p/1"))
    assert await entries.read() == len(body).to_bytes(2, "big") + body
    assert "immutable" in entries.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["tile/0/999", "tile/64/000", "tile/0/1", "tile/0/000.p/256", "tile/..%2Fcheckpoint"])
async def test_tiles_that_do_not_exist_are_404(authority: Authority, path: str) -> None:
    answer = await authority.http.get(URL(authority.url(f"rekor/api/v2/{path}"), encoded=True))
    assert answer.status == 404


async def test_wrong_signature_and_junk_never_enter_the_log(authority: Authority) -> None:
    wrong = await signed(authority)
    wrong["hashedRekordRequestV002"]["digest"] = b64(hashlib.sha256(b"other").digest())
    answer, error = await log(authority, wrong)
    assert answer.status == 403 and error["code"] == 7
    junks: tuple[object, ...] = ({}, [], {"hashedRekordRequestV002": {}}, {"dsseRequestV002": {"envelope": {}}})
    for junk in junks:
        answer, error = await log(authority, junk)
        assert answer.status == 400 and error["code"] == 3
    assert authority.log.entries == []


async def test_full_disk_is_a_507_that_does_not_tell_where(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_entry: bytes) -> LoggedEntry:
        raise StorageFailed("no space left on /dev/secret")

    monkeypatch.setattr(authority.log, "append", full)
    answer, error = await log(authority, await signed(authority))
    assert answer.status == 507 and error["code"] == 8 and "secret" not in error["message"]


async def test_unreadable_timestamp_request_gets_a_rejection(authority: Authority) -> None:
    answer = await authority.http.post(authority.url("tsa/api/v1/timestamp"), data=b"junk")
    assert answer.status == 400 and answer.content_type == "application/timestamp-reply"
    assert decode_timestamp_response(await answer.read()).status == 2


async def test_one_identity_cannot_ask_for_certificates_without_end(authority: Authority) -> None:
    statuses = {(await ask(authority, authority.token()))[0].status for _ in range(70)}
    assert statuses == {200, 429}


async def test_timestamp_asked_for_in_json_as_javascript_clients_do(authority: Authority) -> None:
    digest = hashlib.sha256(b"data").digest()
    body = {"artifactHash": b64(digest), "hashAlgorithm": "sha256"}
    answer = await authority.http.post(authority.url("tsa/api/v1/timestamp"), json=body)
    response = decode_timestamp_response(await answer.read())
    assert answer.status == 200 and response.tst_info.message_imprint.message == digest
    for wrong in ({}, {"artifactHash": b64(digest), "hashAlgorithm": "md5"}):
        refused = await authority.http.post(authority.url("tsa/api/v1/timestamp"), json=wrong)
        assert refused.status == 400 and (await refused.json())["code"] == 3
