"""`ebpfhub trust` and `ebpfhub origin`: whose signatures count here, and the note that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..federation.files import write_durably
from ..schemas.errors import BadInput, NotFound
from ..signing.notes import MAX_NOTE_BYTES
from ..signing.origin import read_draft
from ..signing.public_good import PUBLIC, public_root
from ..signing.trust_file import MAX_TRUST_FILE_BYTES, TrustFile
from .command import FOLDER, HubGroup, counted, examples, json_option, operate_on
from .folder import read_key
from .note_commands import DRAFT, KEY, next_note, origin_signer, tell_note

_NAME = click.argument("name")
_PATH = click.Path(path_type=Path)


@click.group(cls=HubGroup)
def trust() -> None:
    """Sigstores whose signatures this hub takes, each under a name in its origin note."""


@trust.command("add")
@FOLDER
@_NAME
@click.argument("file", required=False, type=_PATH)
@KEY
@DRAFT
@examples("""
ebpfhub trust add ./hub public
ebpfhub trust add ./hub acme ./trusted_root.json
ebpfhub trust add ./hub acme ./trust_config.json --draft ./next.note
""")
def add(folder: Path, name: str, file: Path | None, key: Path | None, draft: Path | None) -> None:
    """Take signatures of another Sigstore, by its trusted_root.json or trust_config.json. `public` needs no file.

    The origin note names the root's digest, so it is signed anew with the origin key. With --draft that is done where
    the key is: `ebpfhub origin sign`, then `ebpfhub origin install`.
    """
    if file is None and name != PUBLIC:
        raise BadInput("needs a file with its trusted root", where=name)
    root = public_root() if file is None else TrustFile.parse(_read(file, MAX_TRUST_FILE_BYTES), where=str(file)).root
    _next_note(folder, {"name": name, "root": root.decode()}, key, draft)


@trust.command("remove")
@FOLDER
@_NAME
@KEY
@DRAFT
@examples("""
ebpfhub trust remove ./hub acme
""")
def remove(folder: Path, name: str, key: Path | None, draft: Path | None) -> None:
    """Take no signatures of a Sigstore any more. Not while a release stands on it."""
    _next_note(folder, {"name": name}, key, draft)


@trust.command("list")
@FOLDER
@json_option
@examples("""
ebpfhub trust list ./hub
ebpfhub trust list ./hub --json
""")
def list_domains(folder: Path, as_json: bool) -> None:
    """List the trust domains of the origin note. `hub` is the embedded authority."""
    told = operate_on(folder, "trust.list", {})
    if as_json:
        click.echo(json.dumps(told["domains"]))
        return
    if not told["domains"]:
        click.echo("no Sigstore is trusted: ebpfhub trust add DIR NAME FILE")
    wide = max((len(item["name"]) for item in told["domains"]), default=0)
    for item in told["domains"]:
        click.echo(f"{item['name']:<{wide}}  {item['root']}  {counted(item['releases'], 'release')}")


@click.group(cls=HubGroup)
def origin() -> None:
    """The origin note, where the origin key is kept on another machine."""


@origin.command("sign")
@click.argument("draft", type=_PATH)
@click.option("--key", required=True, type=_PATH, help="The origin key.")
@click.option("-o", "--output", type=_PATH, help="[default: DRAFT itself]")
@examples("""
ebpfhub origin sign ./next.note --key /media/safe/origin.key
""")
def sign(draft: Path, key: Path, output: Path | None) -> None:
    """Show the origin note in DRAFT, and sign it with the origin key. Needs no hub and no network."""
    note = read_draft(_read(draft, MAX_NOTE_BYTES).decode("utf-8", "replace"), where=str(draft))
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
    text = _read(note, MAX_NOTE_BYTES).decode("utf-8", "replace")
    tell_note(operate_on(folder, "origin.install", {"note": text}))


def _next_note(folder: Path, arguments: dict[str, Any], key: Path | None, draft: Path | None) -> None:
    signer = origin_signer(folder, key, draft)
    next_note(folder, operate_on(folder, "origin.draft", arguments)["body"], signer, draft)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error
