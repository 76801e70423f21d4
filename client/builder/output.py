"""Where a built package goes: the package file in dist/, and the list of local builds by name and tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...federation.files import write_durably
from ...federation.package_file import PackageFile
from ...schemas.contents import PackageContents
from ...schemas.errors import NotFound
from ...schemas.reference import DEFAULT_TAG, Reference
from ..home import Home
from .build import BuiltPackage, build_project
from .inputs import NOTHING_MORE, Inputs


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """A built package and the file that it was written to."""

    built: BuiltPackage
    path: Path
    size: int


def build_package_file(
    folder: Path,
    home: Home,
    *,
    reference: str,
    output: Path | None,
    progress: Callable[[str], None],
    inputs: Inputs = NOTHING_MORE,
    btf_archive: Path | None = None,
) -> WrittenPackage:
    """Build the project in `folder` and write its package file. Raises: HubError."""
    built = build_project(
        folder, cache=home.cache, reference=reference, inputs=inputs, btf_archive=btf_archive, progress=progress
    )
    config = built.config
    data = PackageFile(PackageContents.open(built.manifest, built.blobs)).write()
    path = output or folder / "dist" / f"{config.name}-{config.version}.bpf"
    write_durably(path.absolute(), data)
    home.make()
    for tag in (config.version, DEFAULT_TAG):
        write_durably(_place(home, config.namespace, config.name, tag), str(path.absolute()).encode())
    return WrittenPackage(built, path, len(data))


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
    for line in permissions_of(written.built.facts).lines():
        yield f"  {line}"
    for notice in written.built.notices:
        yield f"  note: {notice}"


def _place(home: Home, namespace: str, name: str, tag: str) -> Path:
    return home.built / namespace / name / tag
