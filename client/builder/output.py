"""Where a built package goes: the package file in dist/, and the list of local builds by name and tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...federation.files import write_durably
from ...schemas.errors import NotFound
from ...schemas.reference import DEFAULT_TAG, Reference
from ..home import Home
from .build import BuiltPackage, build_project
from .targets import HERE, Target

if TYPE_CHECKING:
    from .attest.attached import Attached


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """A built package and the file that it was written to."""

    built: BuiltPackage
    path: Path
    size: int
    attached: Attached


def build_package_file(
    folder: Path,
    home: Home,
    *,
    reference: str,
    output: Path | None,
    progress: Callable[[str], None],
    btf_archive: Path | None = None,
    accept: Callable[[BuiltPackage], object] | None = None,
    target: Target = HERE,
) -> WrittenPackage:
    """Build the project in `folder` and write its package file; what `accept` raises keeps it from being written.

    Raises: HubError.
    """
    built = build_project(
        folder, cache=home.cache, reference=reference, btf_archive=btf_archive, target=target, progress=progress
    )
    if accept:
        accept(built)
    from ...federation.package_file import PackageFile
    from ...schemas.contents import PackageContents
    from .attest.attached import attach

    config, beside = built.config, attach(built)
    contents = PackageContents.open(built.manifest, built.blobs)
    data = PackageFile(contents, beside.referrers, None, beside.blobs).write()
    path = output or folder / "dist" / f"{config.name}-{config.version}.bpf"
    write_durably(path.absolute(), data)
    home.make()
    for tag in (config.version, DEFAULT_TAG):
        write_durably(_place(home, config.namespace, config.name, tag), str(path.absolute()).encode())
    return WrittenPackage(built, path, len(data), beside)


def built_file(reference: Reference, home: Home) -> Path:
    """The package file of a local build. Raises: NotFound."""
    try:
        path = Path(_place(home, reference.namespace, reference.name, reference.tag).read_text())
    except OSError:
        path = None
    if path is None or not path.is_file():
        raise NotFound(
            f"{reference.package}:{reference.tag} was not built here", todo=f"ecli build DIR {reference.name}:VERSION"
        )
    return path


def describe(written: WrittenPackage) -> Iterator[str]:
    """Lines for people: what was built, what it may do, what the author should know."""
    from ...schemas.permissions import permissions_of

    config = written.built.config
    yield f"built {config.package}:{config.version}"
    yield f"  file      {written.path} ({written.size} bytes)"
    yield f"  manifest  {written.built.manifest.digest}"
    yield f"  types     {written.built.record.types_in_words}"
    if config.architecture:
        yield f"  for       {', '.join(written.built.record.architectures)} only"
    for line in permissions_of(written.built.facts).lines():
        yield f"  {line}"
    for notice in (*written.built.notices, *written.attached.notices):
        yield f"  note: {notice}"


def facts(written: WrittenPackage) -> dict[str, Any]:
    """The same for JSON."""
    from ...schemas.attestation import kind_of_referrer
    from ...schemas.permissions import permissions_of

    config = written.built.config
    return {
        "package": config.package,
        "version": config.version,
        "file": str(written.path),
        "size": written.size,
        "manifest": str(written.built.manifest.digest),
        "permissions": permissions_of(written.built.facts).to_json(),
        "architecture": config.architecture or None,
        "types": written.built.record.types_in_words,
        "attestations": [kind.name for item in written.attached.referrers if (kind := kind_of_referrer(item))],
        "notices": [*written.built.notices, *written.attached.notices],
    }


def _place(home: Home, namespace: str, name: str, tag: str) -> Path:
    return home.built / namespace / name / tag
