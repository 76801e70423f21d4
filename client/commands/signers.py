"""The options by which somebody says who must have signed; the same for every command that takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

import click

from ...schemas.errors import BadInput, NotTrusted
from ...signing.image import VerifiedImage
from ..home import Home
from ..programs import verified_image
from ..run_options import RunOptions
from ..settings import load_settings

P = ParamSpec("P")
IMAGE = "oci://"


def signer_options(function: Callable[P, Any]) -> Callable[P, Any]:
    """Add `--identity`, `--issuer` and `--domain` to a command."""
    for option in (
        click.option("--domain", default="", metavar="NAME", help="In which Sigstore. [default: public]"),
        click.option("--issuer", default="", metavar="URL", help="Who vouches for that identity."),
        click.option(
            "--identity", default="", metavar="PATTERN", help="Who must have signed an oci:// image or a file."
        ),
    ):
        function = option(function)
    return function


def image_for(target: str, identity: str, issuer: str, domain: str, *, refresh: bool = False) -> VerifiedImage | None:
    """The verified image or file, where a signer is named; None where none is, and a hub's log is to be asked.

    Raises: NotTrusted for an image whose signer is not named; HubError.
    """
    if identity:
        home = Home.find()
        options = RunOptions(target, refresh=refresh, identity=identity, issuer=issuer, domain=domain)
        return verified_image(options, home=home, settings=load_settings(home))
    if issuer or domain:
        raise BadInput("--issuer and --domain go with --identity", where=target)
    if target.startswith(IMAGE):
        raise NotTrusted(
            "who must have signed it was not said",
            check="identity",
            where=target,
            todo="Name its signer: --identity PATTERN --issuer URL [--domain NAME].",
        )
    return None
