"""`ecli init` and `ecli build`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...schemas.errors import HubError
from ..home import Home
from .command import EcliCommand, examples, json_option

if TYPE_CHECKING:  # loading is imported where a build is checked: `ecli --help` needs none of it
    from ..builder.check import Checking


@click.command(cls=EcliCommand)
@click.argument("name", required=False)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "-t", "--template", "chosen", metavar="T", default="eunomia", show_default=True, help="What to start from."
)
@click.option("--list", "listed", is_flag=True, help="List the templates.")
@json_option
@examples("""
ecli init --list
ecli init mytool && cd mytool && make build test
ecli init mytool ./src/mytool --template wasm-rust
""")
def init(name: str | None, folder: Path | None, chosen: str, listed: bool, as_json: bool) -> None:
    """Start a package in DIR (default: ./NAME): a program that works, its user space, Makefile, test, README,
    Dockerfile, dev container, and a workflow that releases it.

    In a folder that has NAME.bpf.c, only what is missing is added.
    """
    from ..builder.scaffold.scaffold import scaffold

    if listed:
        _list_templates(as_json)
        return
    if name is None:
        raise click.MissingParameter(param_hint="NAME", param_type="argument")
    place = folder or Path(name)
    written = scaffold(name, place, template_name=chosen)
    if as_json:
        click.echo(json.dumps({"name": name, "template": chosen, "written": list(map(str, written))}))
        return
    for path in written:
        click.echo(f"wrote {path}")
    if not written:
        click.echo("nothing is missing")
    click.echo(f"Next: cd {place} && make build && make test")


def _list_templates(as_json: bool) -> None:
    from ..builder.scaffold.template import templates

    if as_json:
        click.echo(json.dumps([{"name": item.name, "summary": item.summary} for item in templates()]))
        return
    for item in templates():
        click.echo(f"{item.name:10}  {item.summary}")


@click.command(cls=EcliCommand)
@click.argument("words", metavar="[DIR | FILE.bpf.c [HEADER.h]] [NAME:TAG]", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write, or the folder of several.")
@click.option(
    "--format",
    "forms",
    multiple=True,
    type=click.Choice(("bpf", "bpf.o", "package.json", "app.wasm")),
    help="What to write: a package (bpf, the default), its BPF object (bpf.o), package.json for eunomia-bpf's ecli, "
    "a Wasm module; may repeat.",
)
@click.option("--wasm-header", is_flag=True, help="Also write NAME.skel.h and NAME.wasm.h, for Wasm guests in C.")
@click.option(
    "--btfgen",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Make it run on kernels without BTF: DIR has their types, as btfhub-archive does.",
)
@click.option("--check", is_flag=True, help="Load every program once, as root, and explain what the kernel refuses.")
@click.option(
    "-I",
    "--include",
    "includes",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Look for headers in DIR too, before the kernel's types; may repeat.",
)
@click.option("-D", "--define", "defines", metavar="NAME[=VALUE]", multiple=True, help="Define a macro; may repeat.")
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
    help="Architectures to build for: x86_64, arm64, both with a comma, or all.  [default: all on which it compiles]",
)
@json_option
@examples("""
ecli build
ecli build ./opensnoop
sudo ecli build ./opensnoop --check
ecli build opensnoop.bpf.c opensnoop.h
ecli build ./opensnoop opensnoop:1.2.0 -o opensnoop.bpf
ecli build ./opensnoop --format package.json --format app.wasm
ecli build ./opensnoop --arch x86_64,arm64
ecli build ./opensnoop --types kernel
ecli build ./opensnoop --btfgen ./btfhub-archive
ecli build libbpf-tools/execsnoop.bpf.c
ecli build scx_simple.bpf.c -I include
""")
def build(
    words: tuple[str, ...],
    output: Path | None,
    forms: tuple[str, ...],
    wasm_header: bool,
    btfgen: Path | None,
    check: bool,
    includes: tuple[Path, ...],
    defines: tuple[str, ...],
    types: str,
    arch: str,
    as_json: bool,
) -> None:
    """Build the package in DIR (default: here) into DIR/dist/NAME-VERSION.bpf.

    FILE.bpf.c is one program of a folder that may have more. HEADER.h, as for eunomia-bpf's ecc, has the structs of its
    events; without it they are looked for in the headers that the program includes. With --check, nothing is written
    unless the kernel takes every program.

    NAME.wasm.c beside NAME.bpf.c is its Wasm user space, or NAME.wasm, which any compiler made.
    """
    from ..builder.inputs import read_words
    from ..builder.output import build_package_file, describe, facts
    from ..builder.targets import Target

    if check:
        from ..builder.check import Checking
    asked = read_words(words, includes=includes, defines=defines)
    checking = Checking(progress=_progress) if check else None
    try:
        built = build_package_file(
            asked.folder,
            Home.find(),
            reference=asked.reference,
            inputs=asked.inputs,
            output=output,
            btf_archive=btfgen,
            progress=_progress,
            accept=checking.accept if checking else None,
            forms=forms or ("bpf",),
            headers=wasm_header,
            target=Target.parse(types, arch),
        )
    except HubError as error:
        if as_json:
            _print_failure(error, checking)
        raise
    if as_json:
        click.echo(json.dumps(facts(built) | (checking.facts() if checking else {})))
        return
    for line in (*describe(built), *(checking.lines() if checking else ())):
        click.echo(line)


def _print_failure(error: HubError, checking: Checking | None) -> None:
    """What the kernel refused, if it was asked and did; else what failed before."""
    from ..builder.failed import failure_facts

    told = checking.facts() if checking else {}
    click.echo(json.dumps(told or {"error": failure_facts(error)}))


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
