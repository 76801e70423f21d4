"""`ebpfhub mirror`: other origins that this hub follows."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from ..federation.origins import check_fingerprint, find_origin
from ..federation.transport import Transport, server_of
from ..schemas.errors import Denied
from ..signing.origin import OriginNote, read_fingerprint
from .command import FOLDER, HubGroup, counted, examples, json_option, operate_on
from .peering.logins import MAX_TOKEN_CHARS, check_token


@click.group(cls=HubGroup)
def mirror() -> None:
    """Mirror other hubs: replay and check their logs, keep and serve their packages."""


@mirror.command("add")
@FOLDER
@click.argument("url")
@click.option("--origin", default="", help="The origin to mirror, where URL is itself a mirror of it.")
@click.option("--yes", is_flag=True, help="Trust the key that the hub shows now, without a question.")
@click.option("--fingerprint", default="", help="The fingerprint that the origin's key must have: no question then.")
@click.option("--token-stdin", is_flag=True, help="Read a token for a closed hub from standard input; it is kept.")
@examples("""
ebpfhub mirror add ./mirror https://hub.example.org
ebpfhub mirror add ./mirror https://closed.example.org --token-stdin --fingerprint 5f0c...91aa < token
ebpfhub mirror add ./mirror https://other.example.net --origin hub.example.org --fingerprint 5f0c...91aa
""")
def add(folder: Path, url: str, origin: str, yes: bool, fingerprint: str, token_stdin: bool) -> None:
    """Mirror the hub at URL: pin its origin key, replay its log, verify and keep everything, cosign.

    The token for a closed hub lies in DIR/keys/peers/ORIGIN.token, where a new one may replace it.
    """
    wanted = read_fingerprint(fingerprint) if fingerprint else ""
    token = check_token(sys.stdin.readline(MAX_TOKEN_CHARS + 2).strip()) if token_stdin else ""

    async def ask() -> tuple[OriginNote, bool, str]:
        async with Transport(lambda asked: token if server_of(asked) == server_of(url) else "") as transport:
            source, note, _ = await find_origin(transport, url, origin=origin)
            return note, source.mirror, source.url

    note, is_mirror, place = asyncio.run(ask())
    check_fingerprint(note, wanted, where=place)
    if not wanted and not yes:
        confirm_origin(note.origin, note.fingerprint)
    made = operate_on(
        folder,
        "mirror.add",
        {"origin": note.origin, "url": place, "mirror": is_mirror, "fingerprint": note.fingerprint, "token": token},
    )
    click.echo(
        f"mirroring {made['origin']}: {made['entries']} new entries, {counted(made['releases'], 'release')},"
        f" {made['bytes']} bytes; {made['size']} entries verified and cosigned"
    )


@mirror.command("sync")
@FOLDER
@click.option("--origin", default="", help="Only this origin.")
@examples("""
ebpfhub mirror sync ./mirror
""")
def sync(folder: Path, origin: str) -> None:
    """Pull every mirrored origin now. Exit code 4 when one could not be verified, 5 when one did not answer."""
    made = operate_on(folder, "mirror.sync", {"origin": origin})
    for item in made["synced"]:
        click.echo(
            f"{item['origin']}: {item['entries']} new entries, {counted(item['releases'], 'release')},"
            f" size {item['size']}"
        )
    for item in made["failed"]:
        click.echo(f"ebpfhub: {item['origin']}: {item['reason']}", err=True)
    if made["failed"]:
        raise click.exceptions.Exit(4 if any(item["kind"] == "not-trusted" for item in made["failed"]) else 5)


@mirror.command("status")
@FOLDER
@json_option
@examples("""
ebpfhub mirror status ./mirror
ebpfhub mirror status ./mirror --json
""")
def status(folder: Path, as_json: bool) -> None:
    """Show how every mirrored origin stands: ok, behind, paused or stopped, and why.

    The last line is the key with which this mirror cosigns: for the `witness` line of a client's quorum.
    """
    found = operate_on(folder, "mirror.status", {})
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found["origins"]:
        click.echo("nothing is mirrored; begin with: ebpfhub mirror add DIR URL")
    for item in found["origins"]:
        click.echo(f"{item['origin']:<32} {item['state']:<8} {item['size']:>8} entries  {item['url'] or 'by archives'}")
        if item["reason"]:
            click.echo(f"  {item['reason']}")
        if item["rekor"]:
            click.echo(f"  authority's Rekor log: {item['rekor']['size']} entries")
            if item["rekor"]["reason"]:
                click.echo(f"    {item['rekor']['reason']}")
        if item["evidence"]:
            click.echo(f"  evidence: {item['evidence']}")
    if found["origins"]:
        click.echo(f"cosigner: {found['cosigner']}")


def confirm_origin(origin: str, fingerprint: str) -> None:
    """Ask whether this is the right key. Raises: Denied when nobody says yes."""
    click.echo(f"origin:      {origin}", err=True)
    click.echo(f"fingerprint: {fingerprint}", err=True)
    try:
        agreed = click.confirm("Is this the fingerprint that the origin's operator told you?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Denied("nobody agreed, and nothing was pinned", todo="Give --fingerprint F, or --yes to trust it.")
