"""Read a project folder: its one *.bpf.c, the headers beside it, config.json, README.md. Nothing is compiled here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, NotFound
from ...schemas.fields import Fields
from ...schemas.package import MAX_DESCRIPTION_CHARS, MAX_README_BYTES
from ...schemas.reference import DEFAULT_NAMESPACE, check_name, check_namespace
from ...schemas.semver import Version

SUFFIX = ".bpf.c"
DEFAULT_VERSION = "0.1.0"
MAX_SOURCE_BYTES = 1024 * 1024
MAX_CONFIG_BYTES = 64 * 1024
MAX_HEADERS = 16
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]{1,255})"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """What config.json says; an empty version or description is left to the source's comments."""

    namespace: str
    name: str
    version: str = ""
    description: str = ""
    license: str = ""
    authors: tuple[str, ...] = ()
    url: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project by its name in the folder, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stands in `folder`. The first header is the one of the program's name, if there is one."""

    folder: Path
    config: ProjectConfig
    source: SourceFile
    headers: tuple[SourceFile, ...]
    readme: bytes | None


def read_project(folder: Path) -> Project:
    """Read a project. Raises: NotFound without a *.bpf.c; BadInput where a file is not as it must be."""
    found = sorted(path for path in folder.glob("*" + SUFFIX) if path.is_file()) if folder.is_dir() else []
    if not found:
        raise NotFound(f"there is no *{SUFFIX}", where=str(folder), todo="Start one with: ecli init")
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:8])
        raise BadInput(f"one program makes a package, and here are more: {names}", where=str(folder))
    stem = found[0].name.removesuffix(SUFFIX)
    source = SourceFile(found[0].name, _text(found[0]))
    return Project(folder, _config(folder, stem), source, _headers(folder, stem, source), _readme(folder))


def _config(folder: Path, stem: str) -> ProjectConfig:
    path = folder / "config.json"
    if not path.is_file():
        return ProjectConfig(DEFAULT_NAMESPACE, check_name(stem.lower()))
    fields = Fields(decode_json(_bytes(path, MAX_CONFIG_BYTES), limit=MAX_CONFIG_BYTES, where=str(path)), str(path))
    fields.only("namespace", "name", "version", "description", "license", "authors", "url", "keywords")
    version = fields.text("version", limit=64, default="")
    return ProjectConfig(
        check_namespace(fields.text("namespace", limit=128, default=DEFAULT_NAMESPACE)),
        check_name(fields.text("name", limit=128, default=stem.lower())),
        str(Version.parse(version, where=fields.at("version"))) if version else "",
        fields.text("description", limit=MAX_DESCRIPTION_CHARS, default=""),
        fields.text("license", limit=128, default=""),
        tuple(fields.texts("authors", count=32, limit=256, default=[])),
        fields.text("url", limit=1024, default=""),
        tuple(fields.texts("keywords", count=32, limit=64, default=[])),
    )


def _headers(folder: Path, stem: str, source: SourceFile) -> tuple[SourceFile, ...]:
    names = [f"{stem}.h", *_INCLUDE.findall(source.text)]
    known = [name for name in dict.fromkeys(names) if name != "vmlinux.h" and "/" not in name]
    paths = [folder / name for name in known[:MAX_HEADERS]]
    return tuple(SourceFile(path.name, _text(path)) for path in paths if path.is_file())


def _readme(folder: Path) -> bytes | None:
    path = folder / "README.md"
    if not path.is_file():
        return None
    _text(path, MAX_README_BYTES)
    return _bytes(path, MAX_README_BYTES) or None


def _text(path: Path, limit: int = MAX_SOURCE_BYTES) -> str:
    try:
        return _bytes(path, limit).decode()
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 text", where=str(path)) from error


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > limit:
        raise BadInput(f"has more than {limit} bytes", where=str(path))
    return data
