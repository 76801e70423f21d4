"""Rights: who calls, what a route needs, and whether the one is enough for the other. Not how callers are known."""

from __future__ import annotations

from dataclasses import dataclass

from ...schemas.errors import Denied
from .roles import Role
from .scopes import Scope, Scopes


class LoginNeeded(Denied):
    """Nobody may do this without a login, or the credentials are wrong: 401, not 403."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request. `identity` is None for somebody without credentials; two callers never share one.

    `key` names the credential (a token or a session), and is no secret. `form` is what forms must hold that change
    something; empty for credentials that no browser sends by itself.
    """

    identity: str | None
    role: Role
    scopes: Scopes = Scopes(frozenset({Scope.READ}))  # noqa: RUF009 (frozen)
    key: str = ""
    form: str = ""

    def may(self, needs: Needs, *, namespace: str | None = None) -> bool:
        """Tell whether role and scopes are both enough, in `namespace` where one is meant."""
        return self.role >= needs.role and (needs.scope is None or self.scopes.allow(needs.scope, namespace=namespace))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route needs: at least this role of the holder, and this scope of the credential."""

    role: Role
    scope: Scope | None = None

    def __str__(self) -> str:
        return f"{self.role.word}, scope {self.scope}" if self.scope else self.role.word


ANYBODY = Needs(Role.NONE)  # stays open on a closed hub too: health, and what a login needs
READING = Needs(Role.READER, Scope.READ)  # on an open hub anybody is a reader
PUBLISHING = Needs(Role.PUBLISHER, Scope.PUBLISH)
MODERATING = Needs(Role.MAINTAINER, Scope.MODERATE)
ADMINISTERING = Needs(Role.ADMIN, Scope.ADMIN)
OWN_ACCOUNT = Needs(Role.READER, Scope.ACCOUNT)
COMMENTING = Needs(Role.READER, Scope.COMMENT)


def judge(caller: Caller, needs: Needs, *, namespace: str | None = None) -> None:
    """Refuse whoever may not. Raises: LoginNeeded, Denied."""
    if caller.may(needs, namespace=namespace):
        return
    if caller.identity is None:
        raise LoginNeeded("this needs a login")
    if caller.role < needs.role:
        raise Denied("your role does not allow this", todo=f"It needs the role {needs.role.word}.")
    wanted = (
        f"{needs.scope} or {needs.scope}:{namespace}" if namespace and needs.scope is Scope.PUBLISH else needs.scope
    )
    raise Denied("this token is not for this", todo=f"It needs the scope {wanted}.")
