"""Pulling from any OCI registry: `oci://registry[:port]/repository[:tag][@sha256:…]` (OCI distribution 1.1).

Every manifest and blob is checked by its digest. What a tag means is the registry's word alone, as ever with OCI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ...federation.transport import Response, Transport, expect, is_loopback
from ...schemas.contents import PackageContents, check_blob
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, NotFound, NotTrusted
from ...schemas.oci import MAX_MANIFEST_BYTES, Descriptor
from ...schemas.package import MAX_PACKAGE_BYTES
from ...schemas.reference import check_tag
from .docker_login import DOCKER_HUB, Login
from .image import ACCEPT, Image, choose, read_image
from .registry_login import authorization
from .web import get

SCHEME = "oci://"
MAX_NESTED = 3  # indexes in indexes
MAX_NAME_CHARS = 255
_DOCKER_HUB_ADDRESS = "registry-1.docker.io"
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A repository of a registry, and a tag or digest in it."""

    registry: str
    repository: str
    tag: str = "latest"
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Read `oci://registry[:port]/repository[:tag][@digest]`. Raises: BadInput."""
        rest, at, digest = text.removeprefix(SCHEME).partition("@")
        registry, slash, path = rest.partition("/")
        path, colon, tag = path.partition(":")
        if not slash or not _HOST.fullmatch(registry) or len(path) > MAX_NAME_CHARS or not _REPOSITORY.fullmatch(path):
            raise BadInput(
                f"{text[:200]!r} is not an image", where="name", todo="oci://registry[:port]/repository[:tag]"
            )
        if registry == DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        return cls(
            registry,
            path,
            check_tag(tag) if colon else "latest",
            Digest.parse(digest, where=text[:200]) if at else None,
        )

    @property
    def canonical(self) -> str:
        """The repository, without tag and digest: the name by which rules know the image."""
        return f"{SCHEME}{self.registry}/{self.repository}"

    @property
    def name(self) -> str:
        """The last part of the repository's name."""
        return self.repository.rpartition("/")[2]

    @property
    def url(self) -> str:
        """The repository's address: https, but for registries on this machine."""
        host = _DOCKER_HUB_ADDRESS if self.registry == DOCKER_HUB else self.registry
        scheme = "http" if is_loopback(urlsplit(f"//{host}").hostname or "") else "https"
        return f"{scheme}://{host}/v2/{self.repository}"

    def __str__(self) -> str:
        text = f"{SCHEME}{self.registry}/{self.repository}"
        return f"{text}@{self.digest}" if self.digest else f"{text}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What an image holds: one of our packages, else the bytes of its one file; `digest` is its manifest's.

    `documents` lead to it: what the reference named (an image index, perhaps), and at the end the manifest.
    """

    digest: Digest
    contents: PackageContents | None = None
    data: bytes = b""
    documents: tuple[bytes, ...] = ()


class Registry:
    """One repository during one pull. Logs in when it is asked to, with `login` or as nobody."""

    def __init__(self, transport: Transport, reference: ImageReference, *, login: Login | None = None) -> None:
        self._transport = transport
        self._reference = reference
        self._login = login
        self._authorization = ""

    async def pull(self) -> Pulled:
        """Fetch what the reference names, for this machine. Raises: HubError."""
        documents = [await self._named()]
        for _ in range(MAX_NESTED):
            read = read_image(documents[-1], where=str(self._reference))
            if isinstance(read, Image):
                return replace(await self._open(read), documents=tuple(documents))
            documents.append(await self.manifest(choose(read, where=str(self._reference))))
        raise BadInput(f"nests image indexes more than {MAX_NESTED} deep", where=str(self._reference))

    async def _open(self, image: Image) -> Pulled:
        digest = Digest.of(image.raw)
        if image.package is not None:
            blobs = {item.digest: await self.blob(item) for item in image.package.blobs}
            return Pulled(digest, PackageContents.open(image.package, blobs))
        if image.layer is None:
            raise BadInput("holds nothing", where=str(self._reference))
        return Pulled(digest, data=await self.blob(image.layer))

    async def _named(self) -> bytes:
        wanted = self._reference.digest
        answer = await self._get(f"manifests/{wanted or self._reference.tag}", MAX_MANIFEST_BYTES)
        if wanted is not None and Digest.of(answer.body) != wanted:
            raise NotTrusted("the manifest is not the one that the digest names", check="blob", where=self._where)
        return answer.body

    async def manifest(self, descriptor: Descriptor) -> bytes:
        """A manifest or index that another document names. Raises: HubError."""
        if descriptor.size > MAX_MANIFEST_BYTES:
            raise BadInput(f"has a manifest of more than {MAX_MANIFEST_BYTES} bytes", where=self._where)
        answer = await self._get(f"manifests/{descriptor.digest}", descriptor.size)
        return check_blob(descriptor, answer.body, where=self._where)

    async def blob(self, descriptor: Descriptor) -> bytes:
        """A blob that a manifest names, at most MAX_PACKAGE_BYTES. Raises: HubError."""
        if descriptor.size > MAX_PACKAGE_BYTES:
            raise BadInput(f"has a blob of more than {MAX_PACKAGE_BYTES} bytes", where=self._where)
        answer = await self._get(f"blobs/{descriptor.digest}", descriptor.size)
        return check_blob(descriptor, answer.body, where=self._where)

    @property
    def url(self) -> str:
        """The repository's address."""
        return self._reference.url

    @property
    def _where(self) -> str:
        return str(self._reference)

    async def _get(self, path: str, limit: int) -> Response:
        answer = await self.ask(path, limit)
        if answer.status == 404:
            raise NotFound("the registry does not have this image, or not for you", where=self._where)
        return expect(answer, 200, where=self._where)

    async def ask(self, path: str, limit: int) -> Response:
        """What the repository answers at a path, whatever its status; logs in when asked to. Raises: HubError."""
        limit = max(limit, 64 * 1024)  # a refusal has a body too
        url = f"{self._reference.url}/{path}"
        _, answer = await get(self._transport, url, limit=limit, headers=self._headers())
        if answer.status == 401 and not self._authorization:
            self._authorization = await authorization(
                self._transport,
                answer,
                self._login,
                url=self._reference.url,
                registry=self._reference.registry,
            )
            _, answer = await get(self._transport, url, limit=limit, headers=self._headers())
        return answer

    def _headers(self) -> Mapping[str, str]:
        return {"Accept": ACCEPT} | ({"Authorization": self._authorization} if self._authorization else {})


async def pull(transport: Transport, text: str, *, login: Login | None = None) -> Pulled:
    """Pull `oci://…`, anonymously or with a login. Raises: HubError."""
    return await Registry(transport, ImageReference.parse(text), login=login).pull()
