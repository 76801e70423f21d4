"""Whether what is pushed still fits into the quotas of its namespace and its pusher. Not how large one blob may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus

from ...schemas.errors import Denied
from ..errors import OciCode, OciRefusal
from ..storage.quotas import Kind, Quotas

_TODO = "the hub's admins can raise it"  # part of the message: OCI clients show no more


class Room:
    """The quotas as pushes meet them. What several pushes bring at once may go beyond by what is under way."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def check(self, namespace: str, identity: str, size: int) -> None:
        """Refuse `size` bytes more than a namespace or a person may have. Raises: OciRefusal (413), StorageFailed."""
        limit = self._quotas.of(Kind.NAMESPACE, namespace).bytes if size else 0
        if limit:
            used = await asyncio.to_thread(self._quotas.namespace_bytes, namespace, identity=identity)
            _check(f"the namespace {namespace}", used, size, limit)
        limit = self._quotas.of(Kind.PERSON, identity).bytes if identity and size else 0
        if limit:
            _check(identity, await asyncio.to_thread(self._quotas.person_bytes, identity), size, limit)

    def check_packages(self, namespace: str, packages: Iterable[str]) -> None:
        """Refuse a namespace another package beside those it has of all `packages`. Raises: Denied, StorageFailed."""
        limit = self._quotas.of(Kind.NAMESPACE, namespace).packages
        held = sum(package.startswith(f"{namespace}/") for package in packages) if limit else 0
        if limit and held >= limit:
            raise Denied(f"the quota of the namespace {namespace} is used up: {held} of {limit} packages; {_TODO}")


def _check(whose: str, used: int, size: int, limit: int) -> None:
    if used + size > limit:
        raise OciRefusal(
            OciCode.DENIED,
            f"the quota of {whose} is too small: {used:,} of {limit:,} bytes are used, this brings {size:,}; {_TODO}",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
