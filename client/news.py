"""What a newly installed package may do, and what an update may do that the version before it could not."""

from __future__ import annotations

from ..schemas.permissions import Permission, Permissions, permissions_of_package
from .consent import word_of
from .store import Installed

MAX_EVIDENCE = 4


def news(before: Installed | None, now: Installed) -> list[str]:
    """Lines for the user when a package was installed, or replaced another one; none when nothing changed."""
    if before is not None and before.receipt.manifest == now.receipt.manifest:
        return []
    held = now.redeem()
    title = f"{held.reference} {held.config.version} by {held.publisher}"
    if held.is_types:
        return [f"{'installed' if before is None else 'updated'} {title}: {held.config.description}"]
    may = permissions_of_package(held.wasm, held.bpf_object)
    if before is None:
        return [f"installed {title}; it", *_listed(may.permissions)]
    old = before.redeem()
    more, less = _difference(permissions_of_package(old.wasm, old.bpf_object), may)
    lines = [f"updated {title}, from {old.config.version}; it may do {'what it could before' if not more else 'more'}"]
    lines += _listed(more, mark="+ ") + _listed(less, mark="- ")
    if old.publisher != held.publisher:
        lines.append(f"  published by {held.publisher}, before by {old.publisher}")
    return lines


def _difference(old: Permissions, new: Permissions) -> tuple[list[Permission], list[Permission]]:
    """What came, and what went, by category and group."""
    before, after = ({(item.category, item.group): item for item in held.permissions} for held in (old, new))
    return [item for key, item in after.items() if key not in before], [
        item for key, item in before.items() if key not in after
    ]


def _listed(items: list[Permission] | tuple[Permission, ...], *, mark: str = "") -> list[str]:
    wide = max((len(word_of(item)) for item in items), default=0)
    return [f"  {mark}{word_of(item):<{wide}}  {_evidence(item)}" for item in items]


def _evidence(item: Permission) -> str:
    more = len(item.evidence) - MAX_EVIDENCE
    return ", ".join(item.evidence[:MAX_EVIDENCE]) + (f", and {more} more" if more > 0 else "")
