"""Read a project folder: its *.bpf.c, headers and user space beside it, config.json, README.md. Nothing is compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, NotFound
from ...schemas.example import Example
from ...schemas.fields import Fields
from ...schemas.package import MAX_DESCRIPTION_CHARS, MAX_README_BYTES, MAX_WASM_BYTES
from ...schemas.package_tests import MAX_EXPECTED, MAX_TESTS, Expected, PackageTest, read_tests
from ...schemas.reference import DEFAULT_NAMESPACE, check_name, check_namespace
from ...schemas.semver import Version
from ...schemas.wasm import check_module
from .inputs import MAX_DEFINES, MAX_INCLUDES, NOTHING_MORE, SUFFIX, Inputs, checked_defines, checked_includes

EXAMPLE_FILE = "example.json"  # what `ecli test --record` writes
GUEST_SUFFIX, MODULE_SUFFIX = ".wasm.c", ".wasm"
DEFAULT_VERSION = "0.1.0"
MAX_SOURCE_BYTES = 1024 * 1024
MAX_CONFIG_BYTES = 64 * 1024
MAX_HEADERS = 16
MAX_PATH_CHARS = 4096
_OF_EBPM = ("author", "load_ebpf_script")  # as eunomia-bpf's ebpm has them: one author, and a script that nobody runs
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
    includes: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    tests: tuple[PackageTest, ...] = ()
    example: Example | None = None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project by its name in the folder, and its bytes, in whatever encoding the compiler takes."""

    name: str
    data: bytes

    @property
    def text(self) -> str:
        """The text for people, with U+FFFD where it is not UTF-8."""
        return self.data.decode("utf-8", "replace")

    @property
    def code(self) -> str:
        """The text for the compiler, of which `encode("utf-8", "surrogateescape")` makes the same bytes again."""
        return self.data.decode("utf-8", "surrogateescape")

    @property
    def is_utf8(self) -> bool:
        """Whether all of it can be read by people."""
        return self.text == self.code


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stands in `folder`. The first header is the one of the program's name, if there is one.

    Its Wasm user space is `guest` (NAME.wasm.c, to be compiled) or `module` (NAME.wasm, as it is), or it has none.
    `includes` and `defines` are the command's, then those of config.json.
    """

    folder: Path
    config: ProjectConfig
    source: SourceFile
    headers: tuple[SourceFile, ...]
    readme: bytes | None
    includes: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    guest: SourceFile | None = None
    module: bytes | None = None

    @property
    def stem(self) -> str:
        """NAME of NAME.bpf.c."""
        return self.source.name.removesuffix(SUFFIX)

    @property
    def has_user_space(self) -> bool:
        """Whether there is a Wasm user space."""
        return self.guest is not None or self.module is not None


def read_project(folder: Path, inputs: Inputs = NOTHING_MORE) -> Project:
    """Read a project. Raises: NotFound without a *.bpf.c; BadInput where a file is not as it must be."""
    found = sorted(path for path in folder.glob("*" + SUFFIX) if path.is_file()) if folder.is_dir() else []
    program = _program(folder, found, inputs.program)
    stem = program.name.removesuffix(SUFFIX)
    source = SourceFile(program.name, _bytes(program, MAX_SOURCE_BYTES))
    config = _config(folder, stem, is_alone=len(found) == 1)
    includes = checked_includes((*inputs.includes, *config.includes), where="include")
    defines = checked_defines((*inputs.defines, *config.defines), where="define")
    headers = _headers(folder, includes, stem, source) if inputs.header is None else (_header(inputs.header),)
    return Project(folder, config, source, headers, _readme(folder), includes, defines, *_user_space(folder, stem))


def _program(folder: Path, found: list[Path], wanted: str) -> Path:
    if wanted:
        if not (folder / wanted).is_file():
            raise NotFound("there is no such file", where=str(folder / wanted))
        return folder / wanted
    if not found:
        raise NotFound(f"there is no *{SUFFIX}", where=str(folder), todo="Start one with: ecli init")
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:8])
        raise BadInput(
            f"one program makes a package, and here are more: {names}",
            where=str(folder),
            todo=f"Say which: ecli build {found[0]}",
        )
    return found[0]


def _config(folder: Path, stem: str, *, is_alone: bool) -> ProjectConfig:
    """What config.json says; where several programs share it, each has the name of its file."""
    path = folder / "config.json"
    if not path.is_file():
        return ProjectConfig(DEFAULT_NAMESPACE, check_name(stem.lower()), example=_example(folder, is_alone=is_alone))
    fields = Fields(decode_json(_bytes(path, MAX_CONFIG_BYTES), limit=MAX_CONFIG_BYTES, where=str(path)), str(path))
    fields.only(
        *("namespace", "name", "version", "description", "license", "authors", "url", "keywords"),
        *("include", "define", "tests", *_OF_EBPM),
    )
    version = fields.text("version", limit=64, default="")
    name = check_name(fields.text("name", limit=128, default=stem.lower()))
    author = fields.text("author", limit=256, default="")
    includes = fields.texts("include", count=MAX_INCLUDES, limit=MAX_PATH_CHARS, default=[])
    return ProjectConfig(
        check_namespace(fields.text("namespace", limit=128, default=DEFAULT_NAMESPACE)),
        name if is_alone else check_name(stem.lower()),
        str(Version.parse(version, where=fields.at("version"))) if version else "",
        fields.text("description", limit=MAX_DESCRIPTION_CHARS, default=""),
        fields.text("license", limit=128, default=""),
        tuple(fields.texts("authors", count=32, limit=256, default=[author] if author else [])),
        fields.text("url", limit=1024, default=""),
        tuple(fields.texts("keywords", count=32, limit=64, default=[])),
        tuple(folder / text for text in includes),
        tuple(fields.texts("define", count=MAX_DEFINES, limit=1024, default=[])),
        _tests(fields),
        _example(folder, is_alone=is_alone),
    )


def _example(folder: Path, *, is_alone: bool) -> Example | None:
    """What `ecli test --record` wrote; of several programs in a folder, nobody knows whose it is."""
    path = folder / EXAMPLE_FILE
    if not is_alone or not path.is_file():
        return None
    fields = Fields(decode_json(_bytes(path, MAX_CONFIG_BYTES), limit=MAX_CONFIG_BYTES, where=str(path)), str(path))
    fields.only(*Example._fields)
    return Example.read(fields)


def _tests(fields: Fields) -> tuple[PackageTest, ...]:
    """The package's tests; here a field that does not exist is an author's slip, not a later version's."""
    for item in fields.maps("tests", limit=MAX_TESTS, default=[]):
        item.only(*PackageTest._fields)
        for expected in item.maps("expect", limit=MAX_EXPECTED, default=[]):
            expected.only(*Expected._fields)
    return read_tests(fields)


