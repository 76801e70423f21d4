"""Names of repositories in URLs, and what kind of repository they mean (protocol.md sections 1, 6 and 10).

Names are checked against the grammar of OCI distribution 1.1 ("Pulling manifests") and are never used as file names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus

from ...schemas.errors import BadInput
from ...schemas.reference import check_name, check_namespace, check_origin
from ..errors import OciCode, OciRefusal

PLAIN = "plain"  # the first component of unlogged repositories; no namespace can be called so
MAX_NAME_CHARS = 255
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")


class Target(Enum):
    """What a path below /v2/ is about."""

    BLOB = "blobs"
    MANIFEST = "manifests"
    REFERRERS = "referrers"
    TAGS = "tags"
    NEW_UPLOAD = "new upload"
    UPLOAD = "uploads"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of this hub. `key` is its name in the tables; logged ones have a namespace and a name.

    `origin` is empty for this hub's own ones; others are mirrored from there, and only read here.
    """

    key: str
    namespace: str = ""
    name: str = ""
    origin: str = ""

    @property
    def logged(self) -> bool:
        """Whether what is in it is decided by the log."""
        return bool(self.namespace)


@dataclass(frozen=True, slots=True)
class Place:
    """A path below /v2/, taken apart but not yet judged: repository's name, target, and tag, digest or upload id."""

    name: str
    target: Target
    reference: str = ""


def take_apart(tail: str) -> Place:
    """Take apart what follows `/v2/`. Raises: OciRefusal."""
    head, _, last = tail.rpartition("/")
    name, _, kind = head.rpartition("/")
    if kind == "blobs" and last == "uploads":
        return Place(name, Target.NEW_UPLOAD)
    if kind == "uploads" and name.endswith("/blobs"):
        return Place(name[:-6], Target.UPLOAD if last else Target.NEW_UPLOAD, last)
    if kind == "tags" and last == "list":
        return Place(name, Target.TAGS)
    if kind in ("blobs", "manifests", "referrers") and last and name:
        return Place(name, Target(kind), last)
    raise OciRefusal(OciCode.NAME_UNKNOWN, "there is nothing at this path", status=HTTPStatus.NOT_FOUND)


def locate(name: str, *, origin: str, plain: bool, mirrored: Callable[[str], bool]) -> Repository:
    """Find the repository that a name means on the hub `origin`; `plain` tells whether it has plain ones.

    `mirrored` tells whether another origin is mirrored here.

    Raises: OciRefusal.
    """
    if len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name):
        raise OciRefusal(OciCode.NAME_INVALID, f"{name[:80]!r} is not the name of a repository")
    first, *rest = name.split("/")
    if first == PLAIN:
        if not plain or not rest:
            raise unknown_name(name)
        return Repository(name)
    if "." in first:
        return _of_origin(first, rest, origin=origin, mirrored=mirrored)
    return _logged(first, rest)


def unknown_name(name: str) -> OciRefusal:
    """The refusal of a name that means no repository here."""
    return OciRefusal(OciCode.NAME_UNKNOWN, f"there is no repository {name[:80]!r} here", status=HTTPStatus.NOT_FOUND)


def _of_origin(asked: str, rest: list[str], *, origin: str, mirrored: Callable[[str], bool]) -> Repository:
    try:
        check_origin(asked)
    except BadInput as error:
        raise OciRefusal(OciCode.NAME_INVALID, error.what) from error
    if asked != origin and not mirrored(asked):
        raise unknown_name("/".join([asked, *rest]))
    found = _logged(rest[0] if rest else "", rest[1:])
    return found if asked == origin else replace(found, key=f"{asked}/{found.key}", origin=asked)


def _logged(namespace: str, rest: list[str]) -> Repository:
    if len(rest) != 1 or namespace == PLAIN:
        raise unknown_name("/".join([namespace, *rest]))
    try:
        check_namespace(namespace)
        check_name(rest[0])
    except BadInput as error:
        raise OciRefusal(OciCode.NAME_INVALID, error.what) from error
    return Repository(f"{namespace}/{rest[0]}", namespace, rest[0])
