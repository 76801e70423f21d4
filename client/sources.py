"""Where an origin's content is asked for: the addresses of one server, and the requests that `acquire` makes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..federation.transport import Transport
from ..schemas import media
from ..schemas.answer import MAX_ANSWER_BYTES, IndexAnswer
from ..schemas.contents import check_blob
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, Descriptor, Manifest
from ..schemas.reference import Reference
from ..signing.notes import MAX_NOTE_BYTES

MAX_TRUST_BYTES = 1024 * 1024
MAX_BUNDLE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """One server that has an origin's content: the origin's own hub at `url`."""

    transport: Transport
    url: str

    async def origin_note(self) -> str:
        """GET /origin. Raises: HubError."""
        data = await self.transport.get(f"{self.url}/origin", limit=MAX_NOTE_BYTES)
        return _text(data, f"{self.url}/origin")

    async def answer(self, reference: Reference, *, since: int) -> IndexAnswer:
        """GET /index/package/…. Raises: HubError."""
        url = f"{self.url}/index/package/{reference.package}:{reference.tag}?from={since}"
        return IndexAnswer.parse(await self.transport.get(url, limit=MAX_ANSWER_BYTES), where=url)

    async def trusted_root(self, digest: Digest) -> bytes:
        """GET /trust/<sha256>. Raises: HubError."""
        url = f"{self.url}/trust/{digest.hex}"
        data = await self.transport.get(url, limit=MAX_TRUST_BYTES)
        if Digest.of(data) != digest:
            raise NotTrusted("the trusted root is not the one that the origin note names", check="trust", where=url)
        return data

    async def manifest(self, reference: Reference, digest: Digest) -> Manifest:
        """GET a manifest by digest. Raises: HubError; NotTrusted when it is another's bytes."""
        url = f"{self.url}/v2/{reference.package}/manifests/{digest}"
        data = await self.transport.get(url, limit=MAX_PACKAGE_MANIFEST_BYTES, accept=media.OCI_MANIFEST)
        if Digest.of(data) != digest:
            raise NotTrusted(
                f"the manifest {digest} holds other bytes than its digest says",
                check="manifest",
                where=self.url,
                todo="It was replaced on the hub or on its way; nothing was loaded.",
            )
        return Manifest.parse(data, where=url)

    async def blob(self, reference: Reference, descriptor: Descriptor) -> bytes:
        """GET a blob. Raises: HubError; NotTrusted when it is another's bytes."""
        url = f"{self.url}/v2/{reference.package}/blobs/{descriptor.digest}"
        return check_blob(descriptor, await self.transport.get(url, limit=descriptor.size))

    async def blobs(self, reference: Reference, manifest: Manifest) -> dict[Digest, bytes]:
        """All blobs of a manifest. Raises: HubError."""
        found = await asyncio.gather(*(self.blob(reference, item) for item in manifest.blobs))
        return {item.digest: data for item, data in zip(manifest.blobs, found, strict=True)}


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput("this is not UTF-8 text", where=where) from error
