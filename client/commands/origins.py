"""`ecli trust show`, `accept`, `remove`: what is known of one pinned origin. Nothing is asked of the network."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import click

from ...schemas.reference import check_namespace
from ...signing.origin import OriginNote, verify_origin_note
from ..home import Home
from ..known import Known, KnownOwners
from ..pins import Pin, Pins
from ..refresh.state import day, state_of
from ..settings import load_settings
from .command import EcliCommand, examples, json_option


@click.command(cls=EcliCommand)
@click.argument("origin", required=False, default="")
@json_option
@examples("""
ecli trust show
ecli trust show hub.example.org --json
""")
def show(origin: str, as_json: bool) -> None:
    """Show what is known of a pinned origin (the default one): its keys, its log, whose signatures it takes.

    As it was seen last; nothing is asked of the network.
    """
    pins = Pins(Home.find())
    pin = pins.get(origin)
    note = verify_origin_note(pin.note, origin=pin.origin, fingerprint=pin.fingerprint) if pin.note else None
    state = state_of(pin.checked, now=int(time.time()), expire_age=load_settings(Home.find()).expire_age)
    facts = _facts(pin, note) | state.to_json() | {"default": pin.origin == pins.default()}
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(f"{pin.origin}{', the default origin' if facts['default'] else ''}")
    rows = [("fingerprint", pin.fingerprint), ("pinned", day(pin.added)), ("seen", f"{pin.seen.size} log entries")]
    rows += [("state", str(state))]
    rows += [("mirror" if place.mirror else "server", place.url) for place in pin.places]
    rows += _rows(note) if note else [("note", "none was seen yet")]
    for name, text in rows:
        click.echo(
            f"  {name:<12} {text}" if name else f"    {text}"
        )  # what belongs to the row above, within 80 columns


@click.command(cls=EcliCommand)
@click.argument("origin")
@examples("""
ecli trust remove hub.example.org
""")
def remove(origin: str) -> None:
    """Forget an origin: what was installed from it does not run any more.

    What was seen of its log is forgotten too; added again, an older state of it would not be noticed.
    """
    pins = Pins(Home.find())
    pins.remove(origin)
    click.echo(f"{origin} is not trusted any more")
    if default := pins.default():
        click.echo(f"the default origin is {default}")


@click.command(cls=EcliCommand)
@click.argument("namespace", metavar="ORIGIN/NAMESPACE")
@click.option("--claim", required=True, type=click.IntRange(0), help="Log index of the claim that you agree to.")
@examples("""
ecli trust accept hub.example.org/tools --claim 1742
""")
def accept(namespace: str, claim: int) -> None:
    """Agree that a namespace has changed hands in a way that its former owners did not sign.

    A command that refuses a package for it names the claim. Packages that are not signed by its owners stay refused.
    """
    origin, _, name = namespace.rpartition("/")
    home = Home.find()
    pin = Pins(home).get(origin)
    Known(home, pin.origin).pin(check_namespace(name), KnownOwners(claim, None))
    click.echo(f"the claim of {name} in log entry {claim} of {pin.origin} is accepted")


def _rows(note: OriginNote) -> list[tuple[str, str]]:
    rows = [("note", f"serial {note.serial}")]
    for item in note.logs:
        sizes = f"from {item.first} entries on" if item.last is None else f"from {item.first} to {item.last} entries"
        rows += [("log key", item.key.fingerprint), ("", sizes)]
    rows += [("cosigner", key.fingerprint) for key in note.cosigners]
    for name, root in note.domains:
        rows += [("Sigstore", name), ("", str(root))]
    if note.successor:
        rows += [("moved to", note.successor.origin), ("", note.successor.fingerprint)]
    return rows


def _facts(pin: Pin, note: OriginNote | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "origin": pin.origin,
        "fingerprint": pin.fingerprint,
        "added": pin.added,
        "seen": pin.seen.size,
        "servers": [{"url": place.url, "mirror": place.mirror} for place in pin.places],
    }
    if note is None:
        return made
    return made | {
        "serial": note.serial,
        "log_keys": [{"key": str(item.key), "first": item.first, "last": item.last} for item in note.logs],
        "cosigners": [str(key) for key in note.cosigners],
        "domains": {name: str(root) for name, root in note.domains},
        "successor": asdict(note.successor) if note.successor else None,
    }
