"""Signing against services that refuse, fail or stall, and the OCI manifest around a bundle."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, Denied, PeerFailed
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.signing.sign import bundle_manifest, sign_release

from ..published import SLSA_PROVENANCE, Case

MANIFEST = Digest.of(b"manifest")
SECRET = "0123456789abcdef0123456789abcdef"


def token(**claims: Any) -> str:
    now = int(time.time())
    made = {"iss": "https://login.example.org", "sub": "ann", "aud": "sigstore", "iat": now, "exp": now + 60}
    return jwt.encode(made | claims, SECRET, "HS256")


@contextmanager
def service(status: int, body: bytes, stall: threading.Event | None = None) -> Iterator[str]:
    """A real HTTP server on loopback that gives every POST the same answer, once `stall` is set."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if stall:
                stall.wait(30)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def trust_config(vectors: Path, url: str) -> bytes:
    def services(version: int) -> list[dict[str, Any]]:
        return [
            {"url": url, "majorApiVersion": version, "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": "x"}
        ]

    root = json.loads((vectors / "trusted-roots" / "public-good.trusted_root.json").read_bytes())
    config = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": services(1),
            "oidcUrls": services(1),
            "rekorTlogUrls": services(2),
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": services(1),
            "tsaConfig": {"selector": "ANY"},
        },
    }
    return json.dumps(config).encode()


def sign(config: bytes, identity_token: str, timeout: float = 20) -> bytes:
    (bundle,) = sign_release(
        manifest=MANIFEST,
        name="library/opensnoop",
        trust_config=config,
        identity_token=identity_token,
        timeout=timeout,
    )
    return bundle


def test_refused_token_is_denied_with_the_server_s_reason(vectors: Path) -> None:
    answer = json.dumps({"code": 16, "message": "the token's audience is not known", "details": []}).encode()
    with service(401, answer) as url, pytest.raises(Denied, match="audience is not known") as caught:
        sign(trust_config(vectors, url), secret := token())
    assert caught.value.where.startswith(url)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "other"}, {"iat": None}])
def test_token_that_cannot_work_is_denied_without_asking(vectors: Path, claims: dict[str, Any]) -> None:
    with pytest.raises(Denied, match="identity token"):
        sign(trust_config(vectors, "http://127.0.0.1:9"), token(**claims))


def test_text_that_is_no_token_is_denied(vectors: Path) -> None:
    with pytest.raises(Denied, match="identity token"):
        sign(trust_config(vectors, "http://127.0.0.1:9"), "hello")


@pytest.mark.parametrize(("status", "body"), [(500, b"<h1>oops</h1>"), (429, b"{}"), (201, b"not json"), (201, b"{}")])
def test_failing_service_is_a_failed_peer(vectors: Path, status: int, body: bytes) -> None:
    with service(status, body) as url, pytest.raises(PeerFailed, match="signing service"):
        sign(trust_config(vectors, url), token())


def test_unreachable_service_is_a_failed_peer(vectors: Path) -> None:
    with service(200, b"") as url:
        closed = url
    with pytest.raises(PeerFailed, match="refused"):
        sign(trust_config(vectors, closed), token())


def test_stalled_service_is_given_up(vectors: Path) -> None:
    stall = threading.Event()
    with service(500, b"", stall) as url:
        try:
            with pytest.raises(PeerFailed, match=r"within 0\.2 seconds"):
                sign(trust_config(vectors, url), token(), timeout=0.2)
        finally:
            stall.set()
            for thread in threading.enumerate():
                if thread.name == "sign":
                    thread.join(10)


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{}", b"[1]", b"x" * 600_000])
def test_bad_trust_configuration_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput, match="trust configuration"):
        sign(raw, token())


def test_trust_configuration_without_services_is_bad_input(vectors: Path) -> None:
    config = json.loads(trust_config(vectors, "http://127.0.0.1:9"))
    config["signingConfig"]["caUrls"] = []
    with pytest.raises(BadInput, match="Fulcio"):
        sign(json.dumps(config).encode(), token())


def test_bundle_is_wrapped_as_cosign_wraps_it(vectors: Path) -> None:
    bundle = Case.read(vectors, "rekor2-dsse-happy-path").bundle
    subject = Descriptor.of(media.OCI_MANIFEST, b"manifest", title="left out")
    made = bundle_manifest(bundle, subject, created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert json.loads(made.raw) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "digest": Digest.of(bundle),
                "size": len(bundle),
            }
        ],
        "subject": {"mediaType": media.OCI_MANIFEST, "digest": MANIFEST, "size": 8},
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": SLSA_PROVENANCE,
            "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
        },
    }
    assert Manifest.parse(made.raw) == made


def test_message_signature_is_wrapped_without_a_predicate(vectors: Path) -> None:
    bundle = Case.read(vectors, "happy-path-v0.3-new-mediaType").bundle
    made = bundle_manifest(bundle, Descriptor.of(media.OCI_MANIFEST, b"manifest"))
    assert made.annotations["dev.sigstore.bundle.content"] == "message-signature"
    assert "dev.sigstore.bundle.predicateType" not in made.annotations


def test_bundle_of_an_older_format_is_not_wrapped(vectors: Path) -> None:
    with pytest.raises(BadInput, match="mediaType"):
        bundle_manifest(Case.read(vectors, "happy-path-v0.1").bundle, Descriptor.of(media.OCI_MANIFEST, b"x"))
