"""Scopes: what a credential may be used for. They never give more than its holder's role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ...schemas.errors import BadInput
from ...schemas.reference import check_namespace
from .roles import Role

MAX_SCOPES = 32  # words of one token
_PUBLISH_IN = "publish:"


class Scope(StrEnum):
    """One kind of use. Whoever may do anything may read."""

    READ = "read"
    PUBLISH = "publish"
    MODERATE = "moderate"
    ADMIN = "admin"
    ACCOUNT = "account"  # one's own tokens and sessions
    COMMENT = "comment"  # one's own comments, and reports of others


_LEAST = {
    Scope.READ: Role.READER,
    Scope.PUBLISH: Role.PUBLISHER,
    Scope.MODERATE: Role.MAINTAINER,
    Scope.ADMIN: Role.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Scopes:
    """Kinds of use, and namespaces in which alone one may publish (`publish:<namespace>`)."""

    kinds: frozenset[Scope] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @classmethod
    def read(cls, words: Iterable[str]) -> Scopes:
        """Read scopes as people write them. Raises: BadInput."""
        kinds, namespaces, given = {Scope.READ}, set[str](), tuple(words)
        if not 0 < len(given) <= MAX_SCOPES:
            raise BadInput(f"must be 1 to {MAX_SCOPES} words", where="scope")
        for word in given:
            if word.startswith(_PUBLISH_IN):
                namespaces.add(check_namespace(word.removeprefix(_PUBLISH_IN)))
            elif word in tuple(Scope):
                kinds.add(Scope(word))
            else:
                told = ", ".join((*Scope, "publish:NAMESPACE"))
                raise BadInput(f"{word[:80]!r} is not a scope", where="scope", todo=f"Scopes: {told}")
        return cls(frozenset(kinds), frozenset() if Scope.PUBLISH in kinds else frozenset(namespaces))

    @classmethod
    def of_role(cls, role: Role) -> Scopes:
        """All that a role may do with what it does not own; one's own account and comments are asked for by name."""
        return cls(frozenset(scope for scope, least in _LEAST.items() if least <= role))

    @property
    def words(self) -> tuple[str, ...]:
        """The scopes as people write them, in one order."""
        return (
            *(scope for scope in Scope if scope in self.kinds),
            *(_PUBLISH_IN + it for it in sorted(self.namespaces)),
        )

    def allow(self, scope: Scope, *, namespace: str | None = None) -> bool:
        """Tell whether this use is allowed, in `namespace`; None means in at least one."""
        if scope in self.kinds:
            return True
        return scope is Scope.PUBLISH and (bool(self.namespaces) if namespace is None else namespace in self.namespaces)

    def cover(self, others: Scopes) -> bool:
        """Tell whether the others allow nothing more than these."""
        whole = Scope.PUBLISH in self.kinds
        return others.kinds <= self.kinds and (whole or others.namespaces <= self.namespaces)

    def beyond(self, role: Role) -> str:
        """The first scope that a role never gives; empty when there is none."""
        wanted = self.kinds | ({Scope.PUBLISH} if self.namespaces else set())
        return next((scope for scope in Scope if scope in wanted and _LEAST.get(scope, Role.READER) > role), "")
