"""`ecli init` and `ecli build`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ...schemas.errors import BadInput, HubError
from ..home import Home
from .command import EcliCommand, examples, json_option


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
@click.option("--check", is_flag=True, help="Load every program once, as root, and explain what the kernel refuses.")
@click.option(
    "--types",
    type=click.Choice(["shipped", "kernel"]),
    default="shipped",
    show_default=True,
    help="Kernel types to compile with: those that come with ecli, or the running kernel's.",
)
@click.option(
    "--arch",
    metavar="LIST",
    default="",
    help="Architectures to build for: x86_64, arm64, both with a comma, or all.  [default: all where the program is"
    " the same for them, and else this machine's]",
)
@json_option
@examples("""
ecli build
ecli build ./opensnoop
sudo ecli build ./opensnoop --check
ecli build ./opensnoop opensnoop:1.2.0 -o opensnoop.bpf
ecli build ./opensnoop --arch x86_64,arm64
ecli build ./opensnoop --types kernel
ecli build ./opensnoop --btfgen ./btfhub-archive
""")
def build(
    words: tuple[str, ...],
    output: Path | None,
    btfgen: Path | None,
    check: bool,
    types: str,
    arch: str,
    as_json: bool,
) -> None:
    """Build the package in DIR (default: here) into DIR/dist/NAME-VERSION.bpf.

    With --check, nothing is written unless the kernel takes every program.
    """
    from ..builder.output import build_package_file, describe, facts
    from ..builder.targets import Target

    if check:
        from ..builder.check import Checking
    folder, reference = _words(words)
    checking = Checking(progress=_progress) if check else None
    accept = checking.accept if checking else None
    try:
        built = build_package_file(
            folder,
            Home.find(),
            reference=reference,
            output=output,
            btf_archive=btfgen,
            progress=_progress,
            accept=accept,
            target=Target.parse(types, arch),
        )
    except HubError:
        if as_json and checking and checking.check:
            click.echo(json.dumps(checking.facts()))
        raise
    if as_json:
        click.echo(json.dumps(facts(built) | (checking.facts() if checking else {})))
        return
    for line in (*describe(built), *(checking.lines() if checking else ())):
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
