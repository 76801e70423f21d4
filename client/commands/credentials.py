"""`ecli login` and `ecli logout`."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TextIO

import click

from ...federation.transport import Transport, check_url
from ...schemas.errors import BadInput, Unsupported
from ..credentials import Credentials, check_token
from ..home import Home
from ..hub_login import GivenToken, log_in
from ..output.text import visible
from ..pins import Pins
from ..publish import HubSession
from .command import EcliCommand, examples


def hub_url(url: str | None) -> str:
    """The hub that a command means: the one given, else the default origin's, else the only login. Raises: NotFound."""
    if url:
        return check_url(url).rstrip("/")
    home = Home.find()
    logins = Credentials(home).hubs()
    if len(logins) == 1 and not Pins(home).all():
        return logins[0]
    return Pins(home).get("").url


@click.command(cls=EcliCommand)
@click.argument("url", required=False)
@click.option("--token-stdin", is_flag=True, help="Read a token from standard input.")
@click.option("--device", is_flag=True, help="Open no browser here: sign in on any other device.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("read", "publish"),
    show_default="read, publish",
    help="What the token may be used for: read, publish, publish:NAMESPACE, moderate, admin, comment; may repeat.",
)
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How long it is valid.")
@examples("""
ecli login https://hub.example.org
ecli login --device --scope publish:tools --days 7
ebpfhub token create ./hub --identity you@example.org | ecli login http://127.0.0.1:8801 --token-stdin
""")
def login(url: str | None, token_stdin: bool, device: bool, scopes: tuple[str, ...], days: int) -> None:
    """Log in to a hub, to publish, or to read a closed one. [default: the default origin's hub]

    You sign in and allow it on the hub's page, in a browser here or anywhere else. Where a hub has no sign-in for
    people, its operator gives you a token.
    """
    place = hub_url(url)
    stdin: TextIO | None = sys.stdin  # None when it was closed before the start
    if not token_stdin and (device or (stdin is not None and stdin.isatty())):
        try:
            given = asyncio.run(_given(place, scopes, days, browser=not device))
        except Unsupported:
            if device or stdin is None:
                raise
            _keep(place, click.prompt(f"Token for {place}", hide_input=True).strip())
            return
        Credentials(Home.find()).put(place, given.token)
        until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + given.seconds))
        click.echo(f"logged in to {place} as {visible(given.identity)}: {visible(given.scopes)}; until {until}")
        return
    if not token_stdin:
        raise BadInput(
            "there is no terminal to ask on", where="login", todo="Give a token with --token-stdin, or --device."
        )
    if stdin is None:
        raise BadInput("standard input is closed", where="login", todo="Give the token with --token-stdin.")
    _keep(place, stdin.readline(20_000).strip())


def _say(line: str) -> None:
    click.echo(line, err=True)


def _keep(place: str, token: str) -> None:
    identity = asyncio.run(_identity(place, check_token(token)))
    Credentials(Home.find()).put(place, token)
    click.echo(f"logged in to {place}" + (f" as {identity}" if identity else ""))


async def _given(place: str, scopes: tuple[str, ...], days: int, *, browser: bool) -> GivenToken:
    async with Transport() as transport:
        return await log_in(transport, place, scopes=scopes, days=days, browser=browser, tell=_say)


@click.command(cls=EcliCommand)
@click.argument("url", required=False)
@examples("""
ecli logout https://hub.example.org
""")
def logout(url: str | None) -> None:
    """Forget the login of a hub."""
    place = hub_url(url)
    found = Credentials(Home.find()).remove(place)
    click.echo(f"logged out of {place}" if found else f"you were not logged in to {place}")


async def _identity(url: str, token: str) -> str:
    async with Transport() as transport:
        return await HubSession(transport, url, token).whoami()
