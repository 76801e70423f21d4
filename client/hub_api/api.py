"""A hub's HTTP API in Python: one method for each operation of its OpenAPI document, pages as iteration.

    async with HubApi("https://hub.example.org") as hub:
        async for package in hub.search("tcp latency", permission=["changes:nothing"]):
            print(package.name, package.description)
        changes = await hub.changes("library/opensnoop", old="0.1.0")
        print(changes.gained())

What a hub answers is for people to read, and no evidence: `ecli` checks packages by itself before it runs them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from ...schemas.reference import Reference
from .admin_api import AdminApi
from .answers import (
    AnnouncedMirror,
    Caller,
    ChangesAnswer,
    FederationAnswer,
    LoggedOrder,
    NamespaceFacts,
    Package,
    PackageAnswer,
    PackageVersion,
    SearchAnswer,
    Token,
    TokenList,
    TokenMade,
    VersionsAnswer,
)
from .comment_answers import Comment, CommentsAnswer, Reported, ReportsAnswer

PAGE = 100  # packages or versions asked for at once
COMMENTS = 50  # comments asked for at once


class HubApi(AdminApi):
    """The API of one hub, at `url`; `token` is that of `ebpfhub token create`. Use with `async with`.

    Raises (all methods): HubError of the kind that the hub tells; PeerFailed where it does not answer; BadInput for an
    answer that is none. An answer that has not changed since it was last asked for is not sent again (ETag).
    """

    async def search(
        self,
        q: str = "",
        *,
        category: Sequence[str] = (),
        attach: Sequence[str] = (),
        permission: Sequence[str] = (),
        architecture: Sequence[str] = (),
        kernel: str = "",
        publisher: str = "",
        origin: str = "",
        sort: str = "",
    ) -> AsyncIterator[Package]:
        """Find packages that have all words and facts: every one of them, page by page, as the loop goes on."""
        asked = {"q": q, "category": category, "attach": attach, "permission": permission}
        asked |= {"architecture": architecture, "kernel": kernel, "publisher": publisher, "origin": origin}
        cursor: int | None = None
        while True:
            page = await self.search_page(**asked, sort=sort, limit=PAGE, cursor=cursor)
            for package in page.results:
                yield package
            if page.next is None:
                return
            cursor = page.next

    async def search_page(self, **asked: Any) -> SearchAnswer:
        """One page of packages, with counts; parameters as of `search`, and `limit`, `offset`, `cursor`."""
        return await self._get(SearchAnswer, "search", **asked)

    async def package(self, package: str, *, version: str = "", origin: str = "") -> PackageAnswer:
        """Tell about `namespace/name`, with one of its versions, else the latest."""
        return await self._get(PackageAnswer, _path(package), version=version, origin=origin)

    async def versions(self, package: str, *, origin: str = "") -> AsyncIterator[PackageVersion]:
        """List the versions of `namespace/name`, the highest first."""
        cursor: int | None = 0
        while cursor is not None:
            page = await self._get(
                VersionsAnswer, f"{_path(package)}/versions", origin=origin, limit=PAGE, cursor=cursor
            )
            for version in page.results:
                yield version
            cursor = page.next

    async def changes(self, package: str, *, old: str = "", new: str = "", origin: str = "") -> ChangesAnswer:
        """Tell what changed in `namespace/name` from `old` (the version before) to `new` (the latest)."""
        return await self._get(ChangesAnswer, f"{_path(package)}/changes", old=old, new=new, origin=origin)

    async def whoami(self) -> Caller:
        """Tell whom the token stands for."""
        return await self._get(Caller, "whoami")

    async def tokens(self) -> TokenList:
        """List one's own tokens; `token` needs the scope `account` for this and what follows."""
        return await self._get(TokenList, "tokens")

    async def create_token(self, scopes: Sequence[str], *, name: str = "", days: int = 90) -> TokenMade:
        """Make a token that may do no more than this one; its secret is told this once."""
        return await self._post(TokenMade, "tokens", {"scopes": list(scopes), "name": name, "days": days})

    async def revoke_token(self, id: str) -> Token:
        """End one of one's own tokens at once."""
        return await self._send(Token, "DELETE", f"tokens/{quote(id, safe='')}")

    async def comments(self, package: str) -> AsyncIterator[Comment]:
        """List the comments on `namespace/name`, the newest first."""
        cursor: int | None = 0
        while cursor is not None:
            page = await self._get(CommentsAnswer, f"{_path(package)}/comments", limit=COMMENTS, cursor=cursor)
            for comment in page.results:
                yield comment
            cursor = page.next

    async def write_comment(self, package: str, text: str) -> Comment:
        """Write a comment on `namespace/name`; `token` needs the scope `comment` for this and what follows."""
        return await self._post(Comment, f"{_path(package)}/comments", {"text": text})

    async def edit_comment(self, id: str, text: str) -> Comment:
        """Change the text of one's own comment."""
        return await self._send(Comment, "PUT", _comment(id), {"text": text})

    async def delete_comment(self, id: str) -> Comment:
        """Delete one's own comment for good; it is told as it was."""
        return await self._send(Comment, "DELETE", _comment(id))

    async def report_comment(self, id: str, reason: str) -> Comment:
        """Report somebody's comment to the hub's maintainers."""
        return await self._post(Comment, f"{_comment(id)}/reports", {"reason": reason})

    async def moderate_comment(self, id: str, *, hidden: bool, reason: str = "") -> Comment:
        """Hide a comment, or let it stand; `token` needs the scope `moderate` for this and what follows."""
        return await self._send(Comment, "PUT", f"{_comment(id)}/moderation", {"hidden": hidden, "reason": reason})

    async def reports(self, *, state: str = "") -> AsyncIterator[Reported]:
        """List comments with reports that wait (`reported`), or those that are `hidden`."""
        cursor: int | None = 0
        while cursor is not None:
            page = await self._get(ReportsAnswer, "reports", state=state, limit=COMMENTS, cursor=cursor)
            for item in page.results:
                yield item
            cursor = page.next

    async def federation(self) -> FederationAnswer:
        """Tell how the hub stands among others: checkpoint, mirrors, mirrored origins, evidence."""
        return await self._get(FederationAnswer, "federation")

    async def namespace(self, namespace: str, *, package: str = "") -> NamespaceFacts:
        """Tell how a namespace stands, and where `package` (its bare name) was changed last."""
        return await self._get(NamespaceFacts, "namespace", namespace=namespace, package=package)

    async def order(self, order: bytes, bundle: bytes) -> LoggedOrder:
        """Have an owner's order logged: its signed part, and the Sigstore bundle over that."""
        given = {"order": b64encode(order).decode(), "bundle": b64encode(bundle).decode()}
        return await self._post(LoggedOrder, "orders", given)

    async def announce(self, url: str) -> AnnouncedMirror:
        """Make a mirror at `url` known to the hub, which looks at it first."""
        return await self._post(AnnouncedMirror, "mirrors", {"url": url})

    async def openapi(self) -> dict[str, Any]:
        """The OpenAPI document of the hub."""
        return dict(await self._answer("openapi.json"))


def _path(package: str) -> str:
    """The path of `[namespace/]name`. Raises: BadInput."""
    asked = Reference.parse(package)
    return f"packages/{quote(asked.namespace)}/{quote(asked.name)}"


def _comment(id: str) -> str:
    return f"comments/{quote(id, safe='')}"
