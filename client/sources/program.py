"""From what was found to a program that can be run, by the user's choice alone: nobody's signature was checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...schemas.bpf_object import BpfObject
from ...schemas.contents import PackageContents
from ...schemas.errors import BadInput
from ...schemas.eunomia import NAMESPACE, EunomiaPackage
from ...schemas.package import PackageConfig
from ...schemas.program import Usage
from ...schemas.reference import check_name
from ..architecture import own_architecture
from ..unsigned import UnsignedProgram
from .eunomia_tar import read_tar
from .sniff import Kind

if TYPE_CHECKING:  # found.py hands out program_of
    from .found import Found

NO_VERSION = "0.0.0"
_ENDINGS = (".o", ".bpf", ".wasm", ".json", ".tar")


def program_of(found: Found) -> UnsignedProgram:
    """Read what was found. A package file is the caller's, for it may be signed. Raises: BadInput, NotTrusted."""
    if found.contents is not None:
        return _of_contents(found.contents, found)
    match found.kind:
        case Kind.OBJECT:
            return _of_object(found)
        case Kind.WASM:
            return UnsignedProgram(_config(found), None, _choice(found), wasm=found.data, outside=found.outside)
        case Kind.JSON:
            return _of_eunomia(EunomiaPackage.parse(found.data, where=found.place), found)
        case Kind.TAR:
            return _of_eunomia(read_tar(found.data, where=found.place), found)
        case _:
            raise BadInput(f"this is a {found.kind.value}, which is read elsewhere", where=found.place)


def name_of(text: str) -> str:
    """A package's name out of a file's: `Open Snoop.bpf.o` is open-snoop."""
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    made = re.sub(r"[._-]{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", text.lower())).strip("._-")
    return check_name(made[:128].rstrip("._-") or "program")


def _of_object(found: Found) -> UnsignedProgram:
    from ..builder.source.comments import SourceDocs
    from ..builder.source.usage import find_usage

    facts = BpfObject.parse(found.data, where=found.place)
    usage = find_usage(facts, SourceDocs(), SourceDocs()).usage
    return UnsignedProgram(_config(found, usage), found.data, _choice(found), outside=found.outside)


def _of_eunomia(package: EunomiaPackage, found: Found) -> UnsignedProgram:
    return UnsignedProgram(
        package.config,
        package.bpf_object,
        _choice(found),
        types=package.types,
        outside=found.outside,
        settings=package.settings,
    )


def _of_contents(contents: PackageContents, found: Found) -> UnsignedProgram:
    return UnsignedProgram(
        contents.config,
        contents.bpf_object(own_architecture()),
        _choice(found),
        wasm=contents.wasm(),
        types=contents.types(),
        outside=found.outside,
    )


def _config(found: Found, usage: Usage | None = None) -> PackageConfig:
    return PackageConfig(NAMESPACE, name_of(found.name), NO_VERSION, usage=usage or Usage())


def _choice(found: Found) -> str:
    return f"{found.kind.value} {found.place}" + (f" ({found.image})" if found.image else "")
