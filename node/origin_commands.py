"""`ebpfhub origin`: the note about the origin's keys, new keys of the log, and moving to another name."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..federation.files import write_durably
from ..signing.notes import MAX_NOTE_BYTES
from ..signing.origin import read_draft
from .command import FOLDER, HubGroup, examples, json_option, operate_on
from .folder import read_key
from .note_commands import DRAFT, KEY, next_note, origin_signer, read_file, tell_note

_PATH = click.Path(path_type=Path)
DRAFT_MARGIN = 256  # entries: the note has to be carried to the origin key and back


@click.group(cls=HubGroup)
def origin() -> None:
    """The note about the origin's keys: signed with the origin key, which is kept on another machine."""


@origin.command("sign")
@click.argument("draft", type=_PATH)
@click.option("--key", required=True, type=_PATH, help="The origin key.")
@click.option("-o", "--output", type=_PATH, help="[default: DRAFT itself]")
@examples("""
ebpfhub origin sign ./next.note --key /media/safe/origin.key
""")
def sign(draft: Path, key: Path, output: Path | None) -> None:
    """Show the origin note in DRAFT, and sign it with the origin key. Needs no hub and no network."""
    note = read_draft(read_file(draft, MAX_NOTE_BYTES).decode("utf-8", "replace"), where=str(draft))
    for line in note.body.splitlines():
        click.echo(f"  {line}", err=True)
    signed = note.sign(read_key(key))
    place = output or draft
    write_durably(place.absolute(), signed.encode())
    click.echo(f"signed {place}")


@origin.command("install")
@FOLDER
@click.argument("note", type=_PATH)
@examples("""
ebpfhub origin install ./hub ./next.note
""")
def install(folder: Path, note: Path) -> None:
    """Serve a newer origin note from now on, if every release verifies by it."""
    text = read_file(note, MAX_NOTE_BYTES).decode("utf-8", "replace")
    tell_note(operate_on(folder, "origin.install", {"note": text}))


@origin.command("rotate")
@FOLDER
@click.option(
    "--margin",
    type=click.IntRange(0, 65536),
    metavar="ENTRIES",
    help="By how much the log may grow until the note is installed. [default: 0; with --draft 256]",
)
@KEY
@DRAFT
@examples("""
ebpfhub origin rotate ./hub --key /media/safe/origin.key
ebpfhub origin rotate ./hub --draft ./next.note
""")
def rotate(folder: Path, margin: int | None, key: Path | None, draft: Path | None) -> None:
    """Put new keys in the place of the log key and the cosigner's. Clients need not be told: the note tells them.

    The old key counts up to a size of the log, the new one from there on; the log is filled up to it with entries that
    say nothing new. The old private keys are destroyed. With --draft the note is signed where the origin key is:
    `ebpfhub origin sign`, then `ebpfhub origin install`.
    """
    signer = origin_signer(folder, key, draft)
    wanted = margin if margin is not None else DRAFT_MARGIN if draft else 0
    next_note(folder, operate_on(folder, "origin.rotate", {"margin": wanted})["body"], signer, draft)


@origin.command("move")
@FOLDER
@click.argument("successor", metavar="ORIGIN")
@click.option("--fingerprint", required=True, help="Of the new origin's key: `ebpfhub init` and `/origin` show it.")
@KEY
@DRAFT
@examples("""
ebpfhub origin move ./hub hub.example.net --fingerprint 5f0c...91aa
""")
def move(folder: Path, successor: str, fingerprint: str, key: Path | None, draft: Path | None) -> None:
    """Say in the origin note that this origin goes on as another one. Clients tell their users, who add it unasked.

    This hub's log stays what it is, and is served on.
    """
    signer = origin_signer(folder, key, draft)
    asked = {"origin": successor, "fingerprint": fingerprint}
    next_note(folder, operate_on(folder, "origin.move", asked)["body"], signer, draft)


@origin.command("recover")
@FOLDER
@click.argument("url")
@json_option
@examples("""
ebpfhub origin recover ./hub https://mirror.example.net
""")
def recover(folder: Path, url: str, as_json: bool) -> None:
    """Fetch back from a mirror what this hub's log has lost: after a restored backup, or a broken disk.

    All of it is verified as a mirror verifies its origin, and appended as it was. Until then such a hub takes nothing
    new, so that it never signs a second history.
    """
    told = operate_on(folder, "origin.recover", {"url": url})
    click.echo(
        json.dumps(told) if as_json else f"entries that came back: {told['entries']}; the log has {told['size']}"
    )
