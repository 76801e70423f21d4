"""The `ebpfhub` command: make a hub, serve it, look after it."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from .account_commands import token, user
from .archive_commands import export, import_
from .authority_commands import authority
from .command import FOLDER, HubGroup, counted, examples, json_option
from .folder import HubFolder
from .mirror_commands import mirror
from .namespace_commands import namespace
from .origin_commands import origin
from .trust_commands import trust

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=HubGroup, context_settings=CONTEXT)
@click.version_option(package_name="ebpfhub", prog_name="ebpfhub")
def cli() -> None:
    """A hub for eBPF programs: signed packages in a transparency log, served to ecli and OCI clients.

    \b
    Examples:
      ebpfhub init ./hub --origin hub.example.org --listen 127.0.0.1:8801 --authority
      ebpfhub serve ./hub
      ebpfhub token create ./hub --identity you@example.org --role admin
    """


@cli.command()
@FOLDER
@click.option("--origin", required=True, help="The hub's name in references and in its log; it can never change.")
@click.option("--listen", default="127.0.0.1:8801", show_default=True, help="HOST:PORT to listen on.")
@click.option("--public-url", help="Where clients find the hub. [default: made from --listen or --origin]")
@click.option("--authority", is_flag=True, help="Turn on the embedded Sigstore for this hub's own users.")
@click.option("--plain", is_flag=True, help="Serve plain/… repositories: ordinary OCI, neither signed nor logged.")
@json_option
@examples("""
ebpfhub init ./hub --origin hub.example.org --listen 127.0.0.1:8801 --authority
ebpfhub init ./hub --origin hub.test --plain --json
""")
def init(
    folder: Path, origin: str, listen: str, public_url: str | None, authority: bool, plain: bool, as_json: bool
) -> None:
    """Make a new hub in DIR: settings, keys, an empty log. Prints the fingerprint that clients pin."""
    from .initialise import initialise
    from .settings import Settings

    url = (public_url or _default_url(origin, listen)).rstrip("/")
    settings = Settings(origin, listen, url, plain, authority, f"{url}/sigstore/oidc" if authority else "")
    made = initialise(HubFolder(folder.absolute()), settings)
    if as_json:
        click.echo(json.dumps({"origin": made.origin, "fingerprint": made.fingerprint, "url": url}))
        return
    click.echo(f"origin:      {made.origin}")
    click.echo(f"fingerprint: {made.fingerprint}")
    click.echo(f"settings:    {folder / 'hub.toml'}")
    click.echo(f"\nMove {folder / 'offline'} off this machine: serving needs nothing in it.")
    click.echo(f"Next: ebpfhub serve {folder}")


@cli.command()
@FOLDER
@examples("""
ebpfhub serve ./hub
""")
def serve(folder: Path) -> None:
    """Serve the hub in DIR until SIGTERM or Ctrl-C. GET /readyz tells when it is ready."""
    from .app import configure_logging
    from .app import serve as run

    configure_logging()
    asyncio.run(run(HubFolder(folder.absolute())))


@cli.command()
@FOLDER
@json_option
@examples("""
ebpfhub fsck ./hub
ebpfhub fsck ./hub --json
""")
def fsck(folder: Path, as_json: bool) -> None:
    """Check every blob, entry, signature and proof that the hub keeps, of its own log and of those that it mirrors.

    Exit code 1 if it finds faults. Notes are no faults: what an unfinished push or pull left, an origin that stands.
    """
    from .fsck import check_hub

    def progress(line: str) -> None:
        if not as_json and sys.stderr.isatty():
            click.echo(f"\r\033[K{line}", err=True, nl=False)

    found = check_hub(HubFolder(folder.absolute()), progress=progress)
    progress("")
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        for item in found.notes:
            click.echo(f"note: {item.where}: {item.what}")
        for item in found.findings:
            click.echo(f"{item.where}: {item.what}")
        click.echo(
            f"{found.entries} log entries, {counted(found.releases, 'release')}, {found.blobs} blobs: "
            + (counted(len(found.findings), "fault") if found.findings else "clean")
        )
    if found.findings:
        raise click.exceptions.Exit(1)


for _command in (token, user, authority, trust, origin, namespace, mirror, export, import_):
    cli.add_command(_command)


def main() -> None:
    """Run `ebpfhub`."""
    cli(prog_name="ebpfhub")


def _default_url(origin: str, listen: str) -> str:
    from ..federation.transport import is_loopback

    host = listen.rpartition(":")[0].strip("[]")
    return f"http://{listen}" if is_loopback(host) else f"https://{origin}"
