"""Where a built package goes: files in dist/, in the forms that are wanted, and the list of local builds by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...federation.files import write_durably
from ...schemas.errors import NotFound
from ...schemas.reference import DEFAULT_TAG, Reference
from ..home import Home
from .build import BuiltPackage, build_project
from .formats.written import OBJECT, PACKAGE, WrittenFile, write_form, write_headers
from .inputs import NOTHING_MORE, Inputs
from .targets import HERE, Target

if TYPE_CHECKING:
    from ...schemas.contents import PackageContents
    from .attest.attached import Attached


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """A built package and the files that it was written to; `notices` are the build's and those of its forms."""

    built: BuiltPackage
    files: tuple[WrittenFile, ...]
    notices: tuple[str, ...]
    attached: Attached | None

    @property
    def path(self) -> Path:
        """The first of the files."""
        return self.files[0].path


def build_package_file(
    folder: Path,
    home: Home,
    *,
    reference: str,
    output: Path | None,
    progress: Callable[[str], None],
    inputs: Inputs = NOTHING_MORE,
    btf_archive: Path | None = None,
    accept: Callable[[BuiltPackage], object] | None = None,
    forms: tuple[str, ...] = (PACKAGE,),
    headers: bool = False,
    target: Target = HERE,
) -> WrittenPackage:
    """Build the project in `folder` and write it in each of `forms` (FORMATS); `headers`: those for guests in C, too.

    `output` is the file where there is one form only, else a folder. What `accept` raises keeps all from being written.
    Raises: HubError.
    """
    built = build_project(
        folder,
        cache=home.cache, reference=reference, inputs=inputs, btf_archive=btf_archive, target=target, progress=progress,
    )  # fmt: skip
    if accept:
        accept(built)
    places = _places(built, dict.fromkeys(forms), output, folder / "dist")
    files: list[WrittenFile] = []
    notices = list(built.notices)
    beside = None
    for form, path in places.items():
        if form == PACKAGE:
            beside = _attached(built)
            files.append(_write_package(built, beside, path, home))
            notices += beside.notices
        else:
            file, left_out = write_form(built, path, form, cache=home.cache, progress=progress)
            files.append(file)
            notices += left_out
    files += write_headers(built, next(iter(places.values())).parent) if headers else ()
    return WrittenPackage(built, tuple(files), tuple(notices), beside)


def _places(built: BuiltPackage, forms: Iterable[str], output: Path | None, usual: Path) -> dict[str, Path]:
    config = built.config
    own = {PACKAGE: f"{config.name}-{config.version}.bpf", OBJECT: f"{config.name}.bpf.o"}
    names = {form: own.get(form, form) for form in forms}
    if output is not None and len(names) == 1 and not output.is_dir():
        return dict.fromkeys(names, output)
    return {form: (output or usual) / name for form, name in names.items()}


def _attached(built: BuiltPackage) -> Attached:
    from .attest.attached import attach

    return attach(built)


def _write_package(built: BuiltPackage, beside: Attached, path: Path, home: Home) -> WrittenFile:
    from ...schemas.contents import PackageContents

    contents = PackageContents.open(built.manifest, built.blobs)
    return WrittenFile(PACKAGE, path, write_package(contents, path, home, beside=beside))


def write_package(contents: PackageContents, path: Path, home: Home, *, beside: Attached | None = None) -> int:
    """Write a package file, and remember it among the local builds; returns its size. Raises: StorageFailed."""
    from ...federation.package_file import PackageFile

    config = contents.config
    file = PackageFile(contents, beside.referrers, None, beside.blobs) if beside else PackageFile(contents)
    data = file.write()
    write_durably(path.absolute(), data)
    home.make()
    for tag in (config.version, DEFAULT_TAG):
        write_durably(_place(home, config.namespace, config.name, tag), str(path.absolute()).encode())
    return len(data)


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
    from ...schemas.permissions import permissions_of_package

    config = written.built.config
    yield f"built {config.package}:{config.version}"
    for file in written.files:
        yield f"  file      {file.path} ({file.size} bytes)"
    yield f"  manifest  {written.built.manifest.digest}"
    if written.built.module is not None:
        yield f"  Wasm      user space of {len(written.built.module)} bytes"
    yield f"  types     {written.built.record.types_in_words}"
    if config.architectures:
        yield f"  for       {', '.join(written.built.record.architectures)} only"
    for line in permissions_of_package(None, *written.built.objects).lines():
        yield f"  {line}"
    for notice in written.notices:
        yield f"  note: {notice}"


def facts(written: WrittenPackage) -> dict[str, Any]:
    """The same for JSON."""
    from ...schemas.attestation import kind_of_referrer
    from ...schemas.permissions import permissions_of_package

    config = written.built.config
    beside = written.attached.referrers if written.attached else ()
    return {
        "package": config.package,
        "version": config.version,
        "files": [{"format": file.format, "path": str(file.path), "size": file.size} for file in written.files],
        "manifest": str(written.built.manifest.digest),
        "permissions": permissions_of_package(None, *written.built.objects).to_json(),
        "architectures": list(config.architectures),
        "types": written.built.record.types_in_words,
        "attestations": [kind.name for item in beside if (kind := kind_of_referrer(item))],
        "notices": list(written.notices),
    }


def _place(home: Home, namespace: str, name: str, tag: str) -> Path:
    return home.built / namespace / name / tag
