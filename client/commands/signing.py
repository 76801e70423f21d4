"""`ecli sign`, and the options by which somebody says with which Sigstore and as whom to sign."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ...federation.files import write_durably
from ...federation.package_file import PackageFile
from ...federation.transport import Transport
from ...schemas.errors import BadInput
from ...signing.trust_file import TrustFile
from ..credentials import Credentials
from ..home import Home
from ..identity_token import Flow, identity_token, say
from ..programs import read_file
from ..publish import HubSession, hub_signing, signer_of
from ..sign_package import SignWith, domain_config, sign_package, with_bundles
from .command import EcliCommand, examples, json_option
from .credentials import hub_url
from .domains import read_trust_file


@dataclass(frozen=True, slots=True)
class SigningChoice:
    """What the options say: a trust domain's name, a ClientTrustConfig's file, or neither: a hub's authority."""

    sigstore: str
    trust_config: Path | None
    flow: Flow

    @property
    def hubs_own(self) -> bool:
        """Whether the hub's authority signs, for whoever is logged in there."""
        return not self.sigstore and self.trust_config is None and self.flow is Flow.AUTO

    def signing(self, session: HubSession | None) -> SignWith:
        """How to sign. `session` is there for a hub's authority. Raises: BadInput."""
        if self.hubs_own and session is not None:
            return hub_signing(session)

        async def config() -> bytes:
            if self.sigstore:
                return domain_config(self.sigstore, home=Home.find())
            if self.trust_config is not None:
                return _config(self.trust_config)
            if session is None:
                raise BadInput("names no Sigstore", where="--sigstore")
            return await session.trust_config()

        async def token(config: bytes) -> str:
            return await identity_token(self.flow, config, stdin=sys.stdin, tell=say)

        return SignWith(self.sigstore or str(self.trust_config or (session.url if session else "")), config, token)


def signing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a SigningChoice to a command, which gets it as `choice`."""

    @wraps(function)
    def call(
        *arguments: Any,
        sigstore: str,
        trust_config: Path | None,
        identity_token_stdin: bool,
        browser: bool,
        device: bool,
        **named: Any,
    ) -> Any:
        flows = ((Flow.STDIN, identity_token_stdin), (Flow.BROWSER, browser), (Flow.DEVICE, device))
        choice = read_choice(sigstore, trust_config, [flow for flow, wanted in flows if wanted])
        return function(*arguments, choice=choice, **named)

    for option in (
        click.option("--device", is_flag=True, help="Sign in with a browser on another device (RFC 8628)."),
        click.option("--browser", is_flag=True, help="Sign in with a browser here."),
        click.option("--identity-token-stdin", is_flag=True, help="Read an OIDC identity token from standard input."),
        click.option("--trust-config", type=click.Path(path_type=Path), help="Sign with the Sigstore of this file."),
        click.option("--sigstore", default="", metavar="NAME", help="Sign in this trust domain, for example public."),
    ):
        call = option(call)
    return call


def read_choice(sigstore: str, trust_config: Path | None, flows: list[Flow]) -> SigningChoice:
    """Read the options. Raises: BadInput for those that contradict each other."""
    if sigstore and trust_config is not None:
        raise BadInput("--sigstore and --trust-config contradict each other", where="sign")
    if len(flows) > 1:
        raise BadInput("--identity-token-stdin, --browser and --device contradict each other", where="sign")
    return SigningChoice(sigstore, trust_config, flows[0] if flows else Flow.AUTO)


@click.command(cls=EcliCommand)
@click.argument("path", metavar="FILE.bpf", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write. [default: FILE.bpf itself]")
@signing_options
@click.option("--to", "url", help="The hub whose Sigstore signs, where no other is named.")
@json_option
@examples("""
ecli sign opensnoop-1.0.0.bpf --sigstore public
ecli sign opensnoop-1.0.0.bpf --trust-config ./trust_config.json --device
echo "$TOKEN" | ecli sign opensnoop-1.0.0.bpf --sigstore acme --identity-token-stdin -o signed.bpf
""")
def sign(
    path: Path,
    output: Path | None,
    choice: SigningChoice,
    url: str | None,
    as_json: bool,
) -> None:
    """Sign a package, and put the Sigstore bundle into its file. Afterwards it verifies without a network.

    In a CI system its own identity signs; else --browser, --device or --identity-token-stdin. Without --sigstore and
    --trust-config, the hub's authority signs for your login.
    """
    file = PackageFile.read(read_file(path), where=str(path))

    async def work() -> list[bytes]:
        async with opened(choice, url) as signing:
            return await sign_package(file, signing)

    bundles = asyncio.run(work())
    place = output or path
    write_durably(place.absolute(), with_bundles(file, bundles).write())
    config, identity = file.contents.config, signer_of(bundles[0])
    if as_json:
        facts = {"name": config.package, "version": config.version, "digest": file.contents.manifest.digest}
        click.echo(json.dumps({**facts, "identity": identity.subject, "issuer": identity.issuer, "file": str(place)}))
        return
    click.echo(f"signed {config.package}:{config.version} in {place}")
    click.echo(f"  digest     {file.contents.manifest.digest}")
    click.echo(f"  identity   {identity.subject}")
    click.echo(f"  issuer     {identity.issuer}")


def _config(path: Path) -> bytes:
    config = TrustFile.parse(read_trust_file(path), where=str(path)).config
    if config is None:
        raise BadInput(
            "is a trusted root alone, which does not say where to sign",
            where=str(path),
            todo="Give a trust_config.json.",
        )
    return config


@asynccontextmanager
async def opened(choice: SigningChoice, url: str | None) -> AsyncIterator[SignWith]:
    """How to sign, for the length of a block; asks a hub only where none but its authority is meant."""
    if choice.sigstore or choice.trust_config is not None:
        if url:
            raise BadInput("--to names a hub's Sigstore, and another one is named", where="sign")
        yield choice.signing(None)
        return
    place = hub_url(url)
    token = Credentials(Home.find()).get(place) if choice.hubs_own else ""
    async with Transport() as transport:
        yield choice.signing(HubSession(transport, place, token))
