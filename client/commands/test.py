"""`ecli test`: a package's own tests, on this machine, or on other kernels under QEMU."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...federation.files import write_durably
from ...schemas.errors import BadInput
from ..home import Home
from ..settings import Settings, load_settings
from .command import EcliCommand, examples, json_option

if TYPE_CHECKING:  # what runs tests is imported when they run: `ecli --help` needs none of it
    from ..package_tests.kernels.kernel import GuestKernel
    from ..package_tests.outcome import Outcome
    from ..package_tests.report import Run
    from ..package_tests.subject import Subject

_INTERRUPTED = 130


@click.command(cls=EcliCommand)
@click.argument("words", metavar="[DIR | FILE | REF] [NAME]...", nargs=-1)
@click.option("--kernel", "series", metavar="SERIES", multiple=True, help="Test on Debian's newest kernel of a series.")
@click.option(
    "--kernel-image",
    "images",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Test on a kernel of your own: its bzImage or vmlinuz.",
)
@click.option("--yes", is_flag=True, help="Let the package's commands run without a question.")
@click.option("--unsigned", is_flag=True, help="Take something from outside that nobody signed, without a question.")
@click.option("--record", is_flag=True, help="Record what a test shows into example.json, for the package's page.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML, for CI systems.")
@json_option
@examples("""
ecli test
ecli test ./opensnoop opens-a-file
ecli test ./opensnoop --kernel 6.1 --kernel 6.12
ecli test ./opensnoop --kernel-image /boot/vmlinuz-6.8.0
ecli test --yes opensnoop-0.1.0.bpf --junit results.xml
ecli test hub.example.org/library/opensnoop --json
ecli test ./opensnoop --record
""")
def test(
    words: tuple[str, ...],
    series: tuple[str, ...],
    images: tuple[Path, ...],
    yes: bool,
    unsigned: bool,
    record: bool,
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run a package's own tests (default: of the project here), or those of these names.

    A folder is built first. The commands of other packages are shown, and run if you agree. --kernel and --kernel-image
    boot that kernel under QEMU, by software alone. Exit code 1 when a test failed.
    """
    from ..package_tests.agreement import agree
    from ..package_tests.kernels.requirements import require_machine
    from ..package_tests.subject import find_subject

    home = Home.find()
    settings = load_settings(home)
    target, names = (words[0], words[1:]) if words else (".", ())
    if record and (series or images or not Path(target).is_dir()):
        raise BadInput("records a project's test on this machine", where="--record", todo="ecli test DIR --record")
    if series or images:
        require_machine(fetching=bool(series))
    subject = find_subject(target, names, home=home, settings=settings, unsigned=unsigned, progress=_progress)
    agree(subject, yes=yes)
    try:
        runs = list(_runs(subject, series, images, home, settings, shown=not as_json))
    except KeyboardInterrupt:
        click.echo("ecli: interrupted; nothing is attached or running any more", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    if as_json:
        click.echo(json.dumps(_document(subject, runs)))
    if junit:
        from ..package_tests.junit import junit as written

        write_durably(junit.absolute(), written(runs))
    if not all(run.ok for run in runs):
        raise click.exceptions.Exit(1)
    if record:
        _record(subject, Path(target), home, settings, shown=not as_json)


def _record(subject: Subject, folder: Path, home: Home, settings: Settings, *, shown: bool) -> None:
    """Record the first test that shows something, and tell what everybody will see."""
    from ..package_tests.recording import record_example

    made = record_example(subject, folder, home=home, settings=settings, now=int(time.time()))
    for line in (f"$ {made.command}", *made.output.split("\n")) if shown else ():
        click.echo(f"  {line}")
    told = "recorded in example.json; the next build takes it into the package: look whether it may be seen by all"
    click.echo(told, err=not shown)


def _runs(
    subject: Subject, series: tuple[str, ...], images: tuple[Path, ...], home: Home, settings: Settings, *, shown: bool
) -> Iterator[Run]:
    """Test on each kernel that is asked for, else on this one; what comes is shown as it comes."""
    from ..package_tests.here import run_here
    from ..package_tests.report import lines, summary

    names, width = max(len(test.name) for test in subject.tests), shutil.get_terminal_size().columns

    def tell(outcome: Outcome) -> None:
        for line in lines(outcome, names=names, width=width) if shown else ():
            click.echo(line)

    if not series and not images:
        made = iter([run_here(subject, tell, home=home, settings=settings)])
    else:
        made = (_in_guest(subject, kernel, tell) for kernel in _kernels(series, images, home))
    for run in made:
        if shown:
            click.echo(summary(run))
        yield run


def _kernels(series: tuple[str, ...], images: tuple[Path, ...], home: Home) -> Iterator[GuestKernel]:
    from ..package_tests.kernels.debian import debian_kernel
    from ..package_tests.kernels.kernel import own_kernel

    for name in series:
        yield debian_kernel(name, home.kernel_images, _progress)
    yield from map(own_kernel, images)


def _in_guest(subject: Subject, kernel: GuestKernel, tell: Callable[[Outcome], None]) -> Run:
    from ..package_tests.here import interruptible
    from ..package_tests.kernels.machine import try_in_guest

    with interruptible(), tempfile.TemporaryDirectory(prefix="ecli-test-") as folder:
        (run,) = try_in_guest(
            kernel, [subject], Path(folder), told=lambda _, outcome: tell(outcome), progress=_progress
        )
    return run


def _document(subject: Subject, runs: list[Run]) -> dict[str, object]:
    return {
        "package": subject.config.package,
        "version": subject.config.version,
        "publisher": subject.publisher,
        "ok": all(run.ok for run in runs),
        "runs": [run.to_json() for run in runs],
    }


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
