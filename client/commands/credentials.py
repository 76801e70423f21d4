"""`ecli login` and `ecli logout`."""

from __future__ import annotations

import asyncio
import sys
from typing import TextIO

import click

from ...federation.transport import Transport, check_url
from ...schemas.errors import BadInput
from ..credentials import Credentials, check_token
from ..home import Home
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
@click.option("--token-stdin", is_flag=True, help="Read the token from standard input.")
@examples("""
ecli login https://hub.example.org
ebpfhub token create ./hub --identity you@example.org | ecli login http://127.0.0.1:8801 --token-stdin
""")
def login(url: str | None, token_stdin: bool) -> None:
    """Log in to a hub with a token, so that you can publish. [default: the default origin's hub]"""
    place = hub_url(url)
    stdin: TextIO | None = sys.stdin  # None when it was closed before the start
    if stdin is None:
        raise BadInput("standard input is closed", where="login", todo="Give the token with --token-stdin.")
    if token_stdin:
        token = stdin.readline(20_000).strip()
    elif stdin.isatty():
        token = click.prompt(f"Token for {place}", hide_input=True).strip()
    else:
        raise BadInput("there is no terminal to ask on", where="login", todo="Give the token with --token-stdin.")
    identity = asyncio.run(_identity(place, check_token(token)))
    Credentials(Home.find()).put(place, token)
    click.echo(f"logged in to {place}" + (f" as {identity}" if identity else ""))


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
