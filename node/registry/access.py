"""Who may do what in the registry: roles, login challenges, and who sees what is staged (protocol.md section 10)."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from ...schemas.digest import AnyDigest, Digest
from ...schemas.errors import Denied
from ..accounts.roles import Role
from ..errors import OciCode, OciRefusal
from ..storage.manifests import ManifestRow
from .names import Repository, locate
from .ports import Caller
from .registry import Registry

ANONYMOUS_TOKEN = "anonymous"  # noqa: S105 (no secret: the token endpoint's answer to somebody without credentials)
MAX_NESTING = 4  # indexes within indexes that are followed upwards
_NOBODY = ("", f"bearer {ANONYMOUS_TOKEN}", "basic og==")  # "Og==" is an empty name with an empty password


class Access:
    """Answers whether a caller may. Holds no state of its own."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def caller(self, request: web.Request, needs: Role) -> Caller:
        """Tell who calls, or refuse them: 401 with a challenge without credentials, 403 with too small a role.

        Raises: OciRefusal.
        """
        if request.headers.get(hdrs.AUTHORIZATION, "").lower() in _NOBODY:
            request = _without_credentials(request)
        try:
            found = await self._registry.gatekeeper.caller(request)
        except Denied as error:
            raise self.challenge(request, error.what) from error
        if found.role >= needs:
            return found
        if found.identity is None:
            raise self.challenge(request, "this needs a login")
        raise OciRefusal(OciCode.DENIED, "your role does not allow this", status=HTTPStatus.FORBIDDEN)

    def challenge(self, request: web.Request, why: str, *, bearer: bool = False) -> OciRefusal:
        """A refusal that asks for credentials (RFC 9110 section 11.6.1)."""
        realm = self._registry.settings.origin
        told = (
            f'Bearer realm="{self.address(request)}/v2/token",service="{realm}"' if bearer else f'Basic realm="{realm}"'
        )
        return OciRefusal(
            OciCode.UNAUTHORIZED,
            why,
            status=HTTPStatus.UNAUTHORIZED,
            todo="Log in with a token of this hub as the password; the user name does not matter.",
            headers={"WWW-Authenticate": told},
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


def _without_credentials(request: web.Request) -> web.Request:
    if hdrs.AUTHORIZATION not in request.headers:
        return request
    headers = request.headers.copy()
    del headers[hdrs.AUTHORIZATION]
    return request.clone(headers=headers)
