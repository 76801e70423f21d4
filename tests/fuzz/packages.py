"""Targets that read packages: configs, package files, layouts, what eunomia-bpf writes, and their output by a config."""

from __future__ import annotations

import base64
import io
import json
import os
import zlib
from functools import cache

from ebpfhub.client.output.shown import Shown, sink_for
from ebpfhub.client.package_tests.kernels.job import Told, read_line, write_line
from ebpfhub.client.package_tests.outcome import Outcome, State, Unmet
from ebpfhub.client.package_tests.trial.judge import Judge
from ebpfhub.client.sources.eunomia_tar import read_tar
from ebpfhub.client.sources.found import Found
from ebpfhub.client.sources.layout import open_tar
from ebpfhub.client.sources.program import program_of
from ebpfhub.client.sources.sniff import sniff
from ebpfhub.federation.package_file import PackageFile, Proof
from ebpfhub.federation.plain_tar import plain_files
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotFound, NotTrusted, Unsupported
from ebpfhub.schemas.eunomia import EunomiaPackage
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.schemas.package import PackageConfig

from .target import Target
from .tars import mended, with_digests

_ZSTD = b"\x28\xb5\x2f\xfd"
_RECORDS = (bytes(4096), b"\xff" * 4096, bytes(range(256)) * 16, b"", b"\x01")


def _config(data: bytes) -> None:
    made = PackageConfig.parse(data)
    assert PackageConfig.parse(made.to_json()) == made


def _shown(data: bytes) -> None:
    """What a config says of records must be fit for showing any record."""
    usage = PackageConfig.parse(data).usage
    for form in ("json", "csv", "table"):
        sink = sink_for(usage, Shown(form=form, width=80), descriptor=_nowhere())
        sink.started("program", attached=1, streams=len(usage.events))
        for number in range(len(usage.events)):
            sink.batch(number, list(_RECORDS))
        for number, view in enumerate(usage.views):
            sizes = (view.key.size, view.value.size)
            sink.looked(number, [(record[: sizes[0]], (record[: sizes[1]],)) for record in _RECORDS[:3]])
        sink.ended(lost=1, malformed=0)


@cache
def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _judged(data: bytes) -> None:
    """What a package expects must be fit for judging any record."""
    config = PackageConfig.parse(data)
    for test in config.tests:
        judge = Judge(config.usage, test.expect)
        for number in range(len(config.usage.events)):
            judge.batch(number, list(_RECORDS))
        judge.text(b"a line\n", of="said")
        judge.end()
        assert judge.met() == (not judge.unmet())


def _told(data: bytes) -> None:
    """A line on the serial port of a guest."""
    made = read_line(data)
    assert read_line(write_line(made)) == made


def _tar(data: bytes) -> None:
    for _ in plain_files(io.BytesIO(mended(data)), limit=lambda _: 1 << 20, count=64, where="tar"):
        pass


def _package_file(data: bytes) -> None:
    """A file, or the tar within one: that is compressed here, with the digests as they must be."""
    import zstandard

    if data.startswith(_ZSTD):
        PackageFile.read(data)
    else:
        made = PackageFile.read(zstandard.ZstdCompressor(level=1).compress(with_digests(data)))
        assert PackageFile.read(made.write()) == made


def _layout(data: bytes) -> None:
    sniff(data, where="layout")
    open_tar(with_digests(data), where="layout")


def _unsigned(data: bytes) -> None:
    """Whatever `ecli run --unsigned FILE` takes."""
    program_of(Found(sniff(data, where="file"), "file", "file", data))


def _eunomia(data: bytes) -> None:
    EunomiaPackage.parse(data)


def _eunomia_meta(data: bytes) -> None:
    """A description, put beside an object."""
    from ..schemas.eunomia_packages import compiled

    EunomiaPackage.parse(_around(_packed(compiled()), len(compiled()), data))


def _eunomia_object(data: bytes) -> None:
    """An object, put beside a description."""
    from ..schemas.eunomia_packages import META

    EunomiaPackage.parse(_around(base64.b64encode(zlib.compress(data, 1)), len(data), json.dumps(META).encode()))


@cache
def _packed(data: bytes) -> bytes:
    return base64.b64encode(zlib.compress(data, 6))


def _around(packed: bytes, size: int, meta: bytes) -> bytes:
    return b'{"bpf_object":"%b","bpf_object_size":%d,"meta":%b}' % (packed, size, meta)


