"""Build a package from a project folder: compile, strip, find options and events, compress, write config and manifest.

The same files give the same digest, wherever the folder lies. Signing and publishing are elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...schemas import media
from ...schemas.digest import Digest
from ...schemas.errors import BadInput
from ...schemas.oci import Descriptor, Manifest
from ...schemas.package import MAX_DESCRIPTION_CHARS, PackageConfig
from ...schemas.program import AttachPoint
from ...schemas.reference import DEFAULT_TAG, Reference
from ...schemas.semver import Version
from .inputs import NOTHING_MORE, Inputs
from .project import DEFAULT_VERSION, Project, read_project
from .source.comments import FLAVOUR, SourceDocs, read_comments
from .source.sent_records import Sent, sent_records
from .targets import HERE, Job, Target, compile_for

if TYPE_CHECKING:  # imported while the compiler works
    from ...schemas.bpf_object import BpfObject
    from .record import BuildRecord

MAX_KEPT_STRUCTS = 64
_LICENSE = "LICENSE"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    """A package that was built: what it is, all its blobs by digest, and the facts of its object for showing."""

    config: PackageConfig
    manifest: Manifest
    blobs: dict[Digest, bytes]
    object: bytes
    module: bytes | None
    facts: BpfObject
    notices: tuple[str, ...]
    record: BuildRecord


def build_project(
    folder: Path,
    *,
    cache: Path,
    reference: str = "",
    inputs: Inputs = NOTHING_MORE,
    target: Target = HERE,
    btf_archive: Path | None = None,
    progress: Progress | None = None,
) -> BuiltPackage:
    """Build the project in `folder`; `reference` ([namespace/]name[:version]) overrides what config.json says.

    `cache` holds the kernel's types and the compiler's cache (some MB to some 100 MB). `btf_archive` is a folder with
    the types of kernels that have none of their own: what the program needs of them goes into the package.
    Raises: NotFound, BadInput (with file, line and column where the compiler complains), Unsupported, StorageFailed.
    """
    project = read_project(folder, inputs)
    docs = read_comments(project.source.text, file=project.source.name)
    exported = _exported(project)
    sent = sent_records(project.source.text, file=project.source.name)
    config = _named(_config(project, docs), reference)
    job = Job(_with_kept_structs(project, docs, exported, sent), project, cache, progress)
    with ThreadPoolExecutor(1, thread_name_prefix="compile") as pool:
        compiling = pool.submit(compile_for, job, target)
        from .attest.attached import prepare
        from .btfgen import types_layer
        from .pitfalls import pitfalls
        from .record import record_of
        from .source.usage import find_usage
        from .user_space import user_space

        prepare()  # as the imports above: while the compiler works
        made = compiling.result()
    facts = made.facts
    found = find_usage(facts, docs, exported, sent)
    told = (*map(str, made.compiled.warnings), *pitfalls(made.object, facts), *found.notices)
    notices = (*told, *_unsupported(docs), *_unsupported(exported))
    archive = types_layer(made.object, btf_archive, progress=progress) if btf_archive else b""
    config = replace(config, usage=found.usage, architecture=made.architecture.oci if made.architecture else "")
    guest = user_space(project, config, made.object, cache=cache, toolchain=made.toolchain, progress=progress)
    if config.tests:
        from ..package_tests.checked import check_tests

        points = tuple(AttachPoint(item.name, item.section) for item in facts.programs)
        check_tests(config, found.usage.attach or points, has_guest=bool(guest.module))
    layers = _layers(made.object, guest.module, archive, project.readme)
    notices = (*notices, *guest.notices)
    return _packed(config, layers, made.object, guest.module, facts, notices, record_of(project, made, target))


def _exported(project: Project) -> SourceDocs:
    """Structs and comments of the project's headers; the one of the program's name comes first."""
    made = [read_comments(header.text, file=header.name) for header in project.headers]
    names = {name: doc for item in reversed(made) for name, doc in item.names.items()}
    return SourceDocs(names, tuple(struct for item in made for struct in item.structs))


def _config(project: Project, docs: SourceDocs) -> PackageConfig:
    said, doc = project.config, docs.of(_LICENSE)
    version = said.version or doc.version
    return PackageConfig(
        said.namespace,
        said.name,
        str(Version.parse(version, where=f"{doc.where}: @version")) if version else DEFAULT_VERSION,
        said.description or doc.summary[:MAX_DESCRIPTION_CHARS],
        said.license,
        said.authors,
        said.url,
        said.keywords,
        tests=said.tests,
    )


def _named(config: PackageConfig, text: str) -> PackageConfig:
    if not text:
        return config
    reference = Reference.parse(text)
    if reference.origin or reference.digest:
        raise BadInput(f"{text!r} holds more than [namespace/]name[:version]", where="name")
    return config.renamed(
        namespace=reference.namespace if "/" in text else None,
        name=reference.name,
        version=None if reference.tag == DEFAULT_TAG else reference.tag,
    )


def _with_kept_structs(project: Project, docs: SourceDocs, exported: SourceDocs, sent: Sent) -> str:
    """The source, and behind it a function for each event struct that nothing calls, which keeps it in the BTF.

    libbpf loads subprograms only where they are called, so this costs nothing when the program runs.
    """
    names = [doc.event for doc in docs.names.values() if doc.event]
    names += [name for structs in sent.values() for name in structs]
    names += [item.name for item in exported.structs if FLAVOUR not in item.name]
    kept = [name for name in dict.fromkeys(names) if re.fullmatch(r"[A-Za-z_]\w{0,127}", name)][:MAX_KEPT_STRUCTS]
    lines = [
        f"struct {name}; static __attribute__((used)) void __ebpfhub_keep_{name}(struct {name} *unused) {{}}"
        for name in kept
    ]
    return "\n".join([project.source.text, '#line 1 "kept structs"', *lines, ""])


def _unsupported(docs: SourceDocs) -> list[str]:
    made = []
    for name, doc in docs.names.items():
        made += [
            f"{doc.where}: @{command} before {name} is not supported and has no effect" for command in doc.unsupported
        ]
    return made


def _layers(
    stripped: bytes, module: bytes | None, archive: bytes, readme: bytes | None
) -> tuple[tuple[str, bytes], ...]:
    from ...schemas.contents import compress

    found = (
        (media.BPF_OBJECT, compress(stripped)),
        (media.WASM, module),
        (media.BTF_ARCHIVE, compress(archive) if archive else None),
        (media.README, readme),
    )
    return tuple((kind, data) for kind, data in found if data)


def _packed(
    config: PackageConfig,
    layers: tuple[tuple[str, bytes], ...],
    stripped: bytes,
    module: bytes | None,
    facts: BpfObject,
    notices: tuple[str, ...],
    record: BuildRecord,
) -> BuiltPackage:
    head = config.to_json()
    manifest = Manifest.make(
        artifact_type=media.PACKAGE,
        config=Descriptor.of(media.PACKAGE_CONFIG, head),
        layers=tuple(Descriptor.of(kind, data) for kind, data in layers),
    )
    blobs = {Digest.of(data): data for data in (head, *(data for _, data in layers))}
    return BuiltPackage(config, manifest, blobs, stripped, module, facts, notices, record)
