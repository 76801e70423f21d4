"""`ecli pull`, `verify`, `inspect`, `export`: looking at packages without running them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ...federation.files import write_durably
from ...federation.package_file import PackageFile
from ...schemas.attestation import BILL, PROVENANCE
from ...schemas.bpf_object import BpfObject
from ...schemas.errors import Denied, NotFound, NotTrusted, Unsupported
from ...schemas.kernel_types import System, kernels_of
from ...schemas.oci import Descriptor
from ...schemas.package import PackageConfig
from ...schemas.permissions import permissions_of_package
from ...schemas.reference import Reference
from ...schemas.wasm import objects_of_package
from ...signing.attested import Attestation
from ...signing.image import VerifiedImage
from ...signing.verified import VerifiedPackage
from ..attested import attestation, attestations
from ..home import Home
from ..output.text import fitted, visible
from ..package_files import verify_package_file
from ..programs import is_path, read_file
from ..resolve import resolve_installed
from ..served_types import archived_kernels
from ..settings import load_settings
from ..signed import SignedProgram, signed_program
from ..sources.found import find, program_of
from .command import EcliCommand, examples, json_option
from .signers import IMAGE, image_for, signer_options


@click.command(cls=EcliCommand)
@click.argument("reference", metavar="REF|IMAGE")
@signer_options
@examples("""
ecli pull opensnoop
ecli pull hub.example.org/library/opensnoop:1.0.0
ecli pull oci://registry.example.org/tools/x:1 --identity you@example.org --issuer https://accounts.google.com
""")
def pull(reference: str, identity: str, issuer: str, domain: str) -> None:
    """Fetch, verify and install a package, so that `ecli run` starts it at once, without the network.

    IMAGE is oci://registry/repository:tag; it is kept with its signature, and verified again at every run.
    """
    image = image_for(reference, identity, issuer, domain, refresh=True)
    if image is not None:
        click.echo(f"kept {image.place}  {image.manifest}")
        click.echo(f"  signer     {image.identity}")
        click.echo(f"  domain     {image.identity.domain}")
        return
    home = Home.find()
    held = resolve_installed(Reference.parse(reference), home=home, settings=load_settings(home), refresh=True)
    click.echo(f"installed {held.receipt.reference}  {held.receipt.manifest}")
    click.echo(f"  publisher  {held.receipt.publisher}")
    click.echo(f"  log index  {held.receipt.log_index}")


@click.command(cls=EcliCommand)
@click.argument("target", metavar="REF|FILE|IMAGE")
@signer_options
@json_option
@examples("""
ecli verify opensnoop
ecli verify ./opensnoop-1.0.0.bpf
ecli verify opensnoop --json
ecli verify oci://registry.example.org/tools/x:1 --identity you@example.org --issuer https://accounts.google.com
""")
def verify(target: str, identity: str, issuer: str, domain: str, as_json: bool) -> None:
    """Make every check and show its evidence. A file needs no network. Exit code 4 when something is not right.

    With --identity, an image of any registry, or a signed package file, is verified for that signer.
    """
    try:
        image = image_for(target, identity, issuer, domain, refresh=True)
        verified = _verified(target) if image is None else signed_program(image)
    except (NotTrusted, Denied) as error:
        if as_json:
            failed = error.check if isinstance(error, NotTrusted) else "permissions"
            click.echo(json.dumps({"verified": False, "check": failed, "reason": error.what}))
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
@click.argument("target", metavar="REF|FILE|IMAGE")
@click.option("--provenance", "shown", flag_value=PROVENANCE, help="Print its provenance alone: an in-toto statement.")
@click.option("--sbom", "shown", flag_value=BILL, help="Print its list of parts alone: CycloneDX.")
@signer_options
@json_option
@examples("""
ecli inspect opensnoop
ecli inspect ./dist/opensnoop-0.1.0.bpf --json
ecli inspect opensnoop --provenance
ecli inspect opensnoop --sbom > opensnoop.cdx.json
ecli inspect oci://registry.example.org/tools/x:1
""")
def inspect(target: str, shown: str | None, identity: str, issuer: str, domain: str, as_json: bool) -> None:
    """Show what a package is, how it is used, and what it may see and change. Nothing is loaded.

    Of an image, the signature is verified only with --identity.
    """
    if target.startswith(IMAGE) and not identity:
        found = _unsigned_image(target)
    else:
        image = image_for(target, identity, issuer, domain)
        found = _inspected(target) if image is None else _signed(image)
    if shown:
        _show_attestation(found, shown)
        return
    if found.kernels:
        _show_kernels(found, as_json)
        return
    config, publisher = found.config, found.publisher
    objects = [BpfObject.parse(item) for item in found.objects()]
    permissions = permissions_of_package(found.wasm, *found.own)
    programs = list(dict.fromkeys((item.name, item.section) for facts in objects for item in facts.programs))
    if as_json:
        document = json.loads(config.to_json()) | {
            "publisher": publisher,
            "permissions": permissions.to_json(),
            "programs": [{"name": name, "section": section} for name, section in programs],
            "attestations": [
                {"kind": item.kind.name, "digest": item.digest, "signer": str(item.signer) if item.signer else None}
                for item in found.attestations
            ],
        }
        click.echo(json.dumps(document))
        return
    click.echo(f"{config.package}:{config.version}  {config.description}")
    click.echo(f"  publisher  {publisher or found.nobody}")
    click.echo(f"  license    {config.license or ', '.join(sorted({facts.license for facts in objects}))}")
    for name, section in programs:
        click.echo(f"  program    {name}  ({section})")
    if found.wasm is not None:
        click.echo(f"  user space Wasm module of {len(found.wasm)} bytes")
    if config.architectures:
        click.echo(f"  for        {', '.join(config.architectures)} only")
    for item in found.attestations:
        click.echo(f"  {item.kind.name:<10} {'signed by the publisher' if item.signer else 'not signed'}")
    for line in permissions.lines():
        click.echo(f"  {line}")
    for test in config.tests:
        click.echo(
            f"  test       {test.name}  {fitted(visible('; '.join(test.trigger.splitlines())), 100, fill=False)}"
        )


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
    verified = held.redeem()
    config = verified.config
    if verified.is_types:
        raise Unsupported(
            "kernel types are fetched kernel by kernel, and do not go into one file",
            where=config.package,
            todo="`ebpfhub export` carries them, with all that a hub has, to a hub without a network.",
        )
    path = output or Path(f"{config.name}-{config.version}.bpf")
    data = held.package_file
    write_durably(path.absolute(), data)
    click.echo(f"wrote {path} ({len(data)} bytes)")


def _show_kernels(found: _Inspected, as_json: bool) -> None:
    """Show an archive of kernel types: its kernels, and the sizes of what is fetched for each."""
    config = found.config
    if as_json:
        kernels = [
            system._asdict() | {"size": layer.size, "digest": layer.digest} for system, layer in found.kernels.items()
        ]
        click.echo(json.dumps(json.loads(config.to_json()) | {"publisher": found.publisher, "kernels": kernels}))
        return
    click.echo(f"{config.package}:{config.version}  {config.description}")
    click.echo(f"  publisher  {found.publisher or 'nobody has signed this'}")
    wide = max(len(str(system)) for system in found.kernels)
    for system, layer in found.kernels.items():
        click.echo(f"  kernel     {system!s:<{wide}}  {layer.size} bytes")


def _verified(target: str) -> VerifiedPackage:
    home = Home.find()
    settings = load_settings(home)
    if is_path(target):
        return verify_package_file(
            PackageFile.read(read_file(Path(target)), where=target), home=home, settings=settings
        )
    reference = Reference.parse(target)
    return resolve_installed(reference, home=home, settings=settings, refresh=True).redeem()


def _signed(image: VerifiedImage) -> _Inspected:
    program = signed_program(image)
    return _Inspected(program.config, program.publisher, (program.bpf_object,), program.wasm)


def _unsigned_image(target: str) -> _Inspected:
    program = program_of(find(target, environment=os.environ, stdin=sys.stdin.buffer))
    nobody = "not checked: say by --identity and --issuer who must have signed it"
    return _Inspected(program.config, "", (program.bpf_object,), program.wasm, nobody=nobody)


def _verdict(verified: VerifiedPackage | SignedProgram) -> dict[str, Any]:
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
    """What is looked at; `publisher` is empty where nobody signed it, or nobody asked: `nobody` says which."""

    config: PackageConfig
    publisher: str
    own: tuple[bytes | None, ...]  # BPF objects of its own
    wasm: bytes | None
    kernels: Mapping[System, Descriptor] = field(default_factory=dict)  # of an archive of kernel types
    nobody: str = "nobody has signed this"
    file: PackageFile | None = None

    @property
    def attestations(self) -> tuple[Attestation, ...]:
        """Provenance and SBOM."""
        return attestations(self.file) if self.file is not None else ()

    def objects(self) -> tuple[bytes, ...]:
        """All BPF objects, those in the Wasm module too."""
        return objects_of_package(self.wasm, *self.own)


def _inspected(target: str) -> _Inspected:
    home = Home.find()
    if not is_path(target):
        held = resolve_installed(Reference.parse(target), home=home, settings=load_settings(home))
        verified, file = held.redeem(), PackageFile.read(held.package_file, where=target)
        kernels = archived_kernels(held) if verified.is_types else {}
        return _Inspected(
            verified.config, verified.publisher, file.contents.objects(), verified.wasm, kernels, file=file
        )
    data = read_file(Path(target))
    if data.startswith(b"\x7fELF"):
        return _Inspected(PackageConfig("local", "object", "0.0.0"), "", (data,), None)
    file = PackageFile.read(data, where=target)
    publisher = verify_package_file(file, home=home, settings=load_settings(home)).publisher if file.proof else ""
    contents = file.contents
    kernels = kernels_of(contents.manifest)
    return _Inspected(contents.config, publisher, contents.objects(), contents.wasm(), kernels, file=file)


def _show_attestation(found: _Inspected, name: str) -> None:
    """Print one attestation as it is, and beside it whose word it is."""
    if found.file is None:
        raise NotFound(f"there is no {name} in what is no package file", where=found.config.package)
    item = attestation(found.file, name)
    whose = f"signed by {found.publisher}" if item.signer else "not signed: it is only as good as where it comes from"
    click.echo(f"ecli: {name} of {found.config.package}:{found.config.version}, {whose}", err=True)
    click.echo(item.document.decode("utf-8", "replace"))
