"""What a package's page tells of its files: read from the blob store, checked by digest, kept while it is wanted.

Facts of a manifest never change, so a bounded cache holds them; a fault (a damaged blob) is never kept.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...federation.blobs import BlobStore
from ...schemas import media
from ...schemas.bpf_object import Program
from ...schemas.contents import judged
from ...schemas.digest import Digest
from ...schemas.entry import Release
from ...schemas.errors import HubError, NotFound
from ...schemas.example import Example
from ...schemas.identity import Identity
from ...schemas.kernel_types import kernels_of
from ...schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, Descriptor, Manifest
from ...schemas.package import MAX_README_BYTES, PackageConfig
from ...schemas.permissions import Permissions
from ...signing.bundle import certificate_digest, verify_manifest_bundle
from ...signing.roots import TrustDomain
from ..hub.release_files import ReleaseFiles, read_layer, read_release
from .attached import AttachedFacts, read_attached
from .readme import Readme, render_readme
from .usage import ShownUsage, clipped

MAX_KEPT = 256  # packages; some ten kilobytes each
MAX_LOADING = 2  # packages read at once: an object may have 16 MiB
MAX_BUNDLE_BYTES = 1024 * 1024
MAX_SHOWN = 12  # programs, kernel types
MAX_WORD_CHARS = 120


@dataclass(frozen=True, slots=True)
class Described:
    """A package's description of itself, shortened."""

    description: str
    license: str
    authors: tuple[str, ...]
    url: str
    keywords: tuple[str, ...]

    @classmethod
    def of(cls, config: PackageConfig) -> Described:
        """Shorten a config to what a page shows; only http and https addresses become links."""
        url = config.url if config.url.startswith(("https://", "http://")) else ""
        return cls(
            clipped(config.description, 600),
            clipped(config.license, MAX_WORD_CHARS),
            tuple(clipped(author, MAX_WORD_CHARS) for author in config.authors[:4]),
            url if len(url) <= 300 else "",
            tuple(config.keywords[:12]),
        )


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program in the object, and the section that says where it is attached."""

    name: str
    section: str


@dataclass(frozen=True, slots=True)
class KernelNeeds:
    """What an object asks of a kernel: `minimum` by its helpers ((0, 0): any); `types` that it reads by CO-RE."""

    minimum: tuple[int, int]
    btf: bool
    types: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """A verified signature: who, when (Unix seconds), its entry in the signature log, the certificate's digest."""

    identity: Identity
    signed_at: int
    log_index: int
    certificate: Digest


@dataclass(frozen=True, slots=True)
class ShownKernels:
    """Kernels of one distribution in an archive of kernel types: `name` is its ID, version and architecture."""

    name: str
    releases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """All that the files of one release tell. `signed` is None, and `unsigned` says why, when no signature holds.

    `kernels` is there for an archive of kernel types alone; `files` are all but theirs. `is_example_own`: the recorded
    output is of this very code.
    """

    about: Described
    readme: Readme
    readme_digest: Digest | None
    usage: ShownUsage
    permissions: Permissions
    programs: tuple[ProgramFacts, ...]
    more_programs: int
    needs: KernelNeeds
    files: tuple[Descriptor, ...]
    signed: ShownSignature | None
    unsigned: str
    attached: tuple[AttachedFacts, ...] = ()
    kernels: tuple[ShownKernels, ...] = ()
    example: Example | None = None
    is_example_own: bool = False