def _headers(folder: Path, includes: tuple[Path, ...], stem: str, source: SourceFile) -> tuple[SourceFile, ...]:
    """The program's own headers: those that it includes in quotes, from its folder or else the folders of headers."""
    names = [f"{stem}.h", *_INCLUDE.findall(source.text)]
    known = [name for name in dict.fromkeys(names) if name.rpartition("/")[2] != "vmlinux.h"]
    places = [[place / name for place in (folder, *includes)] for name in known[:MAX_HEADERS]]
    found = [next((path for path in paths if path.is_file()), None) for paths in places]
    return tuple(SourceFile(path.name, _bytes(path, MAX_SOURCE_BYTES)) for path in found if path is not None)


def _header(path: Path) -> SourceFile:
    if not path.is_file():
        raise NotFound("there is no such file", where=str(path))
    return SourceFile(path.name, _bytes(path, MAX_SOURCE_BYTES))


def _user_space(folder: Path, stem: str) -> tuple[SourceFile | None, bytes | None]:
    guest, module = folder / f"{stem}{GUEST_SUFFIX}", folder / f"{stem}{MODULE_SUFFIX}"
    if guest.is_file() and module.is_file():
        raise BadInput(
            f"which is the user space: {guest.name} or {module.name}?",
            where=str(folder),
            todo=f"remove {module.name} to have {guest.name} compiled, or keep the source in another folder",
        )
    if module.is_file():
        data = _bytes(module, MAX_WASM_BYTES)
        check_module(data, where=str(module))
        return None, data
    return SourceFile(guest.name, _bytes(guest, MAX_SOURCE_BYTES)) if guest.is_file() else None, None


def _readme(folder: Path) -> bytes | None:
    path = folder / "README.md"
    if not path.is_file():
        return None
    data = _bytes(path, MAX_README_BYTES)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8 text", where=str(path)) from error
    return data or None


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > limit:
        raise BadInput(f"has more than {limit} bytes", where=str(path))
    return data
