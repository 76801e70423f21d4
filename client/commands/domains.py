"""`ecli trust domain`: Sigstores by name, each with a trusted root of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ...schemas.errors import BadInput, Denied, NotFound
from ...signing.roots import TrustDomain
from ...signing.trust_file import MAX_TRUST_FILE_BYTES
from ..domains import Domains, KnownDomain
from ..home import Home
from ..refresh.state import State, state_of
from ..settings import load_settings
from .command import EcliGroup, examples, json_option

_NAME = click.argument("name")


@click.group(cls=EcliGroup)
def domain() -> None:
    """Sigstores whose signatures you may believe: a name and a trusted root each. They are never merged."""


@domain.command("add")
@_NAME
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Agree to what a rotated root changes, without a question.")
@json_option
@examples("""
ecli trust domain add acme ./trusted_root.json
ecli trust domain add acme ./trust_config.json
ecli trust domain add acme ./rotated_root.json --yes
""")
def add(name: str, file: Path, yes: bool, as_json: bool) -> None:
    """Know a Sigstore under NAME by its trusted_root.json, or by a trust_config.json with one inside.

    Compare the root's digest with the one that its operator tells you. With a configuration one can sign there too.
    A later root of a Sigstore that is known (the old keys, which may have ended, and new ones) shows what it changes
    and asks; another Sigstore under a known name is refused.
    """
    data, domains = read_trust_file(file), Domains(Home.find())
    changes = domains.changes(name, data, where=str(file))
    agreed = yes or not changes or agree_to(name, changes)
    made = domains.add(name, data, where=str(file.absolute()), agreed=agreed)
    if as_json:
        click.echo(json.dumps(_facts(made)))
        return
    click.echo(f"{name} is a trust domain now{'; one can sign in it' if made.config else ''}")
    click.echo(f"root: {made.domain.digest}")


@domain.command("list")
@json_option
@examples("""
ecli trust domain list
ecli trust domain list --json
""")
def list_domains(as_json: bool) -> None:
    """List the trust domains that are known here; `public` is the public-good Sigstore."""
    known = Domains(Home.find()).all()
    if as_json:
        click.echo(json.dumps([_facts(item) for item in known]))
        return
    wide = max(len(item.domain.name) for item in known)
    for item in known:
        click.echo(f"{item.domain.name:<{wide}}  {item.domain.digest}")
        click.echo(f"{'':<{wide}}  {item.source}{'; one can sign in it' if item.config else ''}")
        click.echo(f"{'':<{wide}}  {_state(item)}")


@domain.command("show")
@_NAME
@json_option
@examples("""
ecli trust domain show public
ecli trust domain show acme --json
""")
def show(name: str, as_json: bool) -> None:
    """Show whose keys a trust domain consists of, and when each of them is valid."""
    found = Domains(Home.find()).get(name)
    if as_json:
        click.echo(json.dumps(_facts(found) | {"keys": keys_of(found.domain)}))
        return
    click.echo(f"{name}  {found.domain.digest}")
    click.echo(f"  from       {found.source}")
    click.echo(f"  state      {_state(found)}")
    click.echo(f"  signing    {'yes' if found.config else 'no: only the root is known'}")
    for item in keys_of(found.domain):
        click.echo(f"  {item['kind']:<10} {item['name']}")
        click.echo(f"  {'':<10} valid {item['valid']}")


@domain.command("remove")
@_NAME
@examples("""
ecli trust domain remove acme
""")
def remove(name: str) -> None:
    """Forget a trust domain. What was verified in it is not believed any more."""
    Domains(Home.find()).remove(name)
    click.echo(f"{name} is no trust domain any more")


def agree_to(name: str, changes: Sequence[str]) -> bool:
    """Show what a later root changes, and ask. Raises: Denied when nobody says yes."""
    click.echo(f"{name} is known with an earlier root. The new one:", err=True)
    for line in changes:
        click.echo(f"  {line}", err=True)
    try:
        if click.confirm("Did its operator tell you so?", err=True):
            return True
    except (click.Abort, RuntimeError):  # the end of standard input; or it was closed before the start
        click.echo(err=True)
    raise Denied("nobody agreed, and nothing was changed", todo="Give --yes to agree to what is shown.")


def read_trust_file(path: Path) -> bytes:
    """Read a file of trust material. Raises: NotFound, BadInput."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_TRUST_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error


def keys_of(domain: TrustDomain) -> list[dict[str, str]]:
    """Every authority and log of a domain, with when it may be believed."""
    groups = (
        ("authority", domain.authorities, "uri"),
        ("ct log", domain.ct_logs, "baseUrl"),
        ("log", domain.logs, "baseUrl"),
        ("timestamps", domain.timestampers, "uri"),
    )
    return [
        {"kind": kind, "name": _printable(json.loads(item.document).get(place)), "valid": str(item.window)}
        for kind, items, place in groups
        for item in items
    ]


def _printable(address: object) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(address or "")[:512])


def _state(known: KnownDomain) -> State:
    expire_age = load_settings(Home.find()).expire_age
    return state_of(known.checked, now=int(time.time()), expire_age=expire_age, until=known.until)


def _facts(known: KnownDomain) -> dict[str, Any]:
    return {
        "name": known.domain.name,
        "root": known.domain.digest,
        "source": known.source,
        "signing": known.config is not None,
        **_state(known).to_json(),
    }
