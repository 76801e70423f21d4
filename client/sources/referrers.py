"""The Sigstore bundles that refer to a manifest in a registry: OCI distribution 1.1, "Listing Referrers".

By the referrers API, and where a registry has none by the tag `sha256-<hex>` (the referrers tag schema). What is found
is not believed: anybody who may push there can put anything there.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from ...federation.transport import Response, expect
from ...schemas import media
from ...schemas.codec import decode_json
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, HubError, PeerFailed
from ...schemas.fields import Fields
from ...schemas.oci import MAX_MANIFEST_BYTES, MAX_PACKAGE_MANIFEST_BYTES, Descriptor, Manifest
from ...signing.material import MAX_BUNDLE_BYTES
from .registry import Registry

MAX_REFERRERS = 4096  # in one list
MAX_PAGES = 8  # of a list
MAX_BUNDLES = 32  # that are fetched for one manifest
_NO_API = (400, 404, 405, 406, 501)  # registries from before version 1.1
_NEXT = re.compile(r'\s*<([^<>]{1,2048})>\s*;\s*rel="?next"?\s*(?:[,;]|$)')
_PREDICATE = "dev.sigstore.bundle.predicateType"


async def find_bundles(registry: Registry, subject: Digest, *, where: str) -> tuple[bytes, ...]:
    """Fetch the Sigstore bundles about a manifest, at most MAX_BUNDLES; those said to be signatures come first.

    Raises: PeerFailed, Denied when the registry cannot be asked; a referrer that is malformed is passed over.
    """
    listed = await _listed(registry, subject, where)
    bundles = [item for item in listed if item.artifact_type == media.SIGSTORE_BUNDLE]
    bundles.sort(key=lambda item: item.annotations.get(_PREDICATE) != media.COSIGN_SIGN_PREDICATE)
    found, refusal = [], None
    for descriptor in bundles[:MAX_BUNDLES]:
        try:
            found.append(await _bundle(registry, descriptor, subject))
        except HubError as error:
            refusal = error
    if refusal is not None and not found:
        raise refusal
    return tuple(found)


async def _bundle(registry: Registry, descriptor: Descriptor, subject: Digest) -> bytes:
    if descriptor.size > MAX_PACKAGE_MANIFEST_BYTES:
        raise BadInput(f"has a manifest of more than {MAX_PACKAGE_MANIFEST_BYTES} bytes", where="referrer")
    manifest = Manifest.parse(await registry.manifest(descriptor), where="referrer")
    if manifest.subject is None or manifest.subject.digest != subject or len(manifest.layers) != 1:
        raise BadInput("is listed as the signature of a manifest, and is none of it", where="referrer")
    layer = manifest.layers[0]
    if layer.media_type != media.SIGSTORE_BUNDLE or layer.size > MAX_BUNDLE_BYTES:
        raise BadInput(f"must have one layer, a Sigstore bundle of at most {MAX_BUNDLE_BYTES} bytes", where="referrer")
    return await registry.blob(layer)


async def _listed(registry: Registry, subject: Digest, where: str) -> list[Descriptor]:
    path = f"referrers/{subject}"
    found: list[Descriptor] = []
    for page in range(MAX_PAGES):
        answer = await registry.ask(path, MAX_MANIFEST_BYTES)
        if page == 0 and answer.status in _NO_API:
            return await _tagged(registry, subject, where)
        found += read_referrers(expect(answer, 200, where=where).body, where=where)
        following = _next(answer, f"{registry.url}/{path}", registry.url)
        if not following:
            return found
        path = following
    return found


async def _tagged(registry: Registry, subject: Digest, where: str) -> list[Descriptor]:
    answer = await registry.ask(f"manifests/{subject.replace(':', '-')}", MAX_MANIFEST_BYTES)
    return [] if answer.status == 404 else read_referrers(expect(answer, 200, where=where).body, where=where)


def read_referrers(body: bytes, *, where: str) -> list[Descriptor]:
    """Read a list of referrers, an image index of at most MAX_REFERRERS. Raises: PeerFailed: it is the registry's."""
    place = f"{where}: list of referrers"
    try:
        fields = Fields(decode_json(body, limit=MAX_MANIFEST_BYTES, where=place), place)
        if fields.text("mediaType", limit=255, default=media.OCI_INDEX) != media.OCI_INDEX:
            raise BadInput("is no image index", where=place)
        return [Descriptor.read(item) for item in fields.maps("manifests", limit=MAX_REFERRERS, default=[])]
    except BadInput as error:
        raise PeerFailed(f"the registry's list of referrers is malformed: {error.what}", where=where) from error


def _next(answer: Response, asked: str, repository: str) -> str:
    """The path of the next page (RFC 8288), which must lie in the same repository; empty where there is none."""
    told = [value for name, value in answer.headers.items() if name.lower() == "link"]
    match = _NEXT.match(", ".join(told))
    if match is None:
        return ""
    target = urlsplit(urljoin(asked, match[1]))
    address = f"{target.scheme}://{target.netloc}{target.path}"
    if not address.startswith(f"{repository}/referrers/"):
        raise PeerFailed("the registry's list of referrers goes on elsewhere", where=repository)
    return address.removeprefix(f"{repository}/") + (f"?{target.query}" if target.query else "")
