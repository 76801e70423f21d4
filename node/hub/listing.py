"""What search keeps of a release: taken from its log entry, its config, and its code. Nothing is stored here.

Permissions, attach types, architectures and the oldest kernel are read out of the code. Description, keywords and, by
them, categories are the publisher's words.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...schemas.architecture import Architecture, architectures_of
from ...schemas.bpf_kinds import ProgramKind, program_types
from ...schemas.bpf_object import BpfObject
from ...schemas.entry import Release
from ...schemas.errors import BadInput
from ...schemas.package import PackageConfig
from ...schemas.permission_rules import Category as Done
from ...schemas.permission_rules import Group, Meaning, permission_word
from ...schemas.permissions import Permission, Permissions, permissions_of_package
from ...schemas.reference import DEFAULT_NAMESPACE
from ...schemas.semver import Version
from ...schemas.wasm import objects_of_package
from .catalogue import Facet, Fact, Listing, PackageKey
from .categories import Category, categories_of

USDT = "usdt"  # a probe that a program declares; to the kernel it is a uprobe
CHANGES_NOTHING = "changes:nothing"  # besides the words of policies: it neither changes nor leaves anything
ANY_KERNEL = "any"  # of a package that calls no helper
KERNELS = ("4.18", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12")  # long-lived ones, that are offered to choose from
_UNREADABLE = Permissions((Permission(Done.CHANGES, Group.OTHER, ("it cannot be read",)),), (), (0, 0))


def make_listing(
    origin: str,
    release: Release,
    config: PackageConfig,
    *,
    entry: int,
    own: bool,
    objects: tuple[bytes, ...],
    wasm: bytes | None,
) -> Listing:
    """What search keeps of a release of `origin`; `own` tells that this hub is that origin.

    `objects` are the package's own BPF objects: one, or one for each of the config's architectures.

    What cannot be read as a program counts as one that may change anything.
    """
    try:
        facts = [BpfObject.parse(item) for item in objects_of_package(wasm, *objects)]
        permissions = permissions_of_package(wasm, *objects)
    except BadInput:
        facts, permissions = [], _UNREADABLE
    return Listing(
        PackageKey(origin, release.namespace, release.name),
        release.version,
        config.description,
        config.keywords,
        release.identity.subject,
        str(release.manifest),
        entry,
        release.time,
        tuple(_facts(origin, release, config, facts, permissions, runs=bool(objects) or wasm is not None)),
        "{}.{}".format(*permissions.minimum_kernel) if permissions.minimum_kernel != (0, 0) else "",
        _trust(release, own=own),
    )


def attach_word(kind: ProgramKind) -> str:
    """The name of an attach type in addresses and on the command line: `raw-tracepoint`."""
    return USDT if kind.hook == USDT else kind.type.replace("_", "-")


def attach_words() -> tuple[str, ...]:
    """All names of attach types."""
    return tuple(sorted({USDT, *(kind.replace("_", "-") for kind in program_types())}))


def kernel_to_ask(version: str) -> str:
    """The newest of KERNELS that is not newer than `version`: what runs on it runs there. Raises: BadInput."""
    if version == ANY_KERNEL:
        return version
    wanted = _number(version)
    return max((kernel for kernel in KERNELS if _number(kernel) <= wanted), key=_number, default=ANY_KERNEL)


def _facts(
    origin: str,
    release: Release,
    config: PackageConfig,
    objects: list[BpfObject],
    permissions: Permissions,
    *,
    runs: bool,
) -> Iterator[Fact]:
    meanings = [(item.category, item.group) for item in permissions.permissions]
    kinds = {attach_word(program.kind) for item in objects for program in item.programs}
    for category in categories_of(config.keywords, meanings) if runs else (Category.KERNEL_TYPES,):
        yield Fact(Facet.CATEGORY, category)
    for kind in sorted(kinds):
        yield Fact(Facet.ATTACH, kind)
    for word in _permission_words(meanings) if runs else ():
        yield Fact(Facet.PERMISSION, word)
    if objects:  # else nothing is known of what it needs
        yield from _needs(config, objects, permissions.minimum_kernel)
    yield Fact(Facet.PUBLISHER, release.identity.subject)
    yield Fact(Facet.ORIGIN, origin)


def _permission_words(meanings: list[Meaning]) -> list[str]:
    """Each category once, and each group; or that there is no harm."""
    groups = [permission_word(*meaning) for meaning in meanings]
    words = [word for group in groups for word in (group.partition(":")[0], group)]
    harmless = not any(done in (Done.CHANGES, Done.PERSISTS) for done, _ in meanings)
    return [*dict.fromkeys(words), *([CHANGES_NOTHING] if harmless else [])]


def _needs(config: PackageConfig, objects: list[BpfObject], minimum: tuple[int, int]) -> Iterator[Fact]:
    """The architectures on which it runs, and the kernels that have all helpers."""
    for made in Architecture:
        said = not config.architectures or made.oci in config.architectures
        runs = any if len(config.architectures) > 1 else all  # one object for each of several, or the same for all
        if said and runs(made in architectures_of(item) for item in objects):
            yield Fact(Facet.ARCHITECTURE, made)
    if minimum == (0, 0):
        yield Fact(Facet.KERNEL, ANY_KERNEL)
    for kernel in KERNELS:
        if minimum <= _number(kernel):
            yield Fact(Facet.KERNEL, kernel)


def _trust(release: Release, *, own: bool) -> int:
    """Two for this hub's own log, one for the namespace of its operators, one for a final version."""
    return 2 * own + (release.namespace == DEFAULT_NAMESPACE) + (not Version.parse(release.version).pre)


def _number(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    if not (major.isdecimal() and minor.isdecimal() and version.isascii() and len(version) <= 8):
        raise BadInput("must be a kernel's version, such as 6.1", where="kernel")
    return int(major), int(minor)
