"""From a package to a release: sign its manifest, push its blobs, let the hub log it (protocol.md sections 3 and 4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ..federation.package_file import PackageFile
from ..federation.transport import Transport, expect
from ..schemas import media
from ..schemas.codec import decode_json
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, Conflict, Denied, HubError, NotTrusted, PeerFailed, Unsupported
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from ..schemas.oci import EMPTY_CONFIG, Descriptor, Manifest
from ..signing.sign import bundle_manifest
from .attestations import about, push_attestations, signatures
from .sign_package import SignWith, sign_package

MAX_DOCUMENT_BYTES = 1024 * 1024
PUSHES = 16  # blobs at a time
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — a type's name, no secret
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Published:
    """A release as the hub logged it; `log_index` is None when this manifest was released before."""

    package: str
    version: str
    manifest: Digest
    identity: str
    log_index: int | None


@dataclass(frozen=True, slots=True)
class HubSession:
    """A logged-in publisher at one hub."""

    transport: Transport
    url: str
    token: str

    async def whoami(self) -> str:
        """The identity that the token stands for. Raises: Denied when the hub does not know it; HubError."""
        url = f"{self.url}/api/v1/whoami"
        data = await self.transport.get(url, limit=MAX_DOCUMENT_BYTES, token=self.token)
        return Fields(decode_json(data, limit=MAX_DOCUMENT_BYTES, where=url), url).text("identity", limit=512)

    async def identity_token(self) -> str:
        """An OIDC identity token of the hub's authority for the login's token (RFC 8693). Raises: HubError."""
        form = f"grant_type={_EXCHANGE}&subject_token={self.token}&subject_token_type={_ACCESS_TOKEN}&audience=sigstore"
        url = f"{self.url}/sigstore/oidc/token"
        answer = await self.transport.send(
            "POST", url, body=form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        if answer.status in (
            400,
            401,
        ):  # the form is ours, so it is the login that was refused (RFC 8693 section 2.2.2)
            raise Denied("the login is not valid any more", where=self.url, todo=f"ecli login {self.url}")
        document = decode_json(expect(answer, 200, where=url).body, limit=MAX_DOCUMENT_BYTES, where=url)
        return Fields(document, url).text("access_token", limit=16384)

    async def trust_config(self) -> bytes:
        """The authority's ClientTrustConfig. Raises: Unsupported when the hub has none."""
        url = f"{self.url}/sigstore/trust_config.json"
        answer = await self.transport.send("GET", url, limit=MAX_DOCUMENT_BYTES, token=self.token)
        if answer.status == 404:
            raise Unsupported(
                "this hub has no Sigstore of its own to sign with",
                where=self.url,
                needs="another one that it trusts: --sigstore public, or --trust-config FILE",
            )
        return expect(answer, 200, where=url).body

    async def push_blob(self, repository: str, digest: Digest, data: bytes) -> None:
        """Push a blob that is not there yet (OCI distribution 1.1, "Pushing blobs"). Raises: HubError."""
        base = f"{self.url}/v2/{repository}/blobs"
        known = await self.transport.send("HEAD", f"{base}/{digest}", token=self.token)
        if known.status == 200:
            return
        url = f"{base}/uploads/?digest={digest}"
        headers = {"Content-Type": "application/octet-stream"}
        answer = await self.transport.send("POST", url, body=data, headers=headers, token=self.token)
        if answer.status == 202:  # the registry wants a second request
            place = answer.headers.get("Location", "")
            url = (
                place if place.startswith("http") else self.url + place
            ) + f"{'&' if '?' in place else '?'}digest={digest}"
            if not url.startswith(self.url + "/"):
                raise PeerFailed("the hub sends the upload to another server", where=self.url)
            answer = await self.transport.send("PUT", url, body=data, headers=headers, token=self.token)
        expect(answer, 201, where=base)

    async def push_manifest(self, repository: str, manifest: Manifest) -> int | None:
        """Push a manifest by digest; the log index, when the hub appended an entry for it. Raises: HubError."""
        url = f"{self.url}/v2/{repository}/manifests/{manifest.digest}"
        answer = await self.transport.send(
            "PUT", url, body=manifest.raw, headers={"Content-Type": media.OCI_MANIFEST}, token=self.token
        )
        found = expect(answer, 201, where=self.url).headers.get("EbpfHub-Log-Index", "")
        return int(found) if found.isascii() and found.isdigit() and len(found) < 19 else None


