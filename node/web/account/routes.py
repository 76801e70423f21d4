"""Every route of sign-in and account, under what it needs."""

from __future__ import annotations

from aiohttp import web

from ...accounts.guard import add_guarded
from ...accounts.rights import ANYBODY, OWN_ACCOUNT, PUBLISHING
from ...accounts.service import ACCOUNTS, AccountService
from .account import create, end, revoke, show_account
from .login import come_back, show_ways, sign_out, start
from .program import PATH, allow, begin, give, show
from .upload import show_upload, upload


def add_account_routes(app: web.Application, service: AccountService) -> None:
    """Serve sign-in and accounts."""
    app[ACCOUNTS] = service
    signing_in = [
        web.get("/login/", show_ways),
        web.get("/login/start", start),
        web.get("/login/callback", come_back),
        web.post(f"{PATH}/code", begin),
        web.post(f"{PATH}/token", give),
    ]
    account = [
        web.get("/account", show_account),
        web.post("/account/tokens", create),
        web.post("/account/tokens/revoke", revoke),
        web.post("/account/sessions/end", end),
        web.get(PATH, show),
        web.post(PATH, allow),
        web.post("/login/out", sign_out),
    ]
    publishing = [web.get("/upload", show_upload), web.post("/upload", upload)]
    add_guarded(app, {ANYBODY: signing_in, OWN_ACCOUNT: account, PUBLISHING: publishing})
