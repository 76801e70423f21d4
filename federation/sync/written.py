"""A write in a thread that is not left half-done by whoever stops waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ...schemas.errors import HubError

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def written(write: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Write in a thread, and end only when it has ended: nobody may close or look at what a thread still writes to."""
    writing = asyncio.ensure_future(asyncio.to_thread(write, *arguments, **named))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        with contextlib.suppress(HubError):
            await writing
        raise