def _eunomia_tar(data: bytes) -> None:
    read_tar(mended(data))


def _config_seeds() -> list[bytes]:
    from .built import built

    return [package.config.to_json() for package in built()]


def _told_seeds() -> list[bytes]:
    unmet = Unmet("ret == ENOENT", 0, '{"ret":3}', ("ret == ENOENT, but ret is 3",))
    failed = Outcome("sees-cat", State.FAILED, 1.5, "not everything came", (unmet,), "printed\n", "ecli: said\n")
    lines = [Told(release="6.1.0-56-cloud-amd64"), Told(subject=7, outcome=failed)]
    return [write_line(line) for line in lines]


def _file_seeds() -> list[bytes]:
    import zstandard

    files = [file.write() for file in _files()]
    return [*files, *(zstandard.ZstdDecompressor().decompress(data) for data in files)]


def _layout_seeds() -> list[bytes]:
    return _file_seeds()[len(_files()) :]


def _files() -> list[PackageFile]:
    """Package files: without proofs, and with a bundle and a hub's words."""
    from .built import built

    contents = [PackageContents.open(package.manifest, package.blobs) for package in built()]
    package = contents[0]
    empty, bundle, root = b"{}", b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}', b"a root"
    referrer = Manifest.make(
        artifact_type=media.SIGSTORE_BUNDLE,
        config=Descriptor.of(media.OCI_EMPTY, empty),
        layers=(Descriptor.of(media.SIGSTORE_BUNDLE, bundle),),
        subject=Descriptor.of(media.OCI_MANIFEST, package.manifest.raw),
    )
    proof = Proof("hub.example.org\n", b"an answer", {Digest.of(root): root})
    blobs = {Digest.of(empty): empty, Digest.of(bundle): bundle}
    return [PackageFile(package, (referrer,), proof, blobs), *map(PackageFile, contents[1:])]


def _eunomia_seeds() -> list[bytes]:
    from ..schemas.eunomia_packages import package

    return [package()]


def _meta_seeds() -> list[bytes]:
    from ..schemas.eunomia_packages import META, changed

    sample = {"interval": 1000, "type": "log2_hist", "unit": "us", "clear_map": True}
    views = changed("bpf_skel.maps.0.sample", sample)
    members = {"custom_members": [{"name": "pid", "offset": 0, "btf_type_id": 1}]}
    custom = changed("bpf_skel.maps.2.export_config", members, changed("enable_multiple_export_types", True))
    traced = changed("bpf_skel.maps.2.intepreter", {"stack_trace": {"with_symbols": True}})
    return [json.dumps(meta).encode() for meta in (META, views, custom, traced)]


def _eunomia_object_seeds() -> list[bytes]:
    from ..schemas.eunomia_packages import compiled

    return [compiled()]


def _eunomia_tar_seeds() -> list[bytes]:
    from ..schemas.eunomia_packages import package, tar
    from .kernel_types import reduced_types

    types = [
        (f"btfhub-archive/ubuntu/22.04/x86_64/5.{number}.0.btf", small)
        for number, (_, small) in enumerate(reduced_types())
    ]
    return [tar(("package.json", package()), ("program", b"\x7fELF"), *types), tar(("./package.json", package()))]


def _unsigned_seeds() -> list[bytes]:
    from .built import objects

    return [*objects(), *_eunomia_seeds(), *_eunomia_tar_seeds()]


PACKAGES: dict[str, Target] = {
    "config": Target(_config, _config_seeds),
    "shown": Target(_shown, _config_seeds),
    "judged": Target(_judged, _config_seeds),
    "told": Target(_told, _told_seeds),
    "plain-tar": Target(_tar, _layout_seeds),
    "package-file": Target(_package_file, _file_seeds, (BadInput, NotTrusted, Unsupported), memory=1024),
    "layout": Target(_layout, _layout_seeds, (BadInput, NotFound, NotTrusted, Unsupported)),
    "unsigned": Target(_unsigned, _unsigned_seeds),
    "eunomia": Target(_eunomia, _eunomia_seeds),
    "eunomia-meta": Target(_eunomia_meta, _meta_seeds),
    "eunomia-object": Target(_eunomia_object, _eunomia_object_seeds),
    "eunomia-tar": Target(_eunomia_tar, _eunomia_tar_seeds),
}
