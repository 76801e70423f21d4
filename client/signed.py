"""A program out of an image or package file whose signature was verified for the identity that the user named.

What stands between a VerifiedPackage, for which a hub's log speaks too, and an UnsignedProgram. How the bytes are read
is the same as for the latter; that they are the signed ones was proven in signing/image.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..federation.package_file import PackageFile
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, HubError
from ..schemas.package import PackageConfig
from ..signing.image import ImageBytes, VerifiedImage, verify_image
from ..signing.verified import Check
from .policy.demands import canonical_name
from .signer import Signer
from .sources.found import opened
from .sources.program import program_of
from .sources.sniff import Kind, check_kind


@dataclass(frozen=True, slots=True)
class SignedProgram:
    """What an UnsignedProgram has, read out of exactly the bytes of `image`. `settings` as there."""

    image: VerifiedImage
    config: PackageConfig
    bpf_object: bytes | None
    wasm: bytes | None
    types: bytes | None
    settings: tuple[tuple[str, int, bytes], ...]

    def __post_init__(self) -> None:
        if not isinstance(self.image, VerifiedImage):
            raise HubError("a signed program needs a verified image")

    @property
    def reference(self) -> str:
        """The image's or file's name, as people wrote it."""
        return self.image.place

    @property
    def canonical(self) -> str:
        """The name by which rules know it."""
        return canonical_name(self.image)

    @property
    def manifest(self) -> Digest:
        """The manifest's digest."""
        return self.image.manifest

    @property
    def publisher(self) -> str:
        """Who signed."""
        return str(self.image.identity)

    @property
    def checks(self) -> tuple[Check, ...]:
        """What was checked, with evidence."""
        return self.image.checks

    @property
    def warnings(self) -> tuple[str, ...]:
        """None: there is no log whose age could be told."""
        return ()

    @property
    def vouching(self) -> str:
        """Who vouches for it, in a line."""
        return f"{self.reference} is signed by {self.publisher}, trust domain {self.image.identity.domain}"


def signed_program(image: VerifiedImage, *, kind: str = "") -> SignedProgram:
    """Read the program in a verified image; `kind` is what the user says it is (json, tar, wasm). Raises: BadInput."""
    name = image.place.rpartition("/")[2].partition("@")[0].partition(":")[0]
    inner = image.contents if image.contents is not None else image.data
    found = opened(inner, image.place, name, outside=True, image=image.manifest)
    check_kind(found.kind, kind, where=image.place)
    if found.kind is Kind.PACKAGE_FILE:
        raise BadInput("holds a package file, not a package", where=image.place)
    read = program_of(found)
    return SignedProgram(image, read.config, read.bpf_object, read.wasm, read.types, read.settings)


def verify_signed_file(file: PackageFile, signer: Signer, *, place: str) -> VerifiedImage:
    """Verify the bundles in a package file for a signer, with no network and no hub's log. Raises: NotTrusted."""
    manifest = file.contents.manifest
    held = {manifest.digest: file.bundles()}
    image = ImageBytes(place, (manifest.raw,), file.contents, b"", held)
    return verify_image(image, signer.domain, signer.owner)
