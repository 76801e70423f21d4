"""Sign manifests keyless, with sigstore-python against a Sigstore's trust configuration, and wrap the bundle for OCI.

The only file of signing/ that lets anything touch the network; it stores nothing, and the key dies with the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..schemas import media
from ..schemas.codec import canonical_json, decode_json
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, Denied, HubError, NotTrusted, PeerFailed, StorageFailed
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from ..schemas.oci import EMPTY_CONFIG, Descriptor, Manifest
from ..schemas.ownership import Order
from .bundle import claimed_predicate, claimed_statement, verify_manifest_bundle
from .material import Content, Material
from .orders import order_digest, verify_order
from .roots import TrustDomain
from .system_authorities import system_authorities
from .verdict import one_sentence

if TYPE_CHECKING:
    from sigstore.dsse import Statement as LibraryStatement
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken

MAX_TRUST_CONFIG_BYTES = 512 * 1024
SIGN_TIMEOUT = 60.0  # seconds; Rekor v2 answers when the entry is in the log
_OWN_DOMAIN = "signing"

T = TypeVar("T")


def oidc_url(trust_config: bytes) -> str:
    """The identity provider that a ClientTrustConfig names for people. Raises: BadInput."""
    try:
        return str(_trust_config(trust_config).signing_config.get_oidc_url())
    except BadInput:
        raise
    except Exception as error:  # sigstore's own error for a configuration without one
        raise BadInput(f"names no identity provider: {one_sentence(error)}", where="trust configuration") from error


def sign_release(
    *,
    manifest: Digest,
    name: str,
    trust_config: bytes,
    identity_token: str,
    statements: Sequence[bytes] = (),
    timeout: float = SIGN_TIMEOUT,
) -> list[bytes]:
    """Sign a manifest's digest under `name` as an in-toto statement, and `statements` about it, such as provenance.

    All by one certificate. Gives the Sigstore bundles' JSON, the manifest's first. Blocks for at most `timeout`
    seconds: certificate, timestamps and log entries are requests. sigstore-python sets no timeout on some of them, so
    they run in a thread of their own; when time is up the call ends, and the thread whenever its connection does. What
    comes back is verified against the same trust configuration before it is given out.

    Raises: BadInput for a bad trust configuration; Denied when the token is refused, with the server's reason;
    PeerFailed when a service does not answer, answers late, or gives what does not verify.
    """
    config = _trust_config(trust_config)
    domain = _domain(trust_config)
    token = _identity_token(identity_token)
    first = _statement(manifest, name)
    bundle, *others = _within(timeout, lambda: _sign(config, token, first, statements))
    try:
        verify_manifest_bundle(bundle, domain, manifest=manifest, name=name)
        for other in others:
            verify_manifest_bundle(other, domain, manifest=manifest, predicate_type=claimed_predicate(other))
    except NotTrusted as error:
        raise PeerFailed(f"the signing service gave a signature that does not verify: {error.what}") from error
    return [bundle, *others]


def sign_order(
    order: Order, *, trust_config: bytes, identity_token: str, timeout: float = SIGN_TIMEOUT
) -> tuple[bytes, Identity]:
    """Sign an owner's order to a log (protocol.md section 4); its bundle's JSON, and who has signed.

    The identity's domain has no meaning: a name is a hub's to give. Blocks as sign_release does. Raises: as that.
    """
    config, domain = _trust_config(trust_config), _domain(trust_config)
    token = _identity_token(identity_token)
    made = _statement(order_digest(order), order.subject, media.ORDER_PREDICATE)
    (bundle,) = _within(timeout, lambda: _sign(config, token, made, ()))
    try:
        return bundle, verify_order(order, bundle, (domain,)).identity
    except NotTrusted as error:
        raise PeerFailed(f"the signing service gave a signature that does not verify: {error.what}") from error


def bundle_manifest(bundle: bytes, subject: Descriptor, *, created: datetime | None = None) -> Manifest:
    """Make the OCI referrer of a bundle over `subject`, as cosign 3 writes it (cosign, specs/BUNDLE_SPEC.md).

    `created` is now by default. Raises: BadInput.
    """
    material = Material.parse(bundle)
    if material.media_type != media.SIGSTORE_BUNDLE:
        raise BadInput(f"mediaType must be {media.SIGSTORE_BUNDLE}", where="Sigstore bundle")
    annotations = {
        "dev.sigstore.bundle.content": material.content.value,
        "org.opencontainers.image.created": f"{(created or datetime.now(UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if material.content is Content.DSSE:
        annotations["dev.sigstore.bundle.predicateType"] = claimed_statement(material).predicate_type
    return Manifest.make(
        artifact_type=media.SIGSTORE_BUNDLE,
        config=Descriptor.of(media.OCI_EMPTY, EMPTY_CONFIG),
        layers=(Descriptor.of(media.SIGSTORE_BUNDLE, bundle),),
        subject=Descriptor(subject.media_type, subject.digest, subject.size),
        annotations=annotations,
    )


def _trust_config(raw: bytes) -> ClientTrustConfig:
    if len(raw) > MAX_TRUST_CONFIG_BYTES:
        raise BadInput(
            f"{len(raw)} bytes are more than the {MAX_TRUST_CONFIG_BYTES} allowed", where="trust configuration"
        )
    from sigstore.models import ClientTrustConfig

    try:
        config = ClientTrustConfig.from_json(raw.decode())
        _ = config.signing_config, config.trusted_root
    except Exception as error:  # pydantic's, sigstore's and Unicode's errors all mean the same here
        raise BadInput(f"cannot be used: {one_sentence(error)}", where="trust configuration") from error
    return config


def _domain(raw: bytes) -> TrustDomain:
    document = decode_json(raw, limit=MAX_TRUST_CONFIG_BYTES, where="trust configuration")
    return TrustDomain.parse(_OWN_DOMAIN, canonical_json(Fields(document, "trust configuration").raw("trustedRoot")))


def _identity_token(raw: str) -> IdentityToken:
    from sigstore.oidc import IdentityError, IdentityToken

    try:
        return IdentityToken(raw)
    except IdentityError as error:
        reason = one_sentence(error.__cause__ or error)
        raise Denied(f"the identity token cannot be used: {reason}", todo="log in again, then repeat") from error


def _statement(
    subject_digest: Digest, name: str, predicate_type: str = media.COSIGN_SIGN_PREDICATE
) -> LibraryStatement:
    from sigstore.dsse import DigestSet, StatementBuilder, Subject

    subject = Subject(name=name, digest=DigestSet({"sha256": subject_digest.hex}))
    return StatementBuilder([subject], predicate_type, {}).build()


def _sign(
    config: ClientTrustConfig, token: IdentityToken, first: LibraryStatement, others: Sequence[bytes]
) -> list[bytes]:
    from sigstore.dsse import Statement as LibraryStatement
    from sigstore.sign import SigningContext

    statements = [first, *(LibraryStatement(item) for item in others)]
    try:
        with system_authorities(), SigningContext.from_trust_config(config).signer(token) as signer:
            return [signer.sign_dsse(item).to_json().encode() for item in statements]
    except Exception as error:
        raise _failure(error) from error


def _failure(error: Exception) -> HubError:
    """Say whose fault a failed signing is. The library hides the answer of the server in the chain of causes."""
    from requests import HTTPError
    from sigstore.models import InvalidBundle
    from sigstore.oidc import ExpiredIdentity

    if isinstance(error, ExpiredIdentity):
        return Denied("the identity token has expired", todo="log in again, then repeat")
    if isinstance(error, InvalidBundle):  # the library goes on without timestamps when their service fails
        return PeerFailed(f"the signing service gave no complete proof, perhaps no time: {one_sentence(error)}")
    chain = _causes(error)
    answer = next((cause.response for cause in chain if isinstance(cause, HTTPError)), None)
    if answer is None:
        return PeerFailed(f"the signing service failed: {one_sentence(chain[-1])}")
    url = answer.url.split("?")[0]
    what = f"HTTP {answer.status_code}: {_server_reason(answer.content)}"
    if answer.status_code in (400, 401, 403) and "signingCert" in url:
        return Denied(f"the identity token was refused, {what}", where=url, todo="log in again, then repeat")
    if answer.status_code == 507:
        return StorageFailed(
            f"the signing service failed, {what}", where=url, todo="Its operator must free some space."
        )
    return PeerFailed(f"the signing service failed, {what}", where=url)


def _causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (deeper := chain[-1].__cause__ or chain[-1].__context__) and deeper not in chain:
        chain.append(deeper)
    return chain


def _server_reason(body: bytes) -> str:
    """The message of a JSON error (gRPC gateway's or RFC 9457's), or the body's own words, bounded."""
    try:
        document: Any = decode_json(body, limit=64 * 1024)
    except BadInput:
        document = {}
    texts = [document.get(name) for name in ("message", "detail", "title")] if isinstance(document, dict) else []
    found = next((text for text in texts if isinstance(text, str) and text), body[:1000].decode("utf-8", "replace"))
    return one_sentence(ValueError(found)) if found.strip() else "no reason given"


def _within(seconds: float, work: Callable[[], T]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the caller below
            errors.append(error)

    thread = threading.Thread(target=run, name="sign", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise PeerFailed(f"the signing service did not answer within {seconds:g} seconds", todo="try again later")
    return results[0]
