"""`ecli build-types`: an archive of kernel types, for a hub to serve to kernels without BTF."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ...schemas.kernel_types import kernels_of
from ..home import Home
from .command import EcliCommand, examples, json_option


@click.command("build-types", cls=EcliCommand)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name", metavar="NAME:VERSION")
@click.option(
    "--only",
    metavar="PATTERN",
    multiple=True,
    help="Take the kernels that fit this, as ID/VERSION_ID/ARCHITECTURE/RELEASE; may repeat.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: NAME-VERSION.bpf]")
@json_option
@examples("""
ecli build-types ./btfhub-archive kernel-types:1.0.0
ecli build-types ./btfhub-archive kernel-types:1.0.0 --only 'ubuntu/20.04/x86_64/*' --only 'debian/10/*'
""")
def build_types(folder: Path, name: str, only: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Build an archive of kernel types, which a hub serves to kernels without BTF, for `ecli publish`.

    DIR has a file for each kernel, as btfhub-archive does: ID/VERSION_ID/ARCHITECTURE/RELEASE.btf or .btf.tar.xz.
    """
    from ..builder.output import write_package
    from ..builder.types_archive import build_types as build

    built = build(folder, name, only=only, progress=_progress)
    config = built.config
    path = output or Path(f"{config.name}-{config.version}.bpf")
    size = write_package(built, path, Home.find())
    if as_json:
        kernels = [system.name for system in kernels_of(built.manifest)]
        facts = {"package": config.package, "version": config.version, "path": str(path), "size": size}
        click.echo(json.dumps(facts | {"manifest": str(built.manifest.digest), "kernels": kernels}))
        return
    click.echo(f"built {config.package}:{config.version}")
    click.echo(f"  file      {path} ({size} bytes)")
    click.echo(f"  manifest  {built.manifest.digest}")
    click.echo(f"  holds     {config.description}")


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
