"""`ecli trust policy`: what this machine and its user demand of packages by their names: edit and check it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from ...schemas.reference import Reference
from ..home import Home
from ..policy.edit import edit_policy
from ..policy.rule import IMAGE, Rule
from ..settings import DAY, Settings, load_settings
from ..sources.registry import ImageReference
from .command import EcliGroup, examples, json_option


@click.group(cls=EcliGroup)
def policy() -> None:
    """What is demanded of packages by name: signer, trust domain, quorum, age, permissions. It can only narrow."""


@policy.command("edit")
@examples("""
ecli trust policy edit
EDITOR=nano ecli trust policy edit
""")
def edit() -> None:
    """Edit your policy, ecli.toml, with $VISUAL or $EDITOR. It is replaced only when the new one is valid."""
    home = Home.find()
    changed = edit_policy(home, os.environ)
    click.echo(f"{home.settings[1]} {'is your policy now' if changed else 'was not changed'}")


@policy.command("check")
@click.argument("references", metavar="[REF|IMAGE]...", nargs=-1)
@json_option
@examples("""
ecli trust policy check
ecli trust policy check opensnoop oci://registry.example.org/tools/x
ecli trust policy check opensnoop --json
""")
def check(references: Sequence[str], as_json: bool) -> None:
    """Tell whether the policy is valid, and for each name which rules match and what is demanded. Nothing is asked."""
    home = Home.find()
    settings = load_settings(home)
    files = [str(path) for path in home.settings if path.is_file()]
    about = {name: settings.about(name) for name in (_canonical(text, home) for text in references)}
    if as_json:
        told = {name: _facts(found) for name, found in about.items()}
        click.echo(json.dumps({"valid": True, "files": files, **_facts(settings), "names": told}))
        return
    click.echo(f"valid: {', '.join(files)}" if files else "valid: there is no file; what is always checked is demanded")
    _show(settings if not about else replace(settings, rules=()))
    for name, found in about.items():
        click.echo(name)
        _show(found)
        if not found.rules:
            click.echo(f"  rule        none{'' if found.unnamed else ': it is refused'}")


def _canonical(text: str, home: Home) -> str:
    if text.startswith(IMAGE):
        return ImageReference.parse(text).canonical
    reference = Reference.parse(text)
    return replace(reference, origin=reference.origin or home.default_origin()).canonical


def _show(settings: Settings) -> None:
    rows = [
        ("stale after", f"{settings.max_age // 3600} hours"),
        ("expired", f"after {settings.expire_age // DAY} days"),
    ]
    rows += [("unsigned", "may run" if settings.unsigned else "refused")]
    rows += [("unnamed", "refused: what no rule names")] if not settings.unnamed else []
    rows += [("allowed", ", ".join(item.allow)) for item in settings.policies if item.allow]
    rows += [("denied", f"{', '.join(item.deny)} ({item.source})") for item in settings.policies if item.deny]
    for word, value in rows:
        click.echo(f"  {word:<11} {value}")
    for rule in settings.rules:
        click.echo(f"  rule        {rule.where}")
        for word, value in [("for", ", ".join(rule.names)), *rule.demands()]:
            click.echo(f"    {word:<11} {value}")


def _facts(settings: Settings) -> dict[str, Any]:
    return {
        "max_age_seconds": settings.max_age,
        "expire_age_seconds": settings.expire_age,
        "unsigned": settings.unsigned,
        "unnamed": settings.unnamed,
        "allow": sorted({word for item in settings.policies for word in item.allow}),
        "deny": sorted({word for item in settings.policies for word in item.deny}),
        "rules": [_rule(rule) for rule in settings.rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "where": rule.where,
        "names": list(rule.names),
        "domain": list(rule.domains),
        "issuer": list(rule.issuers),
        "identity": list(rule.identities),
        "quorum": rule.quorum_file or None,
        "allow": list(rule.policy.allow) if rule.policy else [],
        "deny": list(rule.policy.deny) if rule.policy else [],
        "max_age_seconds": rule.max_age,
        "expire_age_seconds": rule.expire_age,
    }
