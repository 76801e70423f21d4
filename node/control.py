"""How a command reaches a serving hub: one JSON line each way over a Unix socket that only the hub's user may open.

While nobody serves, the command takes the hub's lock and does the same itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..schemas import errors
from ..schemas.codec import decode_json
from ..schemas.errors import Conflict, HubError, PeerFailed
from ..schemas.fields import Fields
from .folder import HubFolder
from .opened import OpenedHub
from .operations import operate

MAX_MESSAGE_BYTES = 1024 * 1024
ANSWER_SECONDS = 3600.0  # a first pull or an import may take long
START_SECONDS = 10.0  # a hub that is just starting or stopping holds the lock without answering
_SEE_LOG = "Its log tells more."
log = logging.getLogger(__name__)
_KINDS = {
    kind.kind: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, HubError) and kind is not HubError
}


@asynccontextmanager
async def listening(hub: OpenedHub) -> AsyncIterator[None]:
    """Answer commands while the context lasts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError, asyncio.IncompleteReadError):
            answer = await _answer(hub, await reader.readline())
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    hub.folder.control.unlink(missing_ok=True)
    with _short_path(hub.folder.control) as path:
        server = await asyncio.start_unix_server(serve, path, limit=MAX_MESSAGE_BYTES)
        hub.folder.control.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        hub.folder.control.unlink(missing_ok=True)


async def call(folder: HubFolder, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Carry out an operation on a hub, serving or not. Raises: HubError."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(ConnectionError, FileNotFoundError):
            return await _ask(folder, name, arguments)
        try:
            hub = OpenedHub.open(folder)
        except Conflict:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
            continue
        try:
            hub.ledger.start()
            return await operate(hub, name, arguments)
        finally:
            await hub.mirrors.stop()
            await hub.ledger.stop()
            hub.close()


async def _ask(folder: HubFolder, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    with _short_path(folder.control) as path:
        reader, writer = await asyncio.open_unix_connection(path, limit=MAX_MESSAGE_BYTES)
    try:
        writer.write(json.dumps({"operation": name, "arguments": arguments}).encode() + b"\n")
        await writer.drain()
        async with asyncio.timeout(ANSWER_SECONDS):
            line = await reader.readline()
    except TimeoutError as error:
        raise PeerFailed("the serving hub does not answer", where=str(folder.root)) from error
    finally:
        writer.close()
    if not line:
        raise ConnectionResetError("the hub stopped")
    answer = decode_json(line, limit=MAX_MESSAGE_BYTES, where="control")
    if "error" in answer:
        fields = Fields(answer["error"], "control")
        kind = _KINDS.get(fields.text("kind", limit=32), PeerFailed)
        raise kind(
            *[fields.text("what", limit=4096)],
            where=fields.text("where", limit=4096),
            todo=fields.text("todo", limit=4096),
        )
    return dict(answer["result"])


async def _answer(hub: OpenedHub, line: bytes) -> dict[str, Any]:
    try:
        fields = Fields(decode_json(line, limit=MAX_MESSAGE_BYTES, where="control"), "control")
        result = await operate(hub, fields.text("operation", limit=64), fields.raw("arguments"))
    except HubError as error:
        return {"error": {"kind": error.kind, "what": error.what, "where": error.where, "todo": error.todo}}
    except Exception:
        log.exception("control")
        return {"error": {"kind": "error", "what": "something went wrong in the hub", "where": "", "todo": _SEE_LOG}}
    return {"result": result}


@contextlib.contextmanager
def _short_path(path: Path) -> Any:
    # a socket's path has 108 bytes at most, a folder's may have more
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)
