"""`ecli init` and `ecli build`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...schemas.errors import BadInput
from ..home import Home
from .command import EcliCommand, examples


@click.command(cls=EcliCommand)
@click.argument("name")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@examples("""
ecli init opensnoop
ecli init mytool ./src/mytool
""")
def init(name: str, folder: Path | None) -> None:
    """Start a package: NAME.bpf.c, NAME.h, config.json, README.md, .gitignore in DIR (default: ./NAME).

    In a folder that has NAME.bpf.c, only what is missing is added.
    """
    from ..builder.scaffold.scaffold import scaffold

    place = folder or Path(name)
    written = scaffold(name, place)
    for path in written:
        click.echo(f"wrote {path}")
    if not written:
        click.echo("nothing is missing")
    click.echo(f"Next: ecli build {place}")


@click.command(cls=EcliCommand)
@click.argument("words", metavar="[DIR] [NAME:TAG]", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the package file.")
@click.option(
    "--btfgen",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Make it run on kernels without BTF: DIR has their types, as btfhub-archive does.",
)
@examples("""
ecli build
ecli build ./opensnoop
ecli build ./opensnoop opensnoop:1.2.0 -o opensnoop.bpf
ecli build ./opensnoop --btfgen ./btfhub-archive
""")
def build(words: tuple[str, ...], output: Path | None, btfgen: Path | None) -> None:
    """Build the package in DIR (default: here) into DIR/dist/NAME-VERSION.bpf."""
    from ..builder.output import build_package_file, describe

    folder, reference = _words(words)
    built = build_package_file(
        folder, Home.find(), reference=reference, output=output, btf_archive=btfgen, progress=_progress
    )
    for line in describe(built):
        click.echo(line)


def _words(words: tuple[str, ...]) -> tuple[Path, str]:
    """Tell the folder from the name: a folder is there, a name has a colon or is no folder."""
    if len(words) > 2:
        raise BadInput("takes a folder and a name at most", where="ecli build")
    if len(words) == 2:
        return Path(words[0]), words[1]
    if len(words) == 1 and not Path(words[0]).is_dir() and ":" in words[0]:
        return Path(), words[0]
    return (Path(words[0]) if words else Path()), ""


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
