"""By what two releases of a package differ for whoever runs them: named traits, each a text that is no language's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from ...schemas.bpf_maps import BpfMap
from ...schemas.c_type import ARRAY, FLOAT, INTEGER, STRING, STRUCT, CType
from ...schemas.contents import judged
from ...schemas.entry import Release
from ...schemas.package import ARCHITECTURE
from ...schemas.permission_rules import permission_word
from ...schemas.program import Option
from .release_files import ReleaseFiles


class Aspect(StrEnum):
    """What a trait is about, the weightiest first."""

    PERMISSION = "permission"
    PUBLISHER = "publisher"
    ATTACH = "attach"
    KERNEL = "kernel"
    OPTION = "option"
    OUTPUT = "output"
    MAP = "map"
    FILE = "file"
    ABOUT = "about"


Traits = Mapping[Aspect, Mapping[str, str]]  # of each aspect, names to texts


def traits_of(files: ReleaseFiles, release: Release) -> Traits:
    """The traits of a release."""
    identity, config = release.identity, files.config
    about = {"description": config.description, "license": config.license, "url": config.url}
    return {
        Aspect.PERMISSION: {
            permission_word(item.category, item.group): ", ".join(item.evidence)
            for item in files.permissions.permissions
        },
        Aspect.PUBLISHER: {"identity": f"{identity.subject} ({identity.issuer})"},
        Aspect.ATTACH: {program.section.removeprefix("?"): program.kind.type for program in files.programs},
        Aspect.KERNEL: dict(_needs(files)),
        Aspect.OPTION: {f"--{option.long}": _option(option) for option in config.usage.options},
        Aspect.OUTPUT: {name: text for stream in config.usage.events for name, text in _columns(stream.type, "")},
        Aspect.MAP: {item.name: _map(item) for bpf in files.objects for item in bpf.maps},
        Aspect.FILE: {
            "/".join(filter(None, (item.media_type, item.annotations.get(ARCHITECTURE, "")))): str(item.size)
            for item in judged(files.manifest)
        },
        Aspect.ABOUT: {name: text for name, text in about.items() if text},
    }


def _needs(files: ReleaseFiles) -> Iterator[tuple[str, str]]:
    if files.permissions.minimum_kernel != (0, 0):
        yield "linux", "{}.{}".format(*files.permissions.minimum_kernel)
    if files.needs_btf:
        yield "btf", "/sys/kernel/btf/vmlinux"
    for name in files.config.architectures:
        yield name, "linux"
    for name in files.kernel_types:
        yield name, "CO-RE"


def _option(option: Option) -> str:
    default = "" if option.default in (None, "") else f"= {option.default}"
    return " ".join(filter(None, (_type(option.type), default, f"({option.help})" if option.help else "")))


def _columns(kind: CType, name: str) -> Iterator[tuple[str, str]]:
    """Each value of an event, by its name as `ecli run` prints it."""
    for member in kind.members:
        inner = ".".join(filter(None, (name, member.name)))
        if member.type.kind == STRUCT:
            yield from _columns(member.type, inner)
        else:
            yield inner, " ".join(filter(None, (_type(member.type), member.show)))


def _type(kind: CType) -> str:
    if kind.kind == INTEGER:
        return f"{'s' if kind.signed else 'u'}{8 * kind.size}"
    if kind.kind == FLOAT:
        return f"f{8 * kind.size}"
    if kind.kind == STRING:
        return f"char[{kind.size}]"
    if kind.kind == ARRAY and kind.item is not None:
        return f"{_type(kind.item)}[{kind.length}]"
    return kind.name or kind.kind


def _map(item: BpfMap) -> str:
    sizes = f"{item.key_size} B → {item.value_size} B" if item.key_size or item.value_size else ""
    pinned = "pinned" if item.pinned else ""
    return " ".join(
        filter(None, (item.type_name, sizes, f"max {item.max_entries}" if item.max_entries else "", pinned))
    )
