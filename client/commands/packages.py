"""`ecli pull`, `verify`, `inspect`, `export`: looking at packages without running them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ...federation.files import write_durably
from ...federation.package_file import PackageFile
from ...schemas.bpf_object import BpfObject
from ...schemas.errors import NotTrusted
from ...schemas.package import PackageConfig
from ...schemas.permissions import permissions_of_package
from ...schemas.reference import Reference
from ...schemas.wasm import bpf_objects_in
from ...signing.verified import VerifiedPackage
from ..home import Home
from ..package_files import verify_package_file
from ..programs import is_path, read_file
from ..resolve import resolve_installed
from ..settings import load_settings
from .command import EcliCommand, examples, json_option


@click.command(cls=EcliCommand)
@click.argument("reference", metavar="REF")
@examples("""
ecli pull opensnoop
ecli pull hub.example.org/library/opensnoop:1.0.0
""")
def pull(reference: str) -> None:
    """Fetch, verify and install a package, so that `ecli run` starts it at once, without the network."""
    home = Home.find()
    held = resolve_installed(Reference.parse(reference), home=home, settings=load_settings(home), refresh=True)
    click.echo(f"installed {held.receipt.reference}  {held.receipt.manifest}")
    click.echo(f"  publisher  {held.receipt.publisher}")
    click.echo(f"  log index  {held.receipt.log_index}")


@click.command(cls=EcliCommand)
@click.argument("target", metavar="REF|FILE")
@json_option
@examples("""
ecli verify opensnoop
ecli verify ./opensnoop-1.0.0.bpf
ecli verify opensnoop --json
""")
def verify(target: str, as_json: bool) -> None:
    """Make every check and show its evidence. A file needs no network. Exit code 4 when something is not right."""
    try:
        verified = _verified(target)
    except NotTrusted as error:
        if as_json:
            click.echo(json.dumps({"verified": False, "check": error.check, "reason": error.what}))
        raise
    if as_json:
        click.echo(json.dumps(_verdict(verified)))
        return
    click.echo(f"verified {verified.reference}  {verified.manifest}")
    for check in verified.checks:
        click.echo(f"  ok  {check.name:<12} {check.evidence}")
    for warning in verified.warnings:
        click.echo(f"  !!  {warning}")


@click.command(cls=EcliCommand)
@click.argument("target", metavar="REF|FILE")
@json_option
@examples("""
ecli inspect opensnoop
ecli inspect ./dist/opensnoop-0.1.0.bpf --json
""")
def inspect(target: str, as_json: bool) -> None:
    """Show what a package is, how it is used, and what it may see and change. Nothing is loaded."""
    found = _inspected(target)
    config, publisher = found.config, found.publisher
    objects = [BpfObject.parse(item) for item in found.objects()]
    permissions = permissions_of_package(found.bpf_object, found.wasm)
    programs = [(item.name, item.section) for facts in objects for item in facts.programs]
    if as_json:
        document = json.loads(config.to_json()) | {
            "publisher": publisher,
            "permissions": permissions.to_json(),
            "programs": [{"name": name, "section": section} for name, section in programs],
        }
        click.echo(json.dumps(document))
        return
    click.echo(f"{config.package}:{config.version}  {config.description}")
    click.echo(f"  publisher  {publisher or 'nobody has signed this'}")
    click.echo(f"  license    {config.license or ', '.join(sorted({facts.license for facts in objects}))}")
    for name, section in programs:
        click.echo(f"  program    {name}  ({section})")
    if found.wasm is not None:
        click.echo(f"  user space Wasm module of {len(found.wasm)} bytes")
    for line in permissions.lines():
        click.echo(f"  {line}")


@click.command(cls=EcliCommand)
@click.argument("reference", metavar="REF")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: NAME-VERSION.bpf]")
@examples("""
ecli export opensnoop -o opensnoop.bpf
""")
def export(reference: str, output: Path | None) -> None:
    """Write a package with all its proofs into one file, which `ecli run --verify` takes without a network."""
    home = Home.find()
    held = resolve_installed(Reference.parse(reference), home=home, settings=load_settings(home))
    config = held.redeem().config
    path = output or Path(f"{config.name}-{config.version}.bpf")
    data = held.package_file
    write_durably(path.absolute(), data)
    click.echo(f"wrote {path} ({len(data)} bytes)")


def _verified(target: str) -> VerifiedPackage:
    home = Home.find()
    settings = load_settings(home)
    if is_path(target):
        return verify_package_file(
            PackageFile.read(read_file(Path(target)), where=target), home=home, settings=settings
        )
    reference = Reference.parse(target)
    return resolve_installed(reference, home=home, settings=settings, refresh=True).redeem()


def _verdict(verified: VerifiedPackage) -> dict[str, Any]:
    return {
        "verified": True,
        "reference": verified.reference,
        "manifest": verified.manifest,
        "publisher": verified.publisher,
        "checks": [{"name": check.name, "ok": True, "evidence": check.evidence} for check in verified.checks],
        "warnings": list(verified.warnings),
    }


@dataclass(frozen=True, slots=True)
class _Inspected:
    """What is looked at; `publisher` is empty where nobody signed it."""

    config: PackageConfig
    publisher: str
    bpf_object: bytes | None
    wasm: bytes | None

    def objects(self) -> list[bytes]:
        """All BPF objects, those in the Wasm module too."""
        own = [self.bpf_object] if self.bpf_object is not None else []
        return own + list(bpf_objects_in(self.wasm) if self.wasm is not None else ())


def _inspected(target: str) -> _Inspected:
    home = Home.find()
    if not is_path(target):
        verified = resolve_installed(Reference.parse(target), home=home, settings=load_settings(home)).redeem()
        return _Inspected(verified.config, verified.publisher, verified.bpf_object, verified.wasm)
    data = read_file(Path(target))
    if data.startswith(b"\x7fELF"):
        return _Inspected(PackageConfig("local", "object", "0.0.0"), "", data, None)
    file = PackageFile.read(data, where=target)
    publisher = verify_package_file(file, home=home, settings=load_settings(home)).publisher if file.proof else ""
    return _Inspected(file.contents.config, publisher, file.contents.bpf_object(), file.contents.wasm())
