"""Where an origin's content is asked for: the origin's own hub, or a mirror of it. The same requests, other addresses.

What comes back is untrusted; only digests that the caller names are checked here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..schemas import media
from ..schemas.answer import MAX_ANSWER_BYTES, IndexAnswer
from ..schemas.codec import decode_json
from ..schemas.contents import check_blob
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.fields import Fields
from ..schemas.oci import MAX_BLOB_BYTES, MAX_PACKAGE_MANIFEST_BYTES, Descriptor, Manifest
from ..schemas.reference import Reference
from ..signing.material import MAX_BUNDLE_BYTES as MAX_SIGSTORE_BUNDLE_BYTES
from ..signing.notes import MAX_NOTE_BYTES
from .log.tiles import MAX_BUNDLE_BYTES, TileName, unpack_entries
from .transport import Transport, check_url, is_loopback

MAX_TRUST_BYTES = 256 * 1024
MAX_HINT_BYTES = 256 * 1024
NEWS_SECONDS = 20  # how long a long-poll may wait


@dataclass(frozen=True, slots=True)
class HubSource:
    """One server at `url` that has `origin`'s content; `mirror` tells that it is not the origin itself."""

    transport: Transport
    url: str
    origin: str
    mirror: bool = False

    @property
    def _base(self) -> str:
        return f"{self.url}/mirror/{hashlib.sha256(self.origin.encode()).hexdigest()}" if self.mirror else self.url

    @property
    def _log(self) -> str:
        return self._base if self.mirror else f"{self.url}/log"

    def _repository(self, namespace: str, name: str) -> str:
        return f"{self.url}/v2/{self.origin}/{namespace}/{name}" if self.mirror else f"{self.url}/v2/{namespace}/{name}"

    async def origin_note(self) -> str:
        """The origin note. Raises: HubError."""
        return await self._text(f"{self._base}/origin")

    async def checkpoint(self, *, newer: int | None = None) -> str:
        """The newest checkpoint; with `newer`, wait a while for one of more entries. Raises: HubError."""
        wait = "" if newer is None else f"?newer={newer}"
        return await self._text(f"{self._log}/checkpoint{wait}")

    async def entries(self, bundle: int, width: int) -> list[bytes]:
        """The first `width` entries of an entry bundle. Raises: HubError."""
        url = f"{self._log}/{TileName(None, bundle, width).path}"
        data = await self.transport.get(url, limit=MAX_BUNDLE_BYTES)
        return unpack_entries(data, count=width, where=url)

    @property
    def _rekor(self) -> str:
        return f"{self._base}/rekor" if self.mirror else f"{self.url}/sigstore/rekor/api/v2"

    async def rekor_checkpoint(self) -> str:
        """The newest checkpoint of the Rekor log of the origin's authority. Raises: HubError."""
        return await self._text(f"{self._rekor}/checkpoint")

    async def rekor_entries(self, bundle: int, width: int) -> list[bytes]:
        """The first `width` entries of an entry bundle of that log. Raises: HubError."""
        url = f"{self._rekor}/{TileName(None, bundle, width).path}"
        data = await self.transport.get(url, limit=MAX_BUNDLE_BYTES)
        return unpack_entries(data, count=width, where=url)

    async def answer(self, reference: Reference, *, since: int) -> IndexAnswer:
        """The index answer for a name. Raises: HubError."""
        url = f"{self._base}/index/package/{reference.package}:{reference.tag}?from={since}"
        return IndexAnswer.parse(await self.transport.get(url, limit=MAX_ANSWER_BYTES), where=url)

    async def mirrors(self) -> list[str]:
        """Addresses of mirrors that the origin lists: hints. Raises: HubError."""
        url = f"{self.url}/.well-known/ebpfhub.json"
        data = await self.transport.get(url, limit=MAX_HINT_BYTES)
        fields = Fields(decode_json(data, limit=MAX_HINT_BYTES, where=url), url)
        urls = [item.text("url", limit=1024) for item in fields.maps("mirrors", limit=64, default=[])]
        return [hint for hint in urls if may_be_asked(hint, by=self.url)]

    async def trusted_root(self, digest: Digest) -> bytes:
        """A trusted root that the origin note names. Raises: HubError; NotTrusted when it is another's bytes."""
        url = f"{self._base}/trust/{digest.hex}"
        data = await self.transport.get(url, limit=MAX_TRUST_BYTES)
        if Digest.of(data) != digest:
            raise NotTrusted("the trusted root is not the one that the origin note names", check="trust", where=url)
        return data

    async def order_bundle(self, digest: Digest) -> bytes:
        """An owner's Sigstore bundle over an order of the log. Raises: HubError; NotTrusted for another's bytes."""
        url = f"{self._log}/bundle/{digest.hex}"
        data = await self.transport.get(url, limit=MAX_SIGSTORE_BUNDLE_BYTES)
        if Digest.of(data) != digest:
            raise NotTrusted(f"the Sigstore bundle {digest} holds other bytes", check="signature", where=url)
        return data

    async def manifest(self, namespace: str, name: str, digest: Digest) -> Manifest:
        """A manifest by digest. Raises: HubError; NotTrusted when it is another's bytes."""
        url = f"{self._repository(namespace, name)}/manifests/{digest}"
        data = await self.transport.get(url, limit=MAX_PACKAGE_MANIFEST_BYTES, accept=media.OCI_MANIFEST)
        if Digest.of(data) != digest:
            raise NotTrusted(
                f"the manifest {digest} holds other bytes than its digest says",
                check="manifest",
                where=self.url,
                todo="It was replaced on the hub or on its way; nothing was loaded.",
            )
        return Manifest.parse(data, where=url)

    async def blob(self, namespace: str, name: str, descriptor: Descriptor) -> bytes:
        """A blob. Raises: HubError; NotTrusted when it is another's bytes."""
        url = f"{self._repository(namespace, name)}/blobs/{descriptor.digest}"
        limit = min(descriptor.size, MAX_BLOB_BYTES)
        return check_blob(descriptor, await self.transport.get(url, limit=limit), where=self.url)

    async def blobs(self, namespace: str, name: str, wanted: Sequence[Descriptor]) -> dict[Digest, bytes]:
        """Several blobs. Raises: HubError."""
        found = await asyncio.gather(*(self.blob(namespace, name, item) for item in wanted))
        return {item.digest: data for item, data in zip(wanted, found, strict=True)}

    async def _text(self, url: str) -> str:
        data = await self.transport.get(url, limit=MAX_NOTE_BYTES)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise BadInput("this is not UTF-8 text", where=url) from error


def may_be_asked(hint: str, *, by: str) -> bool:
    """Tell whether a hint is an address to ask: a hub elsewhere sends nobody to programs of their own machine."""
    try:
        host = urlsplit(check_url(hint)).hostname or ""
    except BadInput:
        return False
    return not is_loopback(host) or is_loopback(urlsplit(by).hostname or "")