class FactsReader:
    """Reads facts. `trust` gives an origin's trust domains by their names. Blocking."""

    def __init__(self, store: BlobStore, trust: Callable[[str], Mapping[str, TrustDomain]]) -> None:
        self._store = store
        self._trust = trust

    def read(self, origin: str, release: Release) -> PackageFacts:
        """Read what a page shows. Raises: NotFound, NotTrusted (a changed blob), BadInput, StorageFailed."""
        files = read_release(self._store, release)
        manifest, config, permissions = files.manifest, files.config, files.permissions
        programs = files.programs
        signed, unsigned = self._signature(origin, release)
        readme = manifest.layer(media.README)
        return PackageFacts(
            Described.of(config),
            render_readme(self._text(readme), title=config.name),
            readme.digest if readme else None,
            ShownUsage.of(config.usage),
            permissions,
            _shown(programs),
            max(len(programs) - MAX_SHOWN, 0),
            _needs(files),
            tuple(judged(manifest)),
            signed,
            unsigned,
            read_attached(self._store, release, self._trust(origin).get(release.identity.domain)),
            _kernels(manifest),
            config.example,
            files.is_example_own,
        )

    def _text(self, readme: Descriptor | None) -> str:
        if readme is None or readme.size > MAX_README_BYTES:
            return ""
        return read_layer(self._store, readme).decode("utf-8", "replace")

    def _signature(self, origin: str, release: Release) -> tuple[ShownSignature | None, str]:
        domain = self._trust(origin).get(release.identity.domain)
        if domain is None:
            return None, f"this hub has no trusted root of the domain {release.identity.domain}"
        reason = "the log names no signature of it"
        for referrer in release.referrers:
            try:
                bundle = self._bundle(referrer)
                signed = verify_manifest_bundle(bundle, domain, manifest=release.manifest)
                certificate = certificate_digest(bundle)
            except HubError as error:
                reason = clipped(error.what, 300)
                continue
            if signed.identity == release.identity:
                return ShownSignature(*(signed.identity, signed.signed_at, signed.log_index), certificate), ""
            reason = "it is signed by somebody else than the log says"
        return None, reason

    def _bundle(self, referrer: Digest) -> bytes:
        manifest = Manifest.parse(self._store.read(referrer, limit=MAX_PACKAGE_MANIFEST_BYTES))
        layer = manifest.layer(media.SIGSTORE_BUNDLE)
        if layer is None:
            raise NotFound("the referrer holds no Sigstore bundle", where=referrer)
        return self._store.read(layer.digest, limit=MAX_BUNDLE_BYTES)


class FactsCache:
    """Facts by origin and manifest, the most recently wanted ones kept; one event loop."""

    def __init__(self, reader: FactsReader) -> None:
        self._reader = reader
        self._kept: OrderedDict[tuple[str, Digest], PackageFacts] = OrderedDict()
        self._loading = asyncio.Semaphore(MAX_LOADING)

    async def get(self, origin: str, release: Release) -> PackageFacts:
        """The facts of a release. Raises: as FactsReader.read."""
        key = (origin, release.manifest)
        found = self._kept.get(key)
        if found is None:
            async with self._loading:
                found = self._kept.get(key)
                if found is None:  # nobody else has read it meanwhile
                    found = await asyncio.to_thread(self._reader.read, origin, release)
        self._kept[key] = found
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found


def _kernels(manifest: Manifest) -> tuple[ShownKernels, ...]:
    groups: dict[str, list[str]] = {}
    for system in sorted(kernels_of(manifest)):
        groups.setdefault(f"{system.id} {system.version} {system.architecture}", []).append(system.release)
    return tuple(ShownKernels(name, tuple(releases)) for name, releases in groups.items())


def _shown(programs: Sequence[Program]) -> tuple[ProgramFacts, ...]:
    return tuple(
        ProgramFacts(clipped(item.name, MAX_WORD_CHARS), clipped(item.section, MAX_WORD_CHARS))
        for item in programs[:MAX_SHOWN]
    )


def _needs(files: ReleaseFiles) -> KernelNeeds:
    roots = files.kernel_types
    types = tuple(clipped(name, MAX_WORD_CHARS) for name in roots[:MAX_SHOWN])
    return KernelNeeds(files.permissions.minimum_kernel, files.needs_btf, types, max(len(roots) - MAX_SHOWN, 0))
