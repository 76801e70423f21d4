"""`ecli trust`: whose logs this user believes."""

from __future__ import annotations

import asyncio
import json
import time

import click

from ...federation.transport import Transport, check_url
from ...schemas.errors import Conflict, Denied, NotTrusted
from ...signing.origin import OriginNote, read_fingerprint, read_origin_note
from ..home import Home
from ..pins import Pin, Pins
from ..sources import Source
from .command import EcliGroup, examples, json_option


@click.group(cls=EcliGroup)
def trust() -> None:
    """Whose logs you believe: origins and the fingerprints of their keys."""


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
    """Pin a hub's origin key. The first origin that you add becomes the default one."""
    wanted = read_fingerprint(fingerprint) if fingerprint else ""
    place = check_url(url).rstrip("/")
    pins = Pins(Home.find())
    note = asyncio.run(_ask(place))
    _check(note, origin=origin, fingerprint=wanted, url=place)
    held = {pin.origin: pin for pin in pins.all()}.get(note.origin)
    if held is not None and held.fingerprint != note.fingerprint:
        raise Conflict(
            f"{note.origin} is pinned with another key, {held.fingerprint}",
            where=place,
            todo="Ask its operator what happened before you trust the new one.",
        )
    if not wanted and not yes and not _agree(note):
        raise Denied("nothing was pinned")
    if held is None:
        pins.put(Pin(note.origin, note.fingerprint, place, int(time.time())))
    elif held.url != place:
        pins.put(Pin(note.origin, note.fingerprint, place, held.added, held.serial, held.seen))
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
    default = pins.default()
    found = [
        {
            "origin": pin.origin,
            "fingerprint": pin.fingerprint,
            "url": pin.url,
            "default": pin.origin == default,
            "seen": pin.seen.size,
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


async def _ask(url: str) -> OriginNote:
    async with Transport() as transport:
        return read_origin_note(await Source(transport, url).origin_note(), where=url)


def _check(note: OriginNote, *, origin: str, fingerprint: str, url: str) -> None:
    if origin and note.origin != origin:
        raise NotTrusted(f"the hub is {note.origin}, not {origin}", check="origin", where=url)
    if fingerprint and note.fingerprint != fingerprint:
        raise NotTrusted(
            f"the origin key of {note.origin} has the fingerprint {note.fingerprint}, not {fingerprint}",
            check="origin",
            where=url,
            todo="Somebody may stand between you and the hub; nothing was pinned.",
        )


def _agree(note: OriginNote) -> bool:
    click.echo(f"origin:      {note.origin}", err=True)
    click.echo(f"fingerprint: {note.fingerprint}", err=True)
    try:
        return click.confirm("Is this the fingerprint that the hub's operator told you?", err=True)
    except click.Abort:
        raise Denied(
            "nobody answered, and nothing was pinned", todo="Give --fingerprint F, or --yes to trust what is shown."
        ) from None
