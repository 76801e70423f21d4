"""`ebpfhub trust`: whose signatures count here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..schemas.errors import BadInput
from ..signing.public_good import PUBLIC, public_root
from ..signing.trust_file import MAX_TRUST_FILE_BYTES, TrustFile
from .command import FOLDER, HubGroup, counted, examples, json_option, operate_on
from .note_commands import DRAFT, KEY, next_note, origin_signer, read_file

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
    root = (
        public_root() if file is None else TrustFile.parse(read_file(file, MAX_TRUST_FILE_BYTES), where=str(file)).root
    )
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


def _next_note(folder: Path, arguments: dict[str, Any], key: Path | None, draft: Path | None) -> None:
    signer = origin_signer(folder, key, draft)
    next_note(folder, operate_on(folder, "origin.draft", arguments)["body"], signer, draft)
