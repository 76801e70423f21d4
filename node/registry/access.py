"""Who may do what in the registry: callers, login challenges, and who sees what is staged (protocol.md section 10)."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from ...schemas.digest import AnyDigest, Digest
from ...schemas.errors import Denied, HubError
from ..accounts.gatekeeper import read_token
from ..accounts.guard import CALLER
from ..accounts.rights import READING, Caller, LoginNeeded, judge
from ..errors import OciCode, OciRefusal
from ..storage.manifests import ManifestRow
from .actions import Action
from .bearer import Bearer, Bearers, asked_for
from .names import PLAIN, Repository, locate
from .registry import Registry

MAX_NESTING = 4  # indexes within indexes that are followed upwards
BEARER = web.RequestKey("bearer", Bearer)
_NOBODY = ("", "basic og==")  # "Og==" is an empty name with an empty password
_TODO = "Log in with a token of this hub as the password; the user name does not matter."


class Access:
    """Answers whether a caller may. It keeps nothing but the key of bearer tokens."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._bearers = Bearers(registry.settings.origin)

    async def caller(self, request: web.Request) -> Caller:
        """Tell who calls, by the hub's credentials or a bearer token. Raises: OciRefusal for wrong ones."""
        header = request.headers.get(hdrs.AUTHORIZATION, "")
        try:
            bearer = self._bearers.read(read_token(header)) if header.lower() not in _NOBODY else None
            if bearer is None:
                found = await self._registry.gatekeeper.caller(_without_nobody(request, header))
            else:
                request[BEARER], found = bearer, self._registry.gatekeeper.again(bearer.key)
        except Denied as error:
            raise self.challenge(request, error.what) from error
        request[CALLER] = found
        return found

    def admit(self, request: web.Request, action: Action, *, name: str = "", namespace: str | None = None) -> None:
        """Refuse the caller whom `caller` has found, unless they may do this to the repository `name`.

        401 with a challenge without credentials, and for a bearer token that was not asked for this; else 403.

        Raises: OciRefusal.
        """
        wanted = f"repository:{name}:{'pull' if action is Action.PULL else 'pull,push,delete'}" if name else ""
        try:
            judge(request[CALLER], action.needs, namespace=namespace)
        except LoginNeeded as error:
            raise self.challenge(request, error.what, scope=wanted) from error
        except Denied as error:
            raise OciRefusal(OciCode.DENIED, error.what, status=HTTPStatus.FORBIDDEN, todo=error.todo) from error
        bearer = request.get(BEARER)
        if name and bearer is not None and action not in bearer.grants.get(name, ()):
            raise self.challenge(request, f"this token is not for {action} of {name}", scope=wanted)

    def sees(self, request: web.Request, name: str, digest: AnyDigest) -> bool:
        """Tell whether the caller may read a blob of another repository. Raises: HubError where there is none."""
        repository = self.locate(name)
        self.admit(request, Action.PULL)  # many clients that mount ask for a token of the other repository alone
        return self.sees_blob(repository, digest, request[CALLER])

    async def bearer(self, request: web.Request) -> str:
        """A bearer token for what is asked for and allowed, for whoever sends Basic credentials or none."""
        caller = await self.caller(request)
        grants = {
            name: frozenset(action for action in actions if self._may(caller, action, name))
            for name, actions in asked_for(request.query.getall("scope", [])).items()
        }
        return self._bearers.give(Bearer(caller.key, grants), caller.identity)

    def _may(self, caller: Caller, action: Action, name: str) -> bool:
        if not caller.may(READING):
            return False
        try:
            repository = self.locate(name)
        except HubError:
            return False
        if repository.origin and action is not Action.PULL:
            return False
        return caller.may(action.needs, namespace=space(repository))

    def challenge(self, request: web.Request, why: str, *, scope: str = "", basic: bool = True) -> OciRefusal:
        """A refusal that asks for credentials: Basic, or a bearer token of the token endpoint (RFC 6750 section 3).

        Basic comes first: with it a client sends its credentials to see what it has staged, which nobody asks it for.
        """
        origin = self._registry.settings.origin
        bearer = f'Bearer realm="{self.address(request)}/v2/token",service="{origin}"'
        bearer += f',scope="{scope}"' if scope else ""
        if BEARER in request:
            basic, bearer = False, f'{bearer},error="insufficient_scope"'
        return OciRefusal(
            OciCode.UNAUTHORIZED,
            why,
            status=HTTPStatus.UNAUTHORIZED,
            todo=_TODO,
            challenges=(f'Basic realm="{origin}"', bearer) if basic else (bearer,),
        )

    def address(self, request: web.Request) -> str:
        """The hub's address as clients see it."""
        return self._registry.settings.url.rstrip("/") or f"{request.scheme}://{request.host}"

    def locate(self, name: str) -> Repository:
        """Find a repository by its name in a URL. Raises: OciRefusal."""
        settings = self._registry.settings
        known = self._registry.mirrored
        return locate(name, origin=settings.origin, plain=settings.plain, mirrored=lambda it: known(it) is not None)

    def released(self, repository: Repository, digest: AnyDigest, *, nesting: int = MAX_NESTING) -> bool:
        """Tell whether a manifest is part of a release, itself or through an index that names it."""
        if not repository.logged or not isinstance(digest, Digest):
            return False
        if self._registry.releases(repository).released(repository.namespace, repository.name, digest):
            return True
        holders = self._registry.manifests.holders(repository.key, digest) if nesting else []
        return any(self.released(repository, holder, nesting=nesting - 1) for holder in holders)

    def manifest(self, repository: Repository, digest: AnyDigest, caller: Caller) -> ManifestRow | None:
        """A manifest that the caller may see. What the log released is seen even if a crash kept the rows from it."""
        manifests = self._registry.manifests
        row = manifests.get(repository.key, digest, identity=self.stager(repository, caller))
        if row is None and repository.logged and (staged := manifests.any(repository.key, digest)):
            if not self.released(repository, digest):
                return None
            manifests.publish(repository.key, digest)
            return staged
        return row

    def sees_blob(self, repository: Repository, digest: AnyDigest, caller: Caller) -> bool:
        """Tell whether the caller may read a blob in this repository."""
        if self._registry.links.visible(repository.key, digest, identity=self.stager(repository, caller)):
            return True
        if not repository.logged:
            return False
        holders = self._registry.manifests.holders(repository.key, digest)
        shown = [holder for holder in holders if self.released(repository, holder)]
        for holder in shown:
            self._registry.manifests.publish(repository.key, holder)
        return bool(shown) and self._registry.links.visible(repository.key, digest)

    def stager(self, repository: Repository, caller: Caller) -> str:
        """The `staged_by` of what this caller pushes into the repository: empty where nothing is staged."""
        return (caller.identity or "") if repository.logged else ""


def space(repository: Repository) -> str:
    """The namespace of a repository as scopes name it; plain ones have `plain`, which is no namespace."""
    return repository.namespace or PLAIN


def _without_nobody(request: web.Request, header: str) -> web.Request:
    """The request without the empty credentials that some clients send."""
    if not header or header.lower() not in _NOBODY:
        return request
    headers = request.headers.copy()
    del headers[hdrs.AUTHORIZATION]
    return request.clone(headers=headers)
