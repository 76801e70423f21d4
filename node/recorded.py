"""What the operator's commands have done goes into the audit log, as what people do on pages and over the API does."""

from __future__ import annotations

from .authority.audit import Record, What
from .opened import OpenedHub


async def record(hub: OpenedHub, what: What, **about: str) -> None:
    """Record what a command has done, whether the hub is serving or not. Raises: StorageFailed."""
    await hub.audit.given(Record(what, "", about={"by": "command", **about}))
