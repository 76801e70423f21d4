"""Obeying the rules for a package: its signer, the quorum of its origin's checkpoint, whose trust domain is meant.

The settings given here are those about the package (Settings.about): all of their rules hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...schemas.entry import Release
from ...schemas.errors import NotTrusted
from ...schemas.identity import Identity
from ...signing.image import VerifiedImage
from ...signing.notes import Note, VerifierKey
from ...signing.public_good import PUBLIC
from ...signing.quorum import CHECK as QUORUM
from ...signing.roots import TrustDomain
from ...signing.verified import Check
from ...signing.verify import verify_signature
from ..ages import Ages
from ..domains import HUBS_OWN, Domains
from ..home import Home
from ..settings import Settings
from ..sources.registry import SCHEME, ImageReference
from .rule import CHECK


def check_signer(name: str, identity: Identity, settings: Settings) -> tuple[Check, ...]:
    """Demand what the rules say of a signer, and that there is a rule where one must be. Raises: NotTrusted."""
    if not settings.rules and not settings.unnamed:
        raise NotTrusted(
            f"no rule of the policy is for {name}, and what no rule names is refused",
            check=CHECK,
            todo="Write a rule for it, where that is wanted: ecli trust policy edit",
        )
    for rule in settings.rules:
        rule.check_signer(identity)
    where = ", ".join(rule.where for rule in settings.rules)
    return (Check(CHECK, f"as demanded by {where}"),) if where else ()


def check_quorum(
    checkpoint: str, log: VerifierKey, settings: Settings, ages: Ages
) -> tuple[tuple[Check, ...], list[str]]:
    """Demand the quorum of each rule on a checkpoint that `log` signed; evidence and warnings. Raises: NotTrusted."""
    checks, warnings = [], []
    for rule in settings.rules:
        if rule.quorum is None:
            continue
        cosigned = rule.quorum.judge(Note.parse(checkpoint, where="checkpoint"), log=log)
        if cosigned is None:
            continue
        said, warning = ages.judge(cosigned.at, who=f"its quorum {rule.quorum.quorum}", check=QUORUM)
        checks.append(Check(QUORUM, f"{cosigned.witnesses} of {len(rule.quorum.witnesses)} witnesses cosigned; {said}"))
        warnings += [warning] if warning else []
    return tuple(checks), warnings


def check_own_root(
    release: Release, bundles: Sequence[bytes], domain: TrustDomain, *, settings: Settings, home: Home
) -> None:
    """Where a rule names a trust domain: it is the one that is known here, whatever the origin calls so.

    `public` is always compared (public_good.py); `hub` is the origin's own. Raises: NotTrusted, NotFound.
    """
    if domain.name in (PUBLIC, HUBS_OWN) or not any(rule.domains for rule in settings.rules):
        return
    own = Domains(home).get(domain.name).domain
    if own.digest == domain.digest:
        return
    try:
        verify_signature(release, bundles, own)
    except NotTrusted as error:
        raise NotTrusted(
            f"the origin calls a Sigstore {domain.name!r} which is not the one known here: {error.what}",
            check=CHECK,
            todo=f"If its keys were rotated: ecli trust domain add {domain.name} FILE",
        ) from error


def check_image(image: VerifiedImage, settings: Settings) -> VerifiedImage:
    """Demand of an image's signer what the rules say, and give their evidence; no hub's log speaks for it.

    Raises: NotTrusted.
    """
    name = canonical_name(image)
    settings = settings.about(name)
    checks = check_signer(name, image.identity, settings)
    for rule in settings.rules:
        if rule.quorum is not None:
            raise NotTrusted(
                "the policy demands a quorum, and no hub's log speaks for this image",
                check=QUORUM,
                where=rule.where,
                todo="Publish it in a hub, or let the rule's names begin with a hub's origin.",
            )
    return replace(image, checks=(*image.checks, *checks))


def canonical_name(image: VerifiedImage) -> str:
    """The name by which rules know an image, `oci://registry/repository`, or a file: `file/namespace/name`."""
    if image.place.startswith(SCHEME):
        return ImageReference.parse(image.place).canonical
    package = image.contents.config.package if image.contents is not None else "local/file"
    return f"file/{package}"
