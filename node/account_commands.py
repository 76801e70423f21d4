"""`ebpfhub token` and `ebpfhub user`: who may use the hub, and with what."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from .command import FOLDER, HubGroup, examples, json_option, operate_on

ROLES = ("none", "reader", "publisher", "maintainer", "admin")
DAY = 24 * 3600


@click.group(cls=HubGroup)
def token() -> None:
    """Tokens, by which publishers and machines log in."""


@token.command("create")
@FOLDER
@click.option("--identity", required=True, help="Whom the token stands for: an e-mail address or a URI.")
@click.option(
    "--role",
    type=click.Choice(ROLES[1:]),
    default="publisher",
    show_default=True,
    help="The least role that its holder shall have. The first admin owns the namespace `library`.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What the token may do: read, publish, publish:NAMESPACE, moderate, admin, account, comment; may repeat."
    " [default: all that the role may do, except to its holder's own account]",
)
@click.option("--name", default="", help="What it is for, to be recognised in lists.")
@click.option("--days", type=click.IntRange(1, 1825), default=90, show_default=True, help="How long it is valid.")
@json_option
@examples("""
ebpfhub token create ./hub --identity publisher@example.org
ebpfhub token create ./hub --identity admin@example.org --role admin --days 30
ebpfhub token create ./hub --identity you@example.org --scope publish:tools --name "build machine" --days 7
ebpfhub token create ./hub --identity ci@example.org | ecli login http://127.0.0.1:8801 --token-stdin
""")
def token_create(
    folder: Path, identity: str, role: str, scopes: tuple[str, ...], name: str, days: int, as_json: bool
) -> None:
    """Make a token and print it, once. Works whether the hub is serving or not.

    It allows what its scopes and its holder's role both allow.
    """
    asked = {"identity": identity, "role": role, "scopes": list(scopes), "name": name, "life": days * DAY}
    made = operate_on(folder, "token.create", asked)
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(made["token"])
    if made["claim"] is not None:
        click.echo(f"{identity} owns the namespace library now (log entry {made['claim']})", err=True)


@token.command("list")
@FOLDER
@click.option("--identity", default="", help="Only the tokens of this identity.")
@click.option("--all", "past", is_flag=True, help="Those too that have expired or were revoked.")
@json_option
@examples("""
ebpfhub token list ./hub
ebpfhub token list ./hub --identity ci@example.org --all --json
""")
def token_list(folder: Path, identity: str, past: bool, as_json: bool) -> None:
    """List tokens: whose, what for, until when, last used. Their secrets are kept nowhere."""
    found = operate_on(folder, "token.list", {"identity": identity, "all": past})
    if as_json:
        click.echo(json.dumps({"tokens": found["tokens"]}))
        return
    if not found["tokens"]:
        click.echo("no tokens; begin with: ebpfhub token create DIR --identity you@example.org")
    for item in found["tokens"]:
        click.echo(f"{item['id']}  {item['identity']}" + (f"  {item['name']}" if item["name"] else ""))
        click.echo(f"  {' '.join(item['scopes'])}; {_until(item, found['now'])}; {_used(item)}")


@token.command("revoke")
@FOLDER
@click.argument("token_id", metavar="ID")
@examples("""
ebpfhub token revoke ./hub 3f9c0a517be2d846
""")
def token_revoke(folder: Path, token_id: str) -> None:
    """End a token at once. `ebpfhub token list` tells its ID."""
    made = operate_on(folder, "token.revoke", {"id": token_id})
    click.echo(f"the token {made['id']} of {made['identity']} is revoked")


@click.group(cls=HubGroup)
def user() -> None:
    """People: their roles, and passwords of those who sign in at the embedded Sigstore."""


@user.command("add")
@FOLDER
@click.option("--identity", required=True, help="An e-mail address.")
@click.option("--role", type=click.Choice(ROLES[1:]), help="What they may do. [default: reader, or as it is]")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@examples("""
ebpfhub user add ./hub --identity you@example.org
echo "$PASSWORD" | ebpfhub user add ./hub --identity you@example.org --role publisher --password-stdin
""")
def user_add(folder: Path, identity: str, role: str | None, password_stdin: bool) -> None:
    """Make a user who signs in with a password, or give one a new password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    asked = {"identity": identity, "password": password} | ({"role": role} if role else {})
    operate_on(folder, "user.set-password", asked)
    click.echo(f"{identity} can sign in")


@user.command("role")
@FOLDER
@click.option("--identity", required=True, help="Whose role.")
@click.argument("role", type=click.Choice(ROLES))
@examples("""
ebpfhub user role ./hub --identity you@example.org maintainer
ebpfhub user role ./hub --identity gone@example.org none
""")
def user_role(folder: Path, identity: str, role: str) -> None:
    """Give somebody a role. With `none` they are locked out at once: tokens, sessions, sign-in."""
    operate_on(folder, "user.set-role", {"identity": identity, "role": role})
    click.echo(f"{identity} is locked out" if role == "none" else f"{identity} has the role {role}")


@user.command("list")
@FOLDER
@json_option
@examples("""
ebpfhub user list ./hub
ebpfhub user list ./hub --json
""")
def user_list(folder: Path, as_json: bool) -> None:
    """List everybody whom the hub knows, and their roles."""
    found = operate_on(folder, "user.list", {})
    if as_json:
        click.echo(json.dumps(found))
        return
    for line in _people(found["people"]):
        click.echo(line)


def _people(people: Iterable[dict[str, Any]]) -> Iterable[str]:
    for item in people:
        elsewhere = f"  (signs in at {item['issuer']})" if item["issuer"] else ""
        yield f"{item['role']:<10}  {item['identity']}{elsewhere}"


def _until(item: dict[str, Any], now: int) -> str:
    if item["revoked"]:
        return f"revoked {_day(item['revoked'])}"
    return f"{'expired' if item['expires'] <= now else 'valid until'} {_day(item['expires'])}"


def _used(item: dict[str, Any]) -> str:
    return f"last used {_day(item['used'])}" if item["used"] else "never used"


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
