"""`ecli tag`, `yank`, `owner`, `revoke`: what an owner may change in a hub's log, each by a signature."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import click

from ...federation.transport import Transport
from ...schemas.errors import BadInput, Conflict
from ...schemas.fields import Fields
from ...schemas.identity import Identity, Owner
from ...schemas.mandate import HUB
from ...schemas.ownership import Claim, Order, Revoke, Tag, Yank
from ...schemas.reference import DEFAULT_TAG, Reference, check_namespace
from ...schemas.semver import Version
from ..credentials import Credentials
from ..home import Home
from ..hub_api.answers import LoggedOrder, NamespaceFacts
from ..hub_api.api import HubApi
from ..orders import Make, give_order, last_revocation, owners_of
from ..pins import Pin, Pins
from ..publish import HubSession
from .command import EcliCommand, examples, json_option
from .signing import SigningChoice, signing_options

_REASON = click.option("--reason", default="", help="Why, for people; it stands in the log for ever.")
_OWNER = (str, str, str)
_OWNER_WORDS = "DOMAIN ISSUER PATTERN"


@click.command(cls=EcliCommand)
@click.argument("reference", metavar="NAME:VERSION")
@click.argument("name", metavar="TAG")
@click.option("--remove", is_flag=True, help="Remove the tag; the version is not needed then.")
@signing_options
@json_option
@examples("""
ecli tag me/opensnoop:1.0.0 stable
ecli tag me/opensnoop stable --remove
""")
def tag(reference: str, name: str, remove: bool, choice: SigningChoice, as_json: bool) -> None:
    """Let a tag mean a version of your package from now on. `latest` follows the releases by itself."""
    pin, found = _pinned(reference)
    version = None if remove else _version(found)
    _order(
        pin,
        lambda held: Tag(0, pin.origin, found.namespace, found.name, name, version, held.changed or 0, HUB),
        found.namespace,
        found.name,
        choice,
        as_json=as_json,
        told=f"{found.package} has no tag {name} any more" if remove else f"{found.package}:{name} is {version} now",
    )


@click.command(cls=EcliCommand)
@click.argument("reference", metavar="NAME:VERSION")
@_REASON
@signing_options
@json_option
@examples("""
ecli yank me/opensnoop:1.0.0 --reason "crashes on 6.1"
""")
def yank(reference: str, reason: str, choice: SigningChoice, as_json: bool) -> None:
    """Withdraw a version of your package, for ever. Nobody's client loads it then; nothing is erased.

    `latest` falls to the highest version that is left.
    """
    pin, found = _pinned(reference)
    version = _version(found)
    _order(
        pin,
        lambda held: Yank(0, pin.origin, found.namespace, found.name, version, reason, held.changed or 0, HUB),
        found.namespace,
        found.name,
        choice,
        as_json=as_json,
        told=f"{found.package}:{version} is yanked",
    )


@click.command(cls=EcliCommand)
@click.argument("namespace", metavar="[ORIGIN/]NAMESPACE")
@click.option("--add", "added", multiple=True, type=_OWNER, metavar=_OWNER_WORDS, help="Another owner; may repeat.")
@click.option("--remove", "removed", multiple=True, type=_OWNER, metavar=_OWNER_WORDS, help="One owner less.")
@signing_options
@json_option
@examples("""
ecli owner me
ecli owner me --add public https://accounts.google.com you@example.org
ecli owner hub.example.org/me --remove hub https://hub.example.org/sigstore/oidc alice@example.org
""")
def owner(
    namespace: str,
    added: tuple[tuple[str, str, str], ...],
    removed: tuple[tuple[str, str, str], ...],
    choice: SigningChoice,
    as_json: bool,
) -> None:
    """Show who owns a namespace, or hand it over: --add and --remove, signed by one of its owners now.

    In PATTERN, * stands for anything but a slash. Releases stay whose they were.
    """
    pin, place = _pinned_namespace(namespace)
    if not added and not removed:
        _show(pin, place, as_json=as_json)
        return
    more, less = _owners(added), _owners(removed)

    def make(held: NamespaceFacts) -> Order:
        before = owners_of(held)
        missing = [item for item in less if item not in before]
        if missing:
            raise BadInput(f"{missing[0]} does not own {place}", where="--remove", todo=f"ecli owner {namespace}")
        owners = tuple(dict.fromkeys((*(item for item in before if item not in less), *more)))
        if not owners:
            raise BadInput("would leave nobody", where="--remove", todo="Add an owner by --add in the same call.")
        if owners == before:
            raise Conflict("they own it already", where=place)
        return Claim(0, pin.origin, place, owners, held.claim)

    _order(pin, make, place, "", choice, as_json=as_json, told=f"the owners of {place} have changed")


@click.command(cls=EcliCommand)
@click.argument("namespace", metavar="[ORIGIN/]NAMESPACE")
@click.argument("signer", nargs=3, metavar="DOMAIN ISSUER SUBJECT")
@click.option("--since", required=True, type=click.IntRange(0), help="Releases from this log index on are revoked.")
@click.option("--until", type=click.IntRange(0), help="And before this one: later ones stand. [default: no end]")
@_REASON
@signing_options
@json_option
@examples("""
ecli revoke me hub https://hub.example.org/sigstore/oidc ci@example.org --since 120 --until 140
""")
def revoke(
    namespace: str,
    signer: tuple[str, str, str],
    since: int,
    until: int | None,
    reason: str,
    choice: SigningChoice,
    as_json: bool,
) -> None:
    """Revoke what a signer released in your namespace from a log index on. Without --until, it releases nothing more.

    It takes the place of an earlier revocation of the same signer there. The log indexes stand on a package's page.
    """
    pin, place = _pinned_namespace(namespace)
    identity = Identity.read(Fields(dict(zip(("domain", "issuer", "subject"), signer, strict=True)), "signer"))

    def make(held: NamespaceFacts) -> Order:
        after = last_revocation(held, identity)
        return Revoke(0, pin.origin, place, identity, since, until, reason, after, HUB)

    end = "on" if until is None else f"to {until - 1}"
    told = f"what {identity} released in {place} from log index {since} {end} is revoked"
    _order(pin, make, place, "", choice, as_json=as_json, told=told)


def _order(
    pin: Pin, make: Make, namespace: str, package: str, choice: SigningChoice, *, as_json: bool, told: str
) -> None:
    token = Credentials(Home.find()).get(pin.url)
    if sys.stderr.isatty():
        click.echo("signing", err=True)

    async def work() -> LoggedOrder:
        async with Transport() as transport, HubApi(pin.url, token=token) as api:
            signing = choice.signing(HubSession(transport, pin.url, token))
            return await give_order(api, make, signing, namespace=namespace, package=package)

    made = asyncio.run(work())
    if as_json:
        click.echo(json.dumps({"origin": pin.origin, **asdict(made)}))
        return
    click.echo(told)
    click.echo(f"  origin     {pin.origin}")
    click.echo(f"  identity   {made.identity}")
    click.echo(f"  log index  {made.log_index}")


def _show(pin: Pin, place: str, *, as_json: bool) -> None:
    async def work() -> NamespaceFacts:
        async with HubApi(pin.url, token=Credentials(Home.find()).find(pin.url)) as api:
            return await api.namespace(place)

    held = asyncio.run(work())
    if as_json:
        click.echo(json.dumps({**asdict(held), "origin": pin.origin}))
        return
    click.echo(f"{place} at {pin.origin}, by log entry {held.claim} ({held.by}), belongs to")
    for item in held.owners:
        click.echo(f"  {item.pattern}")
        click.echo(f"    {item.domain}, {item.issuer}")


def _pinned(text: str) -> tuple[Pin, Reference]:
    """A package's reference, and the pinned origin that it means. Raises: HubError."""
    found = Reference.parse(text)
    return Pins(Home.find()).get(found.origin), found


def _pinned_namespace(text: str) -> tuple[Pin, str]:
    origin, _, namespace = text.rpartition("/")
    return Pins(Home.find()).get(origin), check_namespace(namespace)


def _version(reference: Reference) -> str:
    if reference.tag == DEFAULT_TAG or not Version.spells(reference.tag):
        raise BadInput("must name a version", where=str(reference), todo="For example me/opensnoop:1.0.0")
    return reference.tag


def _owners(items: tuple[tuple[str, str, str], ...]) -> tuple[Owner, ...]:
    names = ("domain", "issuer", "pattern")
    return tuple(Owner.read(Fields(dict(zip(names, item, strict=True)), "owner")) for item in items)
