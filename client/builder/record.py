"""What a build was made of, by names that are the same on every machine, and digests: sources, headers, types, tools.

Provenance and SBOM tell it to others. It holds no path, no time and nothing of who built it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from ...schemas.digest import Digest
from ...schemas.errors import BadInput
from .compiler.compile import LATER
from .compiler.toolchain import compiler_version
from .project import EXAMPLE_FILE, GUEST_SUFFIX, MODULE_SUFFIX, Project
from .targets import Made, Target
from .vmlinux.chosen import OWN_TYPES

MAX_HEADER_BYTES = 64 * 1024 * 1024
_LIBBPF = "bpf/"
_VERSION_HEADER = Path("bpf/libbpf_version.h")
_VERSION = re.compile(r"#define LIBBPF_(?:MAJOR|MINOR)_VERSION (\d+)")
_OTHER_FILES = ("config.json", "README.md", EXAMPLE_FILE)


class Part(Enum):
    """What a file is part of."""

    SOURCE = "source"
    TYPES = "types"
    LIBBPF = "libbpf"
    SYSTEM = "system"


class Material(NamedTuple):
    """A file that went into the package: its name in the project, or as it is included."""

    name: str
    digest: Digest
    part: Part


class Tool(NamedTuple):
    """A program or library that took part; `version` is empty where it does not say."""

    name: str
    version: str


class BuildRecord(NamedTuple):
    """A build's materials and tools. `kernel` is the release whose types were used, empty for a project's own."""

    materials: tuple[Material, ...]
    compiler: Tool
    libbpf: Tool
    types: str
    kernel: str
    architectures: tuple[str, ...]
    defines: tuple[str, ...]

    @property
    def types_in_words(self) -> str:
        """Whose types were used, for people."""
        return f"{self.types}, of Linux {self.kernel}" if self.kernel else self.types

    def of(self, part: Part) -> list[Material]:
        """The materials of one part."""
        return [item for item in self.materials if item.part is part]


def record_of(project: Project, every: Sequence[Made], target: Target) -> BuildRecord:
    """Write down what a build was made of, for each object. Raises: BadInput when a header is gone meanwhile."""
    made = every[0]
    built_for = tuple(item.architecture for item in every if item.architecture)
    materials = [_placed(found, item, every) for item in every for found in _materials(project, item)]
    return BuildRecord(
        tuple(dict.fromkeys(materials)),
        Tool("zig" if made.toolchain.is_zig else "clang", compiler_version(made.toolchain)),
        Tool("libbpf", _libbpf_version(made.toolchain.headers)),
        made.types.choice.value if made.types.choice else _own_types(project, made),
        made.types.kernel,
        tuple(item.value for item in target.architectures or built_for),
        project.defines,
    )


def _own_types(project: Project, made: Made) -> str:
    """The project's own vmlinux.h, with the folder below the project's in which it lies."""
    own, place = project.folder.resolve(), made.types.folder.resolve()
    return (place.relative_to(own) / OWN_TYPES).as_posix() if place.is_relative_to(own) else OWN_TYPES


def _materials(project: Project, made: Made) -> Iterator[Material]:
    own = project.folder.resolve()
    user_space = (f"{project.stem}{suffix}" for suffix in (GUEST_SUFFIX, MODULE_SUFFIX))
    for name in (project.source.name, *user_space, *_OTHER_FILES):
        if (own / name).is_file():
            yield Material(name, _digest(own / name), Part.SOURCE)
    for path in made.compiled.headers:
        named = _named(path, own, made)
        if named is not None:
            yield Material(named[0], _digest(path), named[1])


def _placed(found: Material, made: Made, every: Sequence[Made]) -> Material:
    """Kernel types of each architecture have one name; where there are several, the architecture stands before it."""
    if found.part is not Part.TYPES or len(every) == 1 or made.architecture is None:
        return found
    return found._replace(name=f"{made.architecture.value}/{found.name}")


def _named(path: Path, own: Path, made: Made) -> tuple[str, Part] | None:
    """A header's name and part; None for one of the compiler's or ecli's own, for which their versions stand."""
    real = path.resolve()
    if real.is_relative_to(LATER.resolve()):
        return None
    if real.is_relative_to(made.types.folder.resolve()) and path.name == OWN_TYPES:
        return OWN_TYPES, Part.TYPES
    if real.is_relative_to(own):
        return real.relative_to(own).as_posix(), Part.SOURCE
    for folder in made.toolchain.folders:
        if path.is_relative_to(folder):
            name = path.relative_to(folder).as_posix()
            return name, Part.LIBBPF if name.startswith(_LIBBPF) else Part.SYSTEM
    return None if made.toolchain.brings(real) else (real.name, Part.SOURCE)


def _digest(path: Path) -> Digest:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_HEADER_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read any more: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_HEADER_BYTES:
        raise BadInput(f"has more than {MAX_HEADER_BYTES} bytes", where=str(path))
    return Digest.of(data)


def _libbpf_version(headers: Path) -> str:
    try:
        with (headers / _VERSION_HEADER).open(encoding="utf-8", errors="replace") as file:
            return ".".join(_VERSION.findall(file.read(65536)))
    except OSError:
        return ""  # older than 0.6
