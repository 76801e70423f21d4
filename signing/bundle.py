"""Verify Sigstore bundles over manifests and artifacts in one trust domain: bytes in, who signed out, no network.

Policy (may this identity publish here?) is the caller's. A bundle is malleable: nothing may be keyed by its hash.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from ..schemas import media
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from .material import Content, Material
from .roots import TrustDomain, base64_field
from .statement import Statement
from .verdict import CHECK, AnyIdentity, Proof, refusals

MAX_PAYLOAD_CHARS = 512 * 1024
MAX_CERTIFICATE_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest's verified signature: who (with trust domain), when (Unix seconds), and where in the log."""

    identity: Identity
    signed_at: int
    predicate_type: str
    log_index: int


def verify_manifest_bundle(
    bundle: bytes,
    domain: TrustDomain,
    *,
    manifest: Digest,
    name: str | None = None,
    predicate_type: str = media.COSIGN_SIGN_PREDICATE,
) -> SignedManifest:
    """Verify a DSSE bundle of at most MAX_BUNDLE_BYTES over a manifest's digest (protocol.md section 3).

    `name`, where given, must be the statement's subject name, where that has one.

    Raises: NotTrusted, whatever is wrong.
    """
    with refusals():
        from .verifier import prove

        material = _of(Content.DSSE, bundle)
        policy = AnyIdentity()
        proof, (kind, payload) = prove(material, domain, lambda verifier, it: verifier.verify_dsse(it, policy))
        statement = Statement.parse(kind, payload)
        statement.require(manifest=manifest, name=name, predicate_type=predicate_type)
        return SignedManifest(proof.identity, proof.signed_at, statement.predicate_type, proof.log_index)


def verify_in_one(
    bundle: bytes,
    domains: Sequence[TrustDomain],
    *,
    manifest: Digest,
    name: str | None = None,
    predicate_type: str = media.COSIGN_SIGN_PREDICATE,
) -> SignedManifest:
    """Verify a bundle as verify_manifest_bundle does, in the domain whose log it is in; the first of several.

    Raises: NotTrusted.
    """
    with refusals():
        log = _of(Content.DSSE, bundle).entry.log_id
    fitting = [domain for domain in domains if any(log in item.key_ids for item in domain.logs)]
    refusal = NotTrusted(
        f"no trust domain here ({', '.join(domain.name for domain in domains)}) knows the log of the Sigstore bundle",
        check=CHECK,
        todo="It was signed with another Sigstore than those that this hub trusts.",
    )
    for domain in fitting:
        try:
            return verify_manifest_bundle(bundle, domain, manifest=manifest, name=name, predicate_type=predicate_type)
        except NotTrusted as error:
            refusal = error
    raise refusal


def verify_artifact_bundle(bundle: bytes, domain: TrustDomain, *, artifact: Digest, identity: Identity) -> Proof:
    """Verify a message-signature bundle over an artifact's digest, made by exactly this identity.

    Raises: NotTrusted, whatever is wrong.
    """
    with refusals():
        from sigstore.hashes import Hashed
        from sigstore_models.common.v1 import HashAlgorithm

        from .verifier import prove

        material = _of(Content.MESSAGE, bundle)
        hashed, policy = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=artifact.raw), AnyIdentity()
        proof, _ = prove(material, domain, lambda verifier, it: verifier.verify_artifact(hashed, it, policy))
        require_identity(proof.identity, identity)
        return proof


def logged_body(bundle: bytes) -> bytes:
    """The body of a bundle's log entry, which is nobody's word before the bundle was verified. Raises: BadInput."""
    (entry,) = (
        Fields(Material.parse(bundle).document, "Sigstore bundle")
        .map("verificationMaterial")
        .maps("tlogEntries", limit=1)
    )
    return base64_field(entry, "canonicalizedBody", limit=MAX_PAYLOAD_CHARS)


def certificate_digest(bundle: bytes) -> Digest:
    """The SHA-256 of the signer's certificate in a bundle, nobody's word before it was verified. Raises: BadInput."""
    held = Fields(Material.parse(bundle).document, "Sigstore bundle").map("verificationMaterial")
    first = held.map("certificate") if held.has("certificate") else _first_of_chain(held)
    return Digest.of(base64_field(first, "rawBytes", limit=MAX_CERTIFICATE_CHARS))


def _first_of_chain(held: Fields) -> Fields:
    chain = held.map("x509CertificateChain").maps("certificates", limit=8)
    if not chain:
        raise BadInput("holds no certificate", where="Sigstore bundle")
    return chain[0]


def claimed_predicate(bundle: bytes) -> str:
    """The predicate type that a DSSE bundle claims, which nobody has verified; empty for another kind of bundle.

    Raises: BadInput.
    """
    material = Material.parse(bundle)
    return claimed_statement(material).predicate_type if material.content is Content.DSSE else ""


def claimed_statement(material: Material) -> Statement:
    """The statement that a DSSE bundle claims, which nobody has verified. Raises: BadInput."""
    kind, payload = _claimed_payload(material)
    return Statement.parse(kind, payload)


def signed_payload(
    bundle: bytes, domain: TrustDomain, *, manifest: Digest, predicate_type: str
) -> tuple[bytes, Identity]:
    """Verify a DSSE bundle as verify_manifest_bundle does; give the statement's bytes and who signed it.

    Raises: NotTrusted, whatever is wrong.
    """
    signed = verify_manifest_bundle(bundle, domain, manifest=manifest, predicate_type=predicate_type)
    with refusals():
        return _claimed_payload(Material.parse(bundle))[1], signed.identity  # what was verified, not only claimed


def _claimed_payload(material: Material) -> tuple[str, bytes]:
    envelope = Fields(material.document["dsseEnvelope"], "Sigstore bundle.dsseEnvelope")
    try:
        payload = base64.b64decode(envelope.text("payload", limit=MAX_PAYLOAD_CHARS), validate=True)
    except ValueError as error:
        raise BadInput("is not base64", where=envelope.at("payload")) from error
    return envelope.text("payloadType", limit=255), payload


def require_identity(found: Identity, wanted: Identity) -> None:
    """Demand exactly this domain, issuer and subject. Raises: NotTrusted."""
    if found != wanted:
        raise NotTrusted(f"signed by {found}, not by {wanted}", check="identity")


def _of(content: Content, bundle: bytes) -> Material:
    material = Material.parse(bundle)
    if material.content is not content:
        what = f"the Sigstore bundle holds a {material.content.value}, not a {content.value}"
        raise NotTrusted(what, check=CHECK)
    return material
