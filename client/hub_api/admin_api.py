"""What a hub's API offers those who run it: people, namespaces, quotas, mirrors, the audit log. Methods of `HubApi`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from .admin_answers import (
    Ended,
    Event,
    EventsAnswer,
    MirroredOrigin,
    MirroringAnswer,
    NamespacesAnswer,
    NamespaceUse,
    OverviewAnswer,
    OwnedNamespaceFacts,
    PeopleAnswer,
    PersonAnswer,
    PersonFacts,
    QuotaAnswer,
)
from .answers import Token
from .requests import ApiRequests, with_query

ROWS = 100  # people, namespaces or events asked for at once
_PERSON = "admin/person"


class AdminApi(ApiRequests):
    """For maintainers, whose token has the scope `moderate`, as far as `pull`; what follows needs `admin`.

    What is done is recorded in the hub's audit log. Raises (all methods): as `HubApi`.
    """

    async def overview(self) -> OverviewAnswer:
        """Tell how the hub stands, in a few counts."""
        return await self._get(OverviewAnswer, "admin/overview")

    async def events(self, *, who: str = "", what: str = "", refused: bool = False) -> AsyncIterator[Event]:
        """List the audit log, the newest first: of one identity, of one kind, only what was refused."""
        asked = {"who": who, "what": what, "refused": "true" if refused else ""}
        before: str | None = ""
        while before is not None:
            page = await self._get(EventsAnswer, "admin/events", **asked, before=before, limit=ROWS)
            for event in page.results:
                yield event
            before = page.next

    async def mirroring(self) -> MirroringAnswer:
        """Tell how every mirrored origin stands."""
        return await self._get(MirroringAnswer, "admin/mirrors")

    async def pull(self, origin: str) -> MirroredOrigin:
        """Begin to pull a mirrored origin now; `mirroring` tells how it went."""
        return await self._send(MirroredOrigin, "POST", "admin/mirrors/pull", {"origin": origin}, status=202)

    async def people(self, q: str = "") -> AsyncIterator[PersonFacts]:
        """List everybody whom the hub knows, by identity; or those whose identity holds `q`."""
        after: str | None = ""
        while after is not None:
            page = await self._get(PeopleAnswer, "admin/people", q=q, after=after, limit=ROWS)
            for person in page.results:
                yield person
            after = page.next

    async def person(self, identity: str) -> PersonAnswer:
        """Tell about somebody: role, tokens without secrets, sessions, namespaces, quota and use."""
        return await self._get(PersonAnswer, _PERSON, identity=identity)

    async def set_role(self, identity: str, role: str) -> PersonFacts:
        """Make somebody else a `reader`, `publisher`, `maintainer` or `admin`; that opens a closed account again."""
        return await self._send(PersonFacts, "PUT", f"{_PERSON}/role", {"identity": identity, "role": role})

    async def close_account(self, identity: str) -> PersonFacts:
        """Close somebody else's account: their sessions and tokens are over for good."""
        return await self._send(PersonFacts, "POST", f"{_PERSON}/close", {"identity": identity})

    async def end_sessions(self, identity: str) -> Ended:
        """End all sessions of somebody."""
        return await self._send(Ended, "DELETE", with_query(f"{_PERSON}/sessions", identity=identity))

    async def revoke_person_token(self, identity: str, id: str) -> Token:
        """End one of somebody's tokens at once."""
        return await self._send(
            Token, "DELETE", with_query(f"{_PERSON}/tokens/{quote(id, safe='')}", identity=identity)
        )

    async def revoke_person_tokens(self, identity: str) -> Ended:
        """End all of somebody's tokens at once."""
        return await self._send(Ended, "DELETE", with_query(f"{_PERSON}/tokens", identity=identity))

    async def namespaces(self) -> AsyncIterator[OwnedNamespaceFacts]:
        """List the namespaces that somebody has claimed, by name."""
        after: str | None = ""
        while after is not None:
            page = await self._get(NamespacesAnswer, "admin/namespaces", after=after, limit=ROWS)
            for found in page.results:
                yield found
            after = page.next

    async def namespace_use(self, name: str) -> NamespaceUse:
        """Tell what a namespace has, and what it may have."""
        return await self._get(NamespaceUse, f"admin/namespaces/{quote(name, safe='')}")

    async def set_quota(self, kind: str, name: str, *, bytes: int = 0, packages: int = 0) -> QuotaAnswer:
        """Set the quota of a `namespace` or `person`, by its name; 0 is no limit."""
        given = {"kind": kind, "name": name, "bytes": bytes, "packages": packages}
        return await self._send(QuotaAnswer, "PUT", "admin/quota", given)

    async def clear_quota(self, kind: str, name: str) -> QuotaAnswer:
        """Let the default of the hub's settings hold again."""
        return await self._send(QuotaAnswer, "DELETE", with_query("admin/quota", kind=kind, name=name))
