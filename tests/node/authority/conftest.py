"""A whole authority on loopback, for every test that asks for it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from ebpfhub.node.authority.audit import Audit
from ebpfhub.node.authority.routes import add_authority_routes
from ebpfhub.node.authority.service import AuthorityService
from ebpfhub.signing.authority.keys import AuthorityKeys

from .running import Authority, LocalAccounts, MemoryLog


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        keys = AuthorityKeys.generate("hub.example.org", f"{base_url}/sigstore/oidc", datetime.now(UTC))
        log = MemoryLog(keys)
        audit = Audit(tmp_path / "audit")
        service = AuthorityService(lambda: keys, base_url, log, LocalAccounts(), audit)
        app = web.Application()
        add_authority_routes(app, service)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                yield Authority(base_url, keys, service, log, http, tmp_path)
        finally:
            await runner.cleanup()
