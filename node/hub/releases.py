"""What the hub's log says of packages, and how a release gets into it: verify, store, log (protocol.md section 4)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from ...federation.blobs import BlobStore
from ...schemas.contents import MAX_FRAME_HEADER, PackageContents, judged, stated_size
from ...schemas.digest import Digest
from ...schemas.entry import MAX_REFERRERS, Entry, Release
from ...schemas.errors import BadInput, Conflict, Denied, HubError, NotTrusted, Unavailable
from ...schemas.identity import Identity, Owner
from ...schemas.kernel_types import MAX_KERNEL_BTF_BYTES, System, kernels_of
from ...schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ...schemas.ownership import Claim
from ...schemas.permissions import RULES_VERSION, permissions_digest, permissions_of_package
from ...schemas.record import State
from ...schemas.reference import DEFAULT_NAMESPACE
from ...schemas.wasm import check_module
from ...signing.bundle import SignedManifest, verify_in_one
from ...signing.roots import TrustDomain
from ..accounts.rights import Caller
from ..accounts.roles import Role
from ..ledger import Ledger
from ..registry.ports import Accepted
from .attached import fit_for_release, signs_attestation
from .catalogue import Catalogue, Listing
from .listing import make_listing
from .reading import all_tags, resolve_tag

log = logging.getLogger(__name__)


class LogReleases:
    """The registry's Releases over the ledger. `domains` gives the trust domains that the origin note names now.

    `check_own` raises NotTrusted for a verified signature of this hub's own authority that it knows nothing of;
    `check_packages` (namespace, all packages) raises Denied where another package is too many.
    """

    def __init__(
        self,
        *,
        origin: str,
        ledger: Ledger,
        store: BlobStore,
        domains: Callable[[], Mapping[str, TrustDomain]],
        catalogue: Catalogue,
        claim_free: bool,
        check_own: Callable[[SignedManifest, bytes], None] = lambda _signed, _bundle: None,
        check_packages: Callable[[str, Iterable[str]], None] = lambda _namespace, _packages: None,
    ) -> None:
        self._origin = origin
        self._ledger = ledger
        self._store = store
        self._domains = domains
        self._catalogue = catalogue
        self._claim_free = claim_free
        self._check_own = check_own
        self._check_packages = check_packages
        self._released: set[tuple[str, str, Digest]] = set()

    def saw(self, entry: Entry) -> None:
        """Take note of an entry of the log."""
        if isinstance(entry, Release):
            for digest in (entry.manifest, *entry.referrers):
                self._released.add((entry.namespace, entry.name, digest))

    async def resolve(self, namespace: str, name: str, tag: str) -> Digest | None:
        """The manifest that a tag or version means now."""
        return resolve_tag(self._ledger.replay, namespace, name, tag)

    def released(self, namespace: str, name: str, digest: Digest) -> bool:
        """Tell whether a manifest is part of a release."""
        return (namespace, name, digest) in self._released

    async def tags(self, namespace: str, name: str) -> list[str]:
        """Every tag and version."""
        return all_tags(self._ledger.replay, namespace, name)

    async def bundle_arrived(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        subject_manifest: bytes,
        bundle_manifest: bytes,
        bundle: bytes,
        *,
        attached: Sequence[Digest] = (),
    ) -> Accepted:
        """Judge a bundle about a staged manifest and log the release that it proves. Raises: HubError."""
        if caller.role < Role.PUBLISHER:
            raise Denied("publishing needs the role publisher", todo="Log in with `ecli login`.")
        manifest = Manifest.parse(subject_manifest)
        referrer = Digest.of(bundle_manifest)
        if self.released(namespace, name, manifest.digest):
            # a second signature over a released manifest: kept as any referrer, logged already
            self._check_stands(namespace, name, manifest.digest)
            return Accepted(None)
        if signs_attestation(bundle):  # waits for the signature of the release, which names what was fit to wait
            return Accepted(None)
        domains = self._domains()
        signed = await asyncio.to_thread(self._verify, manifest.digest, bundle, domains)
        contents = await asyncio.to_thread(self._contents, manifest)
        _check_names(contents, namespace, name)
        permissions = await asyncio.to_thread(_permissions, contents)
        fit = await asyncio.to_thread(
            fit_for_release, self._store, attached, subject=manifest.digest, identity=signed.identity,
            domains=domains,
        )  # fmt: skip
        self._check_new(namespace, name)
        await self._claim(namespace, signed.identity)

        logged: list[Release] = []

        def make(now: int) -> Release:
            if self._domains().get(signed.identity.domain) != domains[signed.identity.domain]:
                raise Unavailable("the keys that this hub trusts have just changed", todo="Publish again.")
            self._check_new(namespace, name)  # another may have come meanwhile
            release = Release(
                now,
                namespace,
                name,
                contents.config.version,
                manifest.digest,
                len(subject_manifest),
                signed.identity,
                (referrer, *fit)[:MAX_REFERRERS],
                permissions,
                RULES_VERSION,
            )
            logged.append(release)
            return release

        try:
            index = await self._ledger.submit(make)
        except Conflict:
            if resolve_tag(self._ledger.replay, namespace, name, contents.config.version) != manifest.digest:
                raise
            return Accepted(None)  # the same package was published twice at once, and this one came second
        self._show(logged[-1], contents, index)
        return Accepted(index)

    def _check_new(self, namespace: str, name: str) -> None:
        packages = self._ledger.replay.packages
        if f"{namespace}/{name}" not in packages:
            self._check_packages(namespace, packages)

    def _check_stands(self, namespace: str, name: str, manifest: Digest) -> None:
        package = self._ledger.replay.packages.get(f"{namespace}/{name}")
        for held in package.versions.values() if package else ():
            if held.manifest == manifest and held.state is not State.RELEASED:
                raise Conflict(
                    f"{namespace}/{name}:{held.version} was {held.state}", todo="Release it under another version."
                )

    def _show(self, release: Release, contents: PackageContents, index: int) -> None:
        self.saw(release)
        try:
            self._catalogue.put([self._listing(release, contents, index)])
        except HubError as error:  # it is logged and durable; search catches up at the next start
            log.error("%s is not in the catalogue yet: %s", release.package, error)

    def _listing(self, release: Release, contents: PackageContents, index: int) -> Listing:
        return make_listing(
            self._origin,
            release,
            contents.config,
            entry=index,
            own=True,
            objects=contents.objects(),
            wasm=contents.wasm(),
        )

    async def claim(self, namespace: str, owner: Identity) -> int:
        """Log the first claim of a namespace. Raises: Conflict when it is claimed."""
        if "*" in owner.subject:
            raise BadInput("an identity with '*' cannot own a namespace", where="identity")
        owners = (Owner(owner.domain, owner.issuer, owner.subject),)
        return await self._ledger.submit(lambda now: Claim(now, self._origin, namespace, owners))

    async def _claim(self, namespace: str, identity: Identity) -> None:
        if namespace in self._ledger.replay.claims:
            return
        if namespace == DEFAULT_NAMESPACE:
            raise Denied(
                f"the namespace {namespace} belongs to the hub's first admin, and there is none yet",
                todo="`ebpfhub token create DIR --identity … --role admin`, or publish with --namespace.",
            )
        if not self._claim_free:
            raise Denied(f"nobody owns the namespace {namespace}, and this hub lets only admins claim one")
        with contextlib.suppress(
            Conflict
        ):  # another publish was quicker; whose the namespace is now, the release shows
            await self.claim(namespace, identity)

    def _verify(self, manifest: Digest, bundle: bytes, domains: Mapping[str, TrustDomain]) -> SignedManifest:
        if not domains:
            raise Denied("this hub trusts no Sigstore yet", todo="`ebpfhub trust add` makes it trust one.")
        signed = verify_in_one(bundle, tuple(domains.values()), manifest=manifest)
        self._check_own(signed, bundle)
        return signed

    def _contents(self, manifest: Manifest) -> PackageContents:
        for descriptor in manifest.blobs:
            if not self._store.exists(descriptor.digest):
                raise BadInput(f"the blob {descriptor.digest} was not pushed", where="manifest")
        blobs = {
            item.digest: self._store.read(item.digest, limit=min(item.size, MAX_BLOB_BYTES))
            for item in judged(manifest)
        }
        for system, layer in kernels_of(manifest).items():
            self._check_kernel(system, layer)
        try:
            contents = PackageContents.open(manifest, blobs)
        except NotTrusted as error:
            raise BadInput(error.what, where="manifest") from error
        module = contents.wasm()
        if module is not None:
            check_module(module, where="the Wasm user space")
        return contents

    def _check_kernel(self, system: System, layer: Descriptor) -> None:
        """Check what a layer says of itself; that its bytes are those of its digest is known since it was pushed."""
        if self._store.size(layer.digest) != layer.size:
            raise BadInput(f"the blob {layer.digest} has another size than the manifest says", where="manifest")
        with self._store.open(layer.digest) as file:
            stated_size(file.read(MAX_FRAME_HEADER), limit=MAX_KERNEL_BTF_BYTES, where=system.name)


def _permissions(contents: PackageContents) -> Digest:
    return permissions_digest(permissions_of_package(contents.wasm(), *contents.objects()))


def _check_names(contents: PackageContents, namespace: str, name: str) -> None:
    config = contents.config
    if (config.namespace, config.name) != (namespace, name):
        raise BadInput(f"the package's config says {config.package}, not {namespace}/{name}", where="config")