def hub_signing(session: HubSession) -> SignWith:
    """Signing with the authority of a hub, as whom the login stands for."""

    async def token(_config: bytes) -> str:
        return await session.identity_token()

    return SignWith(session.url, session.trust_config, token)


async def publish(
    file: PackageFile, session: HubSession, *, progress: Progress, signing: SignWith | None = None
) -> Published:
    """Sign (unless the file brings its signature) and push a package; answered when its release is durable.

    `signing` is the hub's authority when it is None. Of several signatures one must be the namespace's owner's.

    Raises: HubError.
    """
    contents = file.contents
    repository, manifest = contents.config.package, contents.manifest
    bundles, attested = signatures(file), list[bytes]()
    if bundles and signing is not None:
        raise Conflict("the package is signed already", todo="Publish it as it is; `ecli sign` adds a signature.")
    if not bundles:
        progress("signing")
        first, *attested = await sign_package(file, signing or hub_signing(session))
        bundles = [first]
    progress("pushing")
    await _push_blobs(contents, session)
    await session.push_manifest(repository, manifest)
    subject = Descriptor.of(media.OCI_MANIFEST, manifest.raw)
    await push_attestations(file, attested, session)
    logged, signer, refusals = None, "", list[HubError]()
    for bundle in bundles:
        try:
            index = await _push_bundle(repository, bundle, subject, session, progress)
        except (NotTrusted, Denied) as error:  # another of the file's signatures may be the right one
            refusals.append(error)
            continue
        logged, signer = (index if logged is None else logged), signer or signer_of(bundle).subject
    if not signer:
        raise refusals[0]
    return Published(repository, contents.config.version, manifest.digest, signer, logged)


async def _push_bundle(
    repository: str, bundle: bytes, subject: Descriptor, session: HubSession, progress: Progress
) -> int | None:
    referrer = bundle_manifest(bundle, subject)
    await asyncio.gather(
        session.push_blob(repository, referrer.layers[0].digest, bundle),
        session.push_blob(repository, referrer.config.digest, EMPTY_CONFIG),
    )
    progress("waiting for the log")
    return await session.push_manifest(repository, referrer)


async def _push_blobs(contents: PackageContents, session: HubSession) -> None:
    """Push all blobs, PUSHES at a time. Raises: BadInput where the file lacks one; HubError."""
    turn = asyncio.Semaphore(PUSHES)

    async def push(digest: Digest) -> None:
        async with turn:
            await session.push_blob(contents.config.package, digest, contents.blobs[digest])

    digests = {item.digest for item in contents.manifest.blobs}
    if missing := sorted(digests - contents.blobs.keys()):
        raise BadInput(f"lacks {len(missing)} kernels' types, so it cannot be published", where=missing[0])
    await asyncio.gather(*map(push, digests))


def renamed(file: PackageFile, *, namespace: str | None, version: str | None) -> PackageFile:
    """An unsigned package under another namespace or version. Raises: Conflict for a signed one that differs."""
    config = file.contents.config.renamed(namespace=namespace, version=version)
    if config == file.contents.config:
        return file
    if file.bundles():
        raise Conflict(
            f"the package is signed as {file.contents.config.package}:{file.contents.config.version}",
            todo="Publish it under that name, or build it again.",
        )
    raw = config.to_json()
    descriptor = Descriptor.of(media.PACKAGE_CONFIG, raw)
    old = file.contents.manifest
    manifest = Manifest.make(
        artifact_type=old.artifact_type, config=descriptor, layers=old.layers, annotations=dict(old.annotations)
    )
    held = file.contents.blobs
    blobs = {item.digest: held[item.digest] for item in old.layers if item.digest in held} | {descriptor.digest: raw}
    return about(PackageContents.open(manifest, blobs), file)


def signer_of(bundle: bytes) -> Identity:
    """The identity that a bundle's certificate names; for showing only: the hub has verified it. Raises: BadInput."""
    from sigstore.models import Bundle

    from ..signing.certificate import certificate_identity

    try:
        certificate = Bundle.from_json(bundle).signing_certificate
    except Exception as error:
        raise BadInput("this is not a Sigstore bundle", where="bundle") from error
    return certificate_identity(certificate, "shown")
