"""How a hub's parts become what its admins work with."""

from __future__ import annotations

from collections import Counter

from .admin.service import AdminService, OwnedNamespace
from .opened import OpenedHub


def admin_service(opened: OpenedHub) -> AdminService:
    """The admins' part of an opened hub."""
    return AdminService(opened.folder.audit, opened.mirrors, opened.quotas, lambda: _namespaces(opened))


def _namespaces(opened: OpenedHub) -> list[OwnedNamespace]:
    replay = opened.ledger.replay
    packages = Counter(package.partition("/")[0] for package in replay.packages)
    return [
        OwnedNamespace(name, entry, claim.owners, packages[name])
        for name, (entry, claim) in sorted(replay.claims.items())
    ]
