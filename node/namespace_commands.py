"""`ebpfhub namespace`: who may publish where, and what the operator does in an owner's place."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..schemas.reference import Reference
from .command import FOLDER, HubGroup, examples, json_option, operate_on

_REASON = click.option("--reason", required=True, help="Why, for people; it stands in the log for ever.")


@click.group(cls=HubGroup)
def namespace() -> None:
    """Who may publish where."""


@namespace.command("claim")
@FOLDER
@click.argument("name")
@click.option(
    "--owner",
    "owners",
    required=True,
    multiple=True,
    type=(str, str, str),
    metavar="DOMAIN ISSUER PATTERN",
    help="Who may publish there; may repeat. In PATTERN, * stands for anything but a slash.",
)
@click.option("--force", is_flag=True, help="Take it from its owners. Everybody sees it, and must agree anew.")
@json_option
@examples("""
ebpfhub namespace claim ./hub tools --owner public https://accounts.google.com you@example.org
ebpfhub namespace claim ./hub tools --owner public https://gitlab.com 'https://gitlab.com/acme/*//*@refs/tags/*'
""")
def claim(folder: Path, name: str, owners: tuple[tuple[str, str, str], ...], force: bool, as_json: bool) -> None:
    """Give a namespace that nobody has to its owners, of any trust domain of this hub. It is logged for ever.

    Later its owners hand it over themselves (`ecli owner`). --force is for owners who are gone, or were robbed.
    """
    listed = [{"domain": where, "issuer": issuer, "pattern": pattern} for where, issuer, pattern in owners]
    told = operate_on(folder, "namespace.claim", {"namespace": name, "owners": listed, "force": force})
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"{name} is claimed (log entry {told['entry']}) for")
    for owner in told["owners"]:
        click.echo(f"  {owner}")


@namespace.command("yank")
@FOLDER
@click.argument("reference", metavar="NAMESPACE/NAME:VERSION")
@_REASON
@json_option
@examples("""
ebpfhub namespace yank ./hub tools/opensnoop:1.0.0 --reason "malware, reported by example.org"
""")
def yank(folder: Path, reference: str, reason: str, as_json: bool) -> None:
    """Withdraw a version in its owner's place, for ever. It is logged as forced."""
    found = Reference.parse(reference)
    words = {"namespace": found.namespace, "name": found.name, "version": found.tag, "reason": reason}
    told = operate_on(folder, "namespace.yank", words)
    click.echo(json.dumps(told) if as_json else f"{reference} is yanked (log entry {told['entry']})")


@namespace.command("revoke")
@FOLDER
@click.argument("signer", nargs=3, metavar="DOMAIN ISSUER SUBJECT")
@click.option("--since", required=True, type=click.IntRange(0), help="Releases from this log index on are revoked.")
@click.option("--until", type=click.IntRange(0), help="And before this one: later ones stand. [default: no end]")
@click.option("--in", "place", metavar="NAMESPACE", help="In this namespace alone. [default: in all]")
@_REASON
@json_option
@examples("""
ebpfhub namespace revoke ./hub public https://accounts.google.com mallory@example.org --since 120 --reason "malware"
""")
def revoke(
    folder: Path,
    signer: tuple[str, str, str],
    since: int,
    until: int | None,
    place: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Revoke what a signer released, in the owners' place. It replaces an earlier one of that signer there."""
    named = dict(zip(("domain", "issuer", "subject"), signer, strict=True))
    words = {"signer": named, "since": since, "until": until, "namespace": place, "reason": reason}
    told = operate_on(folder, "namespace.revoke", words)
    click.echo(json.dumps(told) if as_json else f"{told['signer']} is revoked (log entry {told['entry']})")
