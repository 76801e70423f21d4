"""`ecli trust`: whose logs this user believes; the Sigstores are beside, in domains.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import replace

import click

from ...federation.origins import check_fingerprint, find_origin
from ...federation.transport import Transport
from ...schemas.errors import Conflict, Denied, HubError
from ...signing.origin import OriginNote, read_fingerprint
from ..credentials import Credentials
from ..home import Home
from ..pins import Pin, Pins, Place
from ..refresh.state import State, state_of
from ..settings import load_settings
from .command import EcliGroup, examples, json_option
from .domains import domain
from .origins import accept, remove, show
from .policy import policy
from .refresh import refresh


@click.group(cls=EcliGroup)
def trust() -> None:
    """Whose logs you believe: origins and the fingerprints of their keys. And whose signatures: trust domains."""


@trust.command("add")
@click.argument("url")
@click.option("--origin", default="", help="The origin that must answer. [default: whichever does]")
@click.option("--yes", is_flag=True, help="Trust the key that the hub shows now, without a question.")
@click.option("--fingerprint", default="", help="The fingerprint that the key must have: no question then.")
@json_option
@examples("""
ecli trust add https://hub.example.org
ecli trust add https://hub.example.org --fingerprint 5f0c...91aa
""")
def add(url: str, origin: str, yes: bool, fingerprint: str, as_json: bool) -> None:
    """Pin a hub's origin key. The first origin that you add becomes the default one.

    With --origin, URL may be a mirror of that origin. An origin that a pinned one names as its successor is not asked
    about.
    """
    wanted = read_fingerprint(fingerprint) if fingerprint else ""
    pins = Pins(Home.find())
    note, note_text, place, hints = asyncio.run(_ask(url, origin))
    check_fingerprint(note, wanted, where=place.url)
    held = {pin.origin: pin for pin in pins.all()}.get(note.origin)
    if held is not None and held.fingerprint != note.fingerprint:
        raise Conflict(
            f"{note.origin} is pinned with another key, {held.fingerprint}",
            where=place.url,
            todo="Ask its operator what happened before you trust the new one.",
        )
    before = pins.predecessor(note.origin, note.fingerprint)
    if before:
        click.echo(f"{before} names it as its successor, with this key", err=True)
    if held is None and not (wanted or yes or before) and not _agree(note):
        raise Denied("nothing was pinned")
    pin = held.with_place(place) if held else Pin(note.origin, note.fingerprint, (place,), int(time.time()))
    if note.serial >= pin.serial:
        pin = replace(pin, serial=note.serial, note=note_text, checked=int(time.time()))
    pins.put(pin.with_hints(hints))
    default = pins.default() == note.origin
    if as_json:
        click.echo(json.dumps({"origin": note.origin, "fingerprint": note.fingerprint, "default": default}))
    else:
        click.echo(f"{note.origin} is trusted{' and is the default origin' if default else ''}")
        click.echo(f"fingerprint: {note.fingerprint}")


@trust.command("list")
@json_option
@examples("""
ecli trust list
ecli trust list --json
""")
def list_origins(as_json: bool) -> None:
    """List the pinned origins, the default one first."""
    pins = Pins(Home.find())
    default, expire_age = pins.default(), load_settings(Home.find()).expire_age
    found = [
        {
            "origin": pin.origin,
            "fingerprint": pin.fingerprint,
            "url": pin.url,
            "default": pin.origin == default,
            "mirrors": [place.url for place in pin.places if place.mirror],
            "seen": pin.seen.size,
            **state_of(pin.checked, now=int(time.time()), expire_age=expire_age).to_json(),
        }
        for pin in pins.all()
    ]
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        click.echo("no hub is trusted yet; add one: ecli trust add https://hub.example.org")
    for item in found:
        click.echo(f"{'*' if item['default'] else ' '} {item['origin']}  {item['fingerprint']}  {item['url']}")
        click.echo(f"    {State(item['state'], item['checked'] or 0)}")


trust.add_command(show)
trust.add_command(accept)
trust.add_command(remove)
trust.add_command(domain)
trust.add_command(policy)
trust.add_command(refresh)


async def _ask(url: str, origin: str) -> tuple[OriginNote, str, Place, list[str]]:
    hints: list[str] = []
    async with Transport(Credentials(Home.find()).find) as transport:
        source, note, text = await find_origin(transport, url, origin=origin)
        if not source.mirror:
            with contextlib.suppress(HubError):
                hints = await source.mirrors()
    return note, text, Place(source.url, source.mirror), hints


def _agree(note: OriginNote) -> bool:
    click.echo(f"origin:      {note.origin}", err=True)
    click.echo(f"fingerprint: {note.fingerprint}", err=True)
    try:
        return click.confirm("Is this the fingerprint that the hub's operator told you?", err=True)
    except (click.Abort, RuntimeError):  # the end of standard input; or it was closed before the start
        click.echo(err=True)
        raise Denied(
            "nobody answered, and nothing was pinned", todo="Give --fingerprint F, or --yes to trust what is shown."
        ) from None
