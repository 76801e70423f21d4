"""What admin pages and the admins' part of the API work with, in one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from ...schemas.identity import Owner
from ..peering.mirrors import Mirrors
from ..storage.quotas import Quotas


@dataclass(frozen=True, slots=True)
class OwnedNamespace:
    """A claimed namespace: its owners, the log entry of the claim that holds, and how many packages it has."""

    name: str
    entry: int
    owners: tuple[Owner, ...]
    packages: int


@dataclass(frozen=True, slots=True)
class AdminService:
    """The hub as its admins see it, besides its accounts. `audit` is the folder of the audit log.

    `namespaces` tells of all that are claimed, by name.
    """

    audit: Path
    mirrors: Mirrors
    quotas: Quotas
    namespaces: Callable[[], Sequence[OwnedNamespace]]


ADMIN = web.AppKey("admin", AdminService)
