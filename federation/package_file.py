"""The package file `name-version.bpf`: a tar (zstd) of an OCI image layout, with the proofs beside it (protocol.md
section 2). It can be verified with no network: `federation/` holds origin note, index answer and trusted roots.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..schemas import media
from ..schemas.codec import canonical_json, decode_json
from ..schemas.contents import PackageContents, check_blob
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, Unsupported
from ..schemas.fields import Fields
from ..schemas.oci import Descriptor, Manifest
from .plain_tar import plain_files

MAX_FILE_BYTES = 160 * 1024 * 1024  # compressed; kernel types have up to 128 MiB
MAX_TAR_BYTES = 256 * 1024 * 1024  # decompressed
MAX_MEMBERS = 512
MAX_PROOF_BYTES = 1024 * 1024  # origin note, answer, one trusted root
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_TRUST = re.compile(r"federation/trust/([0-9a-f]{64})")
_BUNDLE = re.compile(r"federation/bundles/([0-9a-f]{64})")
_LAYOUT = canonical_json({"imageLayoutVersion": media.OCI_LAYOUT_VERSION})
_REF_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the hub said when the file was written: origin note, index answer, trusted roots by digest.

    `bundles` are those over the hand-overs of the namespace, by digest.
    """

    origin_note: str
    answer: bytes
    trust: dict[Digest, bytes]
    bundles: dict[Digest, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A package with its referrers' manifests (bundles); `proof` is None for one that no hub has logged."""

    contents: PackageContents
    referrers: tuple[Manifest, ...] = ()
    proof: Proof | None = None
    blobs: dict[Digest, bytes] = field(default_factory=dict)  # of the referrers

    def bundles(self) -> list[bytes]:
        """The Sigstore bundles that refer to the package."""
        found = [item for item in self.referrers if item.artifact_type == media.SIGSTORE_BUNDLE and item.layers]
        return [self.blobs[item.layers[0].digest] for item in found]

    def write(self) -> bytes:
        """The file's bytes; the same for the same contents."""
        files = {"oci-layout": _LAYOUT, "index.json": self._index()}
        for manifest in (self.contents.manifest, *self.referrers):
            files[f"blobs/sha256/{manifest.digest.hex}"] = manifest.raw
        for digest, data in {**self.contents.blobs, **self.blobs}.items():
            files[f"blobs/sha256/{digest.hex}"] = data
        if self.proof:
            files["federation/origin"] = self.proof.origin_note.encode()
            files["federation/answer"] = self.proof.answer
            files |= {f"federation/trust/{digest.hex}": data for digest, data in self.proof.trust.items()}
            files |= {f"federation/bundles/{digest.hex}": data for digest, data in self.proof.bundles.items()}
        return _compress(_tar(files))

    def _index(self) -> bytes:
        config = self.contents.config
        package = Descriptor.of(media.OCI_MANIFEST, self.contents.manifest.raw, **{_REF_NAME: config.version}).to_json()
        package["artifactType"] = self.contents.manifest.artifact_type
        others = [
            Descriptor.of(media.OCI_MANIFEST, item.raw).to_json() | {"artifactType": item.artifact_type}
            for item in self.referrers
        ]
        return canonical_json({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [package, *others]})

    @classmethod
    def read(cls, data: bytes, *, where: str = "package file") -> PackageFile:
        """Read a file of at most MAX_FILE_BYTES; every blob is checked by digest. Raises: BadInput, NotTrusted."""
        files = dict(_members(_decompress(data, where), where))
        blobs = {Digest(f"sha256:{match[1]}"): held for name, held in files.items() if (match := _BLOB.fullmatch(name))}
        for digest, held in blobs.items():
            check_blob(Descriptor("", digest, len(held)), held)
        manifests = [Manifest.parse(_blob(blobs, item, where), where=where) for item in _listed(files, where)]
        packages = [item for item in manifests if item.artifact_type in media.RELEASES]
        if len(packages) != 1:
            raise BadInput(f"holds {len(packages)} packages, not one", where=where)
        package = packages[0]
        referrers = tuple(
            item for item in manifests if item.subject is not None and item.subject.digest == package.digest
        )
        for item in referrers:
            for descriptor in item.blobs:
                check_blob(descriptor, blobs.get(descriptor.digest))
        needed = {descriptor.digest for item in referrers for descriptor in item.blobs}
        own = {
            descriptor.digest: blobs[descriptor.digest] for descriptor in package.blobs if descriptor.digest in blobs
        }
        return cls(
            PackageContents.open(package, own),
            referrers,
            _proof(files, where),
            {digest: blobs[digest] for digest in needed},
        )


def _proof(files: dict[str, bytes], where: str) -> Proof | None:
    note, answer = files.get("federation/origin"), files.get("federation/answer")
    if note is None or answer is None:
        return None
    trust, bundles = _by_digest(files, _TRUST, where), _by_digest(files, _BUNDLE, where)
    try:
        return Proof(note.decode(), answer, trust, bundles)
    except UnicodeDecodeError as error:
        raise BadInput("the origin note is not text", where=where) from error


def _by_digest(files: dict[str, bytes], pattern: re.Pattern[str], where: str) -> dict[Digest, bytes]:
    found = {Digest(f"sha256:{match[1]}"): held for name, held in files.items() if (match := pattern.fullmatch(name))}
    if any(Digest.of(held) != digest for digest, held in found.items()):
        raise BadInput("a trusted root or bundle has other bytes than its digest says", where=where)
    return found


def _listed(files: dict[str, bytes], where: str) -> list[Descriptor]:
    if "index.json" not in files or "oci-layout" not in files:
        raise BadInput("this is not a package file: it holds no OCI image layout", where=where)
    layout = Fields(decode_json(files["oci-layout"], where="oci-layout"), "oci-layout")
    if (version := layout.text("imageLayoutVersion", limit=32)) != media.OCI_LAYOUT_VERSION:
        raise Unsupported(f"this is an OCI image layout of version {version!r}", where=where, needs="a newer ecli")
    fields = Fields(decode_json(files["index.json"], where="index.json"), "index.json")
    return [Descriptor.read(item) for item in fields.maps("manifests", limit=64)]


def _blob(blobs: dict[Digest, bytes], descriptor: Descriptor, where: str) -> bytes:
    if descriptor.digest not in blobs:
        raise BadInput(f"lacks the manifest {descriptor.digest}", where=where)
    return check_blob(descriptor, blobs[descriptor.digest])


def _members(tar: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    for file in plain_files(io.BytesIO(tar), limit=_limit, count=MAX_MEMBERS, where=where):
        yield file.name, file.read()


def _limit(name: str) -> int:
    return MAX_TAR_BYTES if _BLOB.fullmatch(name) else MAX_PROOF_BYTES


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files, key=lambda name: (name != "oci-layout", name)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return out.getvalue()


def _compress(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=9, write_checksum=True, write_content_size=True).compress(data)


def _decompress(data: bytes, where: str) -> bytes:
    import zstandard

    if len(data) > MAX_FILE_BYTES:
        raise BadInput(f"is larger than {MAX_FILE_BYTES} bytes", where=where)
    made = bytearray()
    try:
        stated = zstandard.frame_content_size(data)  # -1 where the writer did not know it
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(data)) as reader:
            while chunk := reader.read(1 << 20):
                made += chunk
                if len(made) > MAX_TAR_BYTES:
                    raise BadInput(f"decompresses to more than {MAX_TAR_BYTES} bytes", where=where)
    except zstandard.ZstdError as error:
        raise BadInput("this is not a package file (not zstd)", where=where) from error
    if len(made) < stated:
        raise BadInput("the file is cut short", where=where, todo="Fetch or export it again.")
    return bytes(made)
