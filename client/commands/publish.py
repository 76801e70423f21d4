"""`ecli publish` and `ecli push`: sign, push, log."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from ...federation.package_file import PackageFile
from ...federation.transport import Transport
from ...schemas.reference import Reference
from ..credentials import Credentials
from ..home import Home
from ..programs import read_file
from ..publish import HubSession, Published, renamed
from ..publish import publish as publish_file
from .command import EcliCommand, examples, json_option
from .credentials import hub_url
from .signing import SigningChoice, signing_options

_TO = click.option("--to", "url", help="The hub's address. [default: the default origin's hub]")
_NAMESPACE = click.option("--namespace", help="Publish under this namespace.")
_VERSION = click.option("--version", help="Publish as this version.")


@click.command(cls=EcliCommand)
@click.argument("source", metavar="[DIR | FILE.bpf]", default=".", type=click.Path(path_type=Path))
@_TO
@_NAMESPACE
@_VERSION
@signing_options
@json_option
@examples("""
ecli publish --to https://hub.example.org
ecli publish ./opensnoop --to http://127.0.0.1:8801 --namespace me --version 1.0.1
ecli publish opensnoop-1.0.0.bpf --json
ecli publish ./opensnoop --sigstore public --device
""")
def publish(
    source: Path,
    url: str | None,
    namespace: str | None,
    version: str | None,
    choice: SigningChoice,
    as_json: bool,
) -> None:
    """Sign a package and release it on a hub. Needs a login (`ecli login`); a folder is built first.

    The hub's authority signs for your login, or another Sigstore that the hub trusts (see `ecli sign`).
    """
    path = _built(source) if source.is_dir() else source
    _publish(path, url, choice, namespace=namespace, version=version, as_json=as_json)


@click.command(cls=EcliCommand)
@click.argument("name", metavar="NAME:TAG")
@_TO
@_NAMESPACE
@_VERSION
@signing_options
@json_option
@examples("""
ecli build ./opensnoop opensnoop:1.2.0
ecli push opensnoop:1.2.0 --to https://hub.example.org
""")
def push(
    name: str,
    url: str | None,
    namespace: str | None,
    version: str | None,
    choice: SigningChoice,
    as_json: bool,
) -> None:
    """Release what `ecli build` built under a name. The same as publish."""
    from ..builder.output import built_file

    path = built_file(Reference.parse(name), Home.find())
    _publish(path, url, choice, namespace=namespace, version=version, as_json=as_json)


def _built(folder: Path) -> Path:
    from ..builder.output import build_package_file

    return build_package_file(folder, Home.find(), reference="", output=None, progress=_progress).path


def _publish(
    path: Path,
    url: str | None,
    choice: SigningChoice,
    *,
    namespace: str | None,
    version: str | None,
    as_json: bool,
) -> None:
    place = hub_url(url)
    token = Credentials(Home.find()).get(place)
    file = renamed(PackageFile.read(read_file(path), where=str(path)), namespace=namespace, version=version)

    async def work() -> Published:
        async with Transport() as transport:
            session = HubSession(transport, place, token)
            signing = None if choice.hubs_own else choice.signing(session)
            return await publish_file(file, session, progress=_progress, signing=signing)

    made = asyncio.run(work())
    if as_json:
        click.echo(
            json.dumps(
                {
                    "name": made.package,
                    "version": made.version,
                    "digest": made.manifest,
                    "identity": made.identity,
                    "log_index": made.log_index,
                    "hub": place,
                }
            )
        )
        return
    click.echo(f"published {made.package}:{made.version}")
    click.echo(f"  digest     {made.manifest}")
    click.echo(f"  identity   {made.identity}")
    click.echo(f"  log index  {'released before' if made.log_index is None else made.log_index}")


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
