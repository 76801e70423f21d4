"""`ecli trust refresh`: trust material made new from where it came, each by its own rules, never merged."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from ...federation.transport import Transport
from ...schemas.errors import HubError, NotTrusted
from ...signing.public_good import PUBLIC, PUBLIC_TUF
from ...signing.succession import changes_of
from ..credentials import Credentials
from ..domains import Domains
from ..home import Home
from ..pins import Pins
from ..refresh.origins import refresh_origin
from ..refresh.public import refresh_public
from ..refresh.state import day
from .command import EcliCommand, examples, json_option
from .domains import agree_to, read_trust_file


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of one: a name, a word, and in lines what is new; `error` where it failed."""

    name: str
    outcome: str
    lines: tuple[str, ...] = ()
    error: HubError | None = None


@click.command(cls=EcliCommand)
@click.option(
    "--from", "folder", type=click.Path(path_type=Path), metavar="FOLDER",
    help="A copy of the public TUF repository: only `public`, and no network.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Agree to what rotated roots in files change, without a question.")
@json_option
@examples("""
ecli trust refresh
ecli trust refresh --from /media/usb/tuf
""")
def refresh(folder: Path | None, yes: bool, as_json: bool) -> None:
    """Make trust material new: the public root along its TUF chain, added Sigstores from their files, origins' notes.

    What does not verify replaces nothing; the others are refreshed all the same.
    """
    home = Home.find()
    done = [_tried(PUBLIC, partial(_public, home, folder))]
    if folder is None:
        for known in Domains(home).all()[1:]:
            done.append(_tried(known.domain.name, partial(_file, home, known.domain.name, yes=yes)))
        done += asyncio.run(_origins(home))
    if as_json:
        click.echo(json.dumps([_facts(item) for item in done]))
    else:
        _show(done)
    failed = [item.error for item in done if item.error]
    if failed:
        raise next((error for error in failed if isinstance(error, NotTrusted)), failed[0])


def _public(home: Home, folder: Path | None) -> _Done:
    before = Domains(home).get(PUBLIC).domain
    if folder is None:
        print(f"ecli: asking {PUBLIC_TUF} …", file=sys.stderr)  # noqa: T201
    made = refresh_public(home, folder=folder, now=int(time.time()))
    after = Domains(home).get(PUBLIC).domain
    told = f"TUF root {made.root_version}, good until {day(made.until)}"
    if after.digest == before.digest:
        return _Done(PUBLIC, "unchanged", (told,))
    try:
        changes = changes_of(before, after)
    except NotTrusted as error:  # the chain may also remove keys
        changes = (error.what,)
    return _Done(PUBLIC, "refreshed", (told, *changes))


def _file(home: Home, name: str, *, yes: bool) -> _Done:
    domains = Domains(home)
    file = domains.file_of(name)
    if file is None:
        return _Done(name, "skipped", ("it is not known from which file it came: ecli trust domain add says so again",))
    data = read_trust_file(file)
    changes = domains.changes(name, data, where=str(file))
    domains.add(name, data, where=str(file), agreed=yes or not changes or agree_to(name, changes))
    return _Done(name, "refreshed" if changes else "unchanged", changes or (str(file),))


async def _origins(home: Home) -> list[_Done]:
    pins, done = Pins(home), []
    async with Transport(Credentials(home).find) as transport:
        for pin in pins.all():
            try:
                made = await refresh_origin(transport, pins, pin)
            except HubError as error:
                done.append(_Done(pin.origin, "failed", error=error))
                continue
            word = "refreshed" if made.changes else "unchanged"
            done.append(_Done(pin.origin, word, made.changes or (f"serial {made.note.serial}",)))
    return done


def _tried(name: str, make: Callable[[], _Done]) -> _Done:
    try:
        return make()
    except HubError as error:
        return _Done(name, "failed", error=error)


def _show(done: list[_Done]) -> None:
    wide = max(len(item.name) for item in done)
    for item in done:
        lines = item.lines if item.error is None else (item.error.what,)
        click.echo(f"{item.name:<{wide}}  {item.outcome:<9}  {lines[0]}")
        for line in lines[1:]:
            click.echo(f"  {line}")


def _facts(item: _Done) -> dict[str, Any]:
    reason = None if item.error is None else item.error.what
    return {"name": item.name, "outcome": item.outcome, "lines": list(item.lines), "reason": reason}
