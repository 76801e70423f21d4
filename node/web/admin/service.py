"""What the admin pages work with, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from ...peering.mirrors import Mirrors


@dataclass(frozen=True, slots=True)
class AdminService:
    """The hub as its admins see it, besides its accounts. `audit` is the folder of the audit log."""

    audit: Path
    mirrors: Mirrors


ADMIN = web.AppKey("admin", AdminService)
