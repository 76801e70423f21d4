"""Build a package from a project folder: compile, strip, find options and events, compress, write config and manifest.

The same files give the same digest, wherever the folder lies. Signing and publishing are elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...schemas import media
from ...schemas.digest import Digest
from ...schemas.errors import BadInput
from ...schemas.oci import Descriptor, Manifest
from ...schemas.package import ARCHITECTURE, MAX_DESCRIPTION_CHARS, PackageConfig
from ...schemas.program import AttachPoint
from ...schemas.reference import DEFAULT_TAG, Reference
from ...schemas.semver import Version
from .architecture import Architecture
from .inputs import NOTHING_MORE, Inputs
from .project import DEFAULT_VERSION, Project, read_project
from .source.comments import FLAVOUR, SourceDocs, read_comments
from .source.sent_records import Sent, sent_records
from .targets import HERE, Job, Made, Target, compile_for, one_only

if TYPE_CHECKING:  # imported while the compiler works
    from ...schemas.bpf_object import BpfObject
    from .record import BuildRecord
    from .source.usage import FoundUsage

MAX_KEPT_STRUCTS = 64
_LICENSE = "LICENSE"
_STALE = "example.json is of other code than this: `ecli test --record` records it anew"
_ATOMICS = "its atomic operations need Linux 5.12 or newer: they do more than add, or their results are used"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    """A package that was built: what it is, all its blobs by digest, and its objects.

    `object`, with its `facts`, is the one for this machine, or the first where there is none.
    """

    config: PackageConfig
    manifest: Manifest
    blobs: dict[Digest, bytes]
    objects: tuple[bytes, ...]
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
        every = compiling.result()
    every, found = _agreeing(project, target, every, lambda facts: find_usage(facts, docs, exported, sent))
    made = _own(every)
    facts = made.facts
    warnings = dict.fromkeys(str(warning) for item in every for warning in item.compiled.warnings)
    told = (*every[0].notices, *warnings, *pitfalls(made.object, facts), *found.notices)
    told = (*told, *([_ATOMICS] if any(item.compiled.has_atomics for item in every) else []))
    told = (*told, *([_STALE] if _is_stale(config, every) else []))
    notices = (*told, *_unsupported(docs), *_unsupported(exported), *_unreadable(project))
    objects = {item.architecture: item.object for item in every}
    archive = types_layer(objects, btf_archive, progress=progress) if btf_archive else b""
    architectures = tuple(item.architecture.oci for item in every if item.architecture)
    config = replace(config, usage=found.usage, architectures=architectures)
    guest = user_space(project, config, made.object, cache=cache, toolchain=made.toolchain, progress=progress)
    if config.tests:
        from ..package_tests.checked import check_tests

        points = tuple(AttachPoint(item.name, item.section) for item in facts.programs)
        check_tests(config, found.usage.attach or points, has_guest=bool(guest.module))
    contents = _layers(every, guest.module, archive, project.readme)
    manifest, blobs = _packed(config, contents)
    return BuiltPackage(
        config, manifest, blobs, tuple(item.object for item in every), made.object, guest.module, facts,
        (*notices, *guest.notices), record_of(project, every, target),
    )  # fmt: skip


def _agreeing(
    project: Project, target: Target, every: tuple[Made, ...], usage: Callable[[BpfObject], FoundUsage]
) -> tuple[tuple[Made, ...], FoundUsage]:
    """The objects that are used in one way, as a package has one config. Raises: Unsupported if all were asked for."""
    found = [usage(item.facts) for item in every]
    if all(item.usage == found[0].usage for item in found):
        return every, found[0]
    reason = "their options, events or attach points differ"
    if target.architectures:
        raise one_only(project, reason, target.architectures)
    own = _own(every)
    only = own.architecture.value if own.architecture else "one"
    kept = replace(own, notices=(*own.notices, f"it is for {only} alone, as for others {reason}"))
    return (kept,), found[every.index(own)]


def _own(every: tuple[Made, ...]) -> Made:
    here = Architecture.here()
    return next((item for item in every if item.architecture in (None, here)), every[0])


def _exported(project: Project) -> SourceDocs:
    """Structs and comments of the project's headers; the one of the program's name comes first."""
    made = [read_comments(header.text, file=header.name) for header in project.headers]
    names = {name: doc for item in reversed(made) for name, doc in item.names.items()}
    return SourceDocs(names, tuple(struct for item in made for struct in item.structs))


def _config(project: Project, docs: SourceDocs) -> PackageConfig:
    said, doc = project.config, docs.of(_LICENSE)
    version = said.version or _whole(doc.version)
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
        example=said.example,
    )


def _is_stale(config: PackageConfig, every: tuple[Made, ...]) -> bool:
    """Whether recorded output is that of an object which this build did not make."""
    return config.example is not None and config.example.object not in {str(Digest.of(item.object)) for item in every}


def _whole(version: str) -> str:
    """A version of a comment in three numbers: eunomia takes any text, and programs say 0.1 or v2."""
    found = re.fullmatch(r"v?(\d{1,9}(?:\.\d{1,9}){0,2})", version)
    return f"{found[1]}{'.0' * (2 - found[1].count('.'))}" if found else version


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
    return "\n".join([project.source.code, '#line 1 "kept structs"', *lines, ""])


def _unsupported(docs: SourceDocs) -> list[str]:
    made = []
    for name, doc in docs.names.items():
        made += [
            f"{doc.where}: @{command} before {name} is not supported and has no effect" for command in doc.unsupported
        ]
    return made


def _unreadable(project: Project) -> list[str]:
    files = (item.name for item in (project.source, *project.headers) if not item.is_utf8)
    return [f"{name} is not UTF-8, so not all that its comments say can be read" for name in files]


def _layers(
    every: tuple[Made, ...], module: bytes | None, archive: bytes, readme: bytes | None
) -> Iterator[tuple[Descriptor, bytes]]:
    from ...schemas.contents import compress

    for item in every:
        named = {ARCHITECTURE: item.architecture.oci} if item.architecture and len(every) > 1 else {}
        packed = compress(item.object)
        yield Descriptor.of(media.BPF_OBJECT, packed, **named), packed
    others = (
        (media.WASM, module),
        (media.BTF_ARCHIVE, compress(archive) if archive else None),
        (media.README, readme),
    )
    yield from ((Descriptor.of(kind, data), data) for kind, data in others if data)


def _packed(
    config: PackageConfig, contents: Iterator[tuple[Descriptor, bytes]]
) -> tuple[Manifest, dict[Digest, bytes]]:
    head, layers = config.to_json(), tuple(contents)
    manifest = Manifest.make(
        artifact_type=media.PACKAGE,
        config=Descriptor.of(media.PACKAGE_CONFIG, head),
        layers=tuple(descriptor for descriptor, _ in layers),
    )
    return manifest, {Digest.of(data): data for data in (head, *(data for _, data in layers))}
