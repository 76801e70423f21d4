"""The templates of `ecli init`: which there are, their files, and what stands for the @WORDS@ in them.

A template is a folder with its own files and a template.toml, laid over templates/common, and a layer between where
it names one. Nothing is written here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ....schemas.errors import BadInput
from ..formats.c_text import c_name

DEFAULT = "eunomia"
NAMES = (DEFAULT, "libbpf", "wasm-c", "wasm-rust", "wasm-go", "cilium-go", "libbpf-rs", "openeuler")
_FOLDER = Path(__file__).parent / "templates"
_COMMON = "common"
_VALUES = "template.toml"
_NAME, _DOT = (
    "NAME",
    "dot-",
)  # in paths: the package's name; a dot, for files that begin with one do not survive packaging
_ALONE = re.compile(r"^@([A-Z]+)@\n", re.MULTILINE)
_WITHIN = re.compile(r"@([A-Z]+)@")


@dataclass(frozen=True, slots=True)
class Template:
    """`values` are by word, in lower case; `files` are by their path in the project, with NAME in it."""

    name: str
    values: Mapping[str, str]
    files: Mapping[str, Path]

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return self.values["summary"]

    def render(self, name: str, **values: str) -> dict[str, str]:
        """Return the text of each file by its path, for the package `name`; `values` replace the template's own.

        `name` is a package's name, so it holds letters, digits, dots, dashes and underscores only.
        """
        words = {**self.values, **values, "name": name, "crate": crate_name(name), "identifier": c_name(name)}
        return {
            path.replace(_NAME, name): _filled(file.read_text(encoding="utf-8"), words)
            for path, file in self.files.items()
        }


def template(name: str) -> Template:
    """Find a template. Raises: BadInput, with the names of those that there are."""
    if name not in NAMES:
        raise BadInput(
            f"there is no template {name!r}", where="template", todo=f"Templates: {', '.join(NAMES)} (ecli init --list)"
        )
    files, values = dict[str, Path](), dict[str, str]()
    layer = _values(name).get("layer", _COMMON)
    for part in dict.fromkeys((_COMMON, layer, name)):
        folder = _FOLDER / part
        values |= _values(part)
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _VALUES)
        files |= {_target(path.relative_to(folder)): path for path in found}
    return Template(name, values, files)


def _values(name: str) -> dict[str, str]:
    return tomllib.loads((_FOLDER / name / _VALUES).read_text(encoding="utf-8"))


def templates() -> tuple[Template, ...]:
    """All templates, the default one first."""
    return tuple(map(template, NAMES))


def crate_name(name: str) -> str:
    """Return a package's name as Cargo and Go modules take it, whatever it is: no dots, no digit first, no keyword."""
    return "ebpf-" + name.replace(".", "-")


def _target(path: Path) -> str:
    return "/".join("." + part.removeprefix(_DOT) if part.startswith(_DOT) else part for part in path.parts)


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Put words in, and words into those; a line that holds nothing but an empty one goes away."""

    def value(found: re.Match[str]) -> str:
        return _filled(words[found[1].lower()].strip("\n"), words)

    def line(found: re.Match[str]) -> str:
        made = value(found)
        return made + "\n" if made else ""

    return re.sub(r"[ \t]+$", "", _WITHIN.sub(value, _ALONE.sub(line, text)), flags=re.MULTILINE)
