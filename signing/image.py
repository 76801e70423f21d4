"""From an image's bytes, or a signed package file's, to a verified image: whose signature in which trust domain.

For what no hub's log speaks of: somebody names the identity that must have signed (protocol.md section 7). Pure: no
network, file or clock. Whether a tag means this image is the registry's word alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..schemas.codec import decode_json
from ..schemas.contents import PackageContents, judged
from ..schemas.digest import Digest
from ..schemas.errors import HubError, NotTrusted
from ..schemas.fields import Fields
from ..schemas.identity import Identity, Owner
from ..schemas.oci import MAX_MANIFEST_BYTES, Manifest
from .bundle import SignedManifest, verify_manifest_bundle
from .roots import TrustDomain
from .verdict import refusals
from .verified import Check, Seal

MAX_DOCUMENTS = 8  # an index in an index, and the manifest
MAX_ENTRIES = 256  # manifests of an index, layers of a manifest
_SEAL = Seal(__name__)
_RANK = ("identity", "digests", "signature", "")  # which of several refusals tells most


@dataclass(frozen=True, slots=True)
class ImageBytes:
    """What was fetched, unverified. `documents` lead from what was named (an index, perhaps) to the manifest.

    `contents` is there for one of our packages, else `data`, a layer of the manifest. `bundles` by what they refer to.
    """

    place: str
    documents: tuple[bytes, ...]
    contents: PackageContents | None
    data: bytes
    bundles: Mapping[Digest, Sequence[bytes]]

    @property
    def manifest(self) -> Digest:
        """The manifest's digest."""
        return Digest.of(self.documents[-1])


@dataclass(frozen=True, slots=True)
class VerifiedImage:
    """An image whose signature was verified: exactly these bytes, by this identity. Only verify_image makes one."""

    place: str
    manifest: Digest
    identity: Identity
    checks: tuple[Check, ...]
    contents: PackageContents | None
    data: bytes
    seal: Seal

    def __post_init__(self) -> None:
        if not isinstance(self.seal, Seal):
            raise HubError("a verified image needs the seal of a check")


def verify_image(image: ImageBytes, domain: TrustDomain, signer: Owner) -> VerifiedImage:
    """Find a bundle in which `signer` signed the image's manifest, or the index that leads to it. Raises: NotTrusted.

    Every byte is hashed here, whoever fetched it: documents, config, layers.
    """
    if signer.domain != domain.name:
        raise NotTrusted(f"{signer} is asked for in {signer.domain}, not in {domain.name}", check="trust")
    with refusals():
        _check_documents(image)
        contents = _content(image)
        subject, signed = _signed(image, domain, signer)
    blobs = len(judged(contents.manifest)) if contents is not None else 1
    through = "" if subject == image.manifest else f", named by the signed index {subject}"
    return VerifiedImage(
        image.place,
        image.manifest,
        signed.identity,
        (
            Check(
                "signature",
                f"Sigstore bundle by {signed.identity}, trust domain {domain.name}, log index {signed.log_index}",
            ),
            Check("identity", f"{signed.identity.subject} is {signer}"),
            Check("digests", f"manifest {image.manifest}, {blobs} blob{'' if blobs == 1 else 's'}{through}"),
        ),
        contents,
        image.data,
        _SEAL,
    )


def _signed(image: ImageBytes, domain: TrustDomain, signer: Owner) -> tuple[Digest, SignedManifest]:
    refusals = []
    for document in image.documents:
        subject = Digest.of(document)
        for bundle in image.bundles.get(subject, ()):
            try:
                signed = verify_manifest_bundle(bundle, domain, manifest=subject)
                if signer.matches(signed.identity):
                    return subject, signed
                raise NotTrusted(f"signed by {signed.identity}, not by {signer}", check="identity")
            except NotTrusted as error:
                refusals.append(error)
    if not refusals:
        raise NotTrusted(
            f"nobody has signed it: there is no Sigstore bundle for {image.manifest}",
            check="signature",
            where=image.place,
            todo="Whoever made it must sign it, for example by `cosign sign`.",
        )
    told = min(refusals, key=lambda error: _RANK.index(error.check) if error.check in _RANK else len(_RANK))
    raise NotTrusted(told.what, check=told.check, where=image.place) from told


def _check_documents(image: ImageBytes) -> None:
    if not 0 < len(image.documents) <= MAX_DOCUMENTS:
        raise NotTrusted(f"has {len(image.documents)} manifests on its way", check="digests", where=image.place)
    for above, below in zip(image.documents, image.documents[1:], strict=False):
        if Digest.of(below) not in _named(above, "manifests", image.place):
            raise NotTrusted(f"no index names {Digest.of(below)}", check="digests", where=image.place)


def _content(image: ImageBytes) -> PackageContents | None:
    """Hash what will be used. Raises: NotTrusted."""
    manifest = image.documents[-1]
    if image.contents is None:
        if Digest.of(image.data) not in _named(manifest, "layers", image.place):
            what = f"its content {Digest.of(image.data)} is no layer of the manifest {image.manifest}"
            raise NotTrusted(what, check="digests", where=image.place)
        return None
    if image.contents.manifest.raw != manifest:
        raise NotTrusted("its content is that of another manifest", check="digests", where=image.place)
    return PackageContents.open(Manifest.parse(manifest), image.contents.blobs)


def _named(document: bytes, field: str, where: str) -> set[Digest]:
    fields = Fields(decode_json(document, limit=MAX_MANIFEST_BYTES, where=where), where)
    return {item.digest("digest") for item in fields.maps(field, limit=MAX_ENTRIES, default=[])}
