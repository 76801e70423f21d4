"""Names of packages: `[origin/][namespace/]name[:tag][@sha256:<hex>]` (protocol.md section 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .digest import Digest
from .errors import BadInput

DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"
MAX_NAME_CHARS = 128  # one component
MAX_REFERENCE_CHARS = 512
NAME_PATTERN = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"  # OCI distribution 1.1, "Pulling manifests"
NAMESPACE_PATTERN = r"[a-z0-9]+(?:(?:_|__|-+)[a-z0-9]+)*"  # no dot: that is an origin's mark
_COMPONENT = re.compile(NAME_PATTERN)
_NAMESPACE = re.compile(NAMESPACE_PATTERN)
_ORIGIN = re.compile(r"(?=.{3,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A package by name. `origin` is empty for the default origin; `digest`, where given, binds the manifest."""

    origin: str
    namespace: str
    name: str
    tag: str = DEFAULT_TAG
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference. Raises: BadInput."""
        if len(text) > MAX_REFERENCE_CHARS:
            raise _bad(text, f"is longer than {MAX_REFERENCE_CHARS} characters")
        rest, at, digest = text.partition("@")
        path, colon, tag = rest.partition(":")
        if "/" in tag:
            raise _bad(text, "holds a port; a name holds none (give the hub's address to `ecli trust add`)")
        parts = path.split("/")
        origin = parts.pop(0) if len(parts) > 1 and "." in parts[0] else ""
        if len(parts) > 2:
            raise _bad(text, "has too many parts; it is [origin/][namespace/]name[:tag]")
        namespace = parts[0] if len(parts) == 2 else DEFAULT_NAMESPACE
        return cls(
            check_origin(origin) if origin else "",
            check_namespace(namespace),
            check_name(parts[-1]),
            check_tag(tag) if colon else DEFAULT_TAG,
            Digest.parse(digest) if at else None,
        )

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def canonical(self) -> str:
        """The name by which rules know a package: `origin/namespace/name`."""
        return f"{self.origin}/{self.namespace}/{self.name}"

    def __str__(self) -> str:
        text = f"{self.origin}/{self.package}" if self.origin else self.package
        text += f":{self.tag}"
        return f"{text}@{self.digest}" if self.digest else text


def check_origin(text: str) -> str:
    """Check an origin: a lower-case DNS name with at least one dot, no port. Raises: BadInput."""
    if not _ORIGIN.fullmatch(text):
        raise BadInput(
            f"{text[:80]!r} is not an origin", where="origin", todo="An origin is a DNS name: hub.example.org"
        )
    return text


def check_namespace(text: str) -> str:
    """Check a namespace: an OCI path component without a dot. Raises: BadInput."""
    if len(text) > MAX_NAME_CHARS or not _NAMESPACE.fullmatch(text):
        raise BadInput(
            f"{text[:80]!r} is not a namespace",
            where="namespace",
            todo="A namespace has lower-case letters, digits, '-' and '_', and no dot",
        )
    return text


def check_name(text: str) -> str:
    """Check a package's name: an OCI path component. Raises: BadInput."""
    if len(text) > MAX_NAME_CHARS or not _COMPONENT.fullmatch(text):
        raise BadInput(
            f"{text[:80]!r} is not a package name",
            where="name",
            todo="A name has lower-case letters and digits, with '.', '-' or '_' between them",
        )
    return text


def check_tag(text: str) -> str:
    """Check a tag as the OCI distribution specification spells it. Raises: BadInput."""
    if not _TAG.fullmatch(text):
        raise BadInput(f"{text[:80]!r} is not a tag", where="tag", todo="A tag has letters, digits, '.', '-' and '_'")
    return text


def _bad(text: str, why: str) -> BadInput:
    return BadInput(f"the name {text[:80]!r} {why}", where="reference")
