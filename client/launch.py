"""From what the user named to a running program. Only what was verified runs, or a recorded choice to run the unsigned.

The order: find and verify, read the program's options, ask whether it may, fit it to the kernel, run it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ..schemas.bpf_object import BpfObject
from ..schemas.errors import BadInput, Unsupported
from ..schemas.package import PackageConfig
from ..schemas.permissions import permissions_of_package
from ..schemas.program import AttachPoint
from ..signing.verified import VerifiedPackage
from .arguments import parse_arguments, render_help, wants_help
from .attach_options import attach_options, check_targets, help_rows, take_targets
from .began import Began, can_drop
from .consent import consent
from .fitting import types_for
from .home import Home
from .loader.kernel import Kernel
from .loader.session import run_program
from .loader.sink import Sink
from .loader.tracefs import provide_tracefs
from .planning import Decided, keep
from .programs import about_program, program_for
from .requirements import explained, require_architecture, require_features
from .run_options import RunOptions, take_own
from .settings import Settings, load_settings
from .showing import showing
from .store import Installed
from .timings import Timings
from .unsigned import UnsignedProgram

if TYPE_CHECKING:  # the first is imported only for what it is
    from .programs import Program


def launch(options: RunOptions, words: Sequence[str] = ()) -> int:
    """Run what the options name; returns the exit code. `words` are the command line. Raises: HubError."""
    timings = Timings(kept=options.timings)
    home = Home.find()
    settings = load_settings(home)
    found = program_for(options, home, settings)
    program = found.redeem() if isinstance(found, Installed) else found
    timings.lap("found and verified")
    try:
        if program.wasm is not None:
            return _run_guest(program, options, home, settings, timings)
        planned = found if isinstance(found, Installed) else None
        return _run_object(program, options, home, settings, timings, planned=planned, words=words)
    finally:
        for line in timings.lines():
            _say(line)


def run_found(program: Program, options: RunOptions, home: Home, settings: Settings, *, sink: Sink | None) -> int:
    """Run what was found before; returns the exit code. Its records go to `sink`; without one, and by Wasm, to stdout.

    Raises: HubError.
    """
    timings = Timings(kept=False)
    if program.wasm is not None:
        return _run_guest(program, options, home, settings, timings)
    return _run_object(program, options, home, settings, timings, sink=sink)


def _run_object(
    program: Program,
    options: RunOptions,
    home: Home,
    settings: Settings,
    timings: Timings,
    *,
    planned: Installed | None = None,
    words: Sequence[str] = (),
    sink: Sink | None = None,
) -> int:
    """Run a BPF object whose events ecli shows, or a sink of the caller's takes."""
    config, usage = program.config, program.config.usage
    if program.bpf_object is None:
        raise no_program(config)
    names = {option.long for option in usage.options}
    options = take_own(options, names)
    points = usage.attach or attach_points(program.bpf_object)
    attach = attach_options(points, names)
    arguments, targets = take_targets((*_before(options), *options.arguments), points, attach)
    if wants_help(arguments, usage):
        _show_help(config, help_rows(attach))
        return 0
    values = [*_first_values(program), *parse_arguments(arguments, usage)]
    check_targets(points, targets, attach)
    said = _report(program, options) if sink is None else []  # who ran it before was told
    for line in said:
        _say(line)
    asked = _consent(program, options, settings)
    timings.lap("options and permissions")
    require_architecture(config.architectures)
    kernel = Kernel()
    require_features(program.bpf_object, kernel)
    types = types_for(program, program.bpf_object, home=home, settings=settings, kernel=kernel)
    timings.lap("fitted to the kernel")
    began = Began(drop=can_drop(usage, points))
    if planned is not None and not asked:
        decided = Decided(tuple(said), tuple(values), targets, types, began.drop)
        keep(planned, home, settings, options, words, decided)
    provide_tracefs()  # what still lacks is told by the loader
    with nullcontext(sink) if sink else showing(usage, options, timings, began.stack) as shown:
        try:
            run_program(
                program.bpf_object,
                config.name,
                usage,
                values,
                sink=shown,
                targets=targets,
                max_events=options.max_events,
                timeout=options.timeout,
                tell=lambda line: _say(f"ecli: {line}"),
                began=began,
                btf_path=types,
            )
        except Unsupported as error:
            raise explained(error, program.bpf_object, kernel) from error
    timings.lap("ran, and was detached")
    return 0


def _run_guest(program: Program, options: RunOptions, home: Home, settings: Settings, timings: Timings) -> int:
    """Run a Wasm module, which loads its own BPF objects and prints by itself."""
    from .guests import run_module

    for line in _report(program, options):
        _say(line)
    _consent(program, options, settings)
    timings.lap("options and permissions")
    provide_tracefs()
    code = run_module(program, options, home=home, settings=settings)
    timings.lap("ran")
    return code


def no_program(config: PackageConfig) -> BadInput:
    """Make the error for kernel types, which have nothing that runs."""
    return BadInput(
        "holds kernel types, and no program",
        where=config.package,
        todo="ecli takes from it by itself what a kernel without BTF needs; `ecli inspect` lists its kernels.",
    )


def attach_points(bpf_object: bytes) -> tuple[AttachPoint, ...]:
    """The attach points of an object whose config names none. Raises: BadInput."""
    return tuple(AttachPoint(item.name, item.section) for item in BpfObject.parse(bpf_object).programs)


def _before(options: RunOptions) -> tuple[str, ...]:
    """Where to attach, said before the program's name, as if it had been said after it."""
    given = [("--interface", name) for name in options.interfaces] + [("--cgroup", name) for name in options.cgroups]
    return tuple(word for pair in given for word in pair)


def _first_values(program: Program) -> tuple[tuple[str, int, bytes], ...]:
    return () if isinstance(program, VerifiedPackage) else program.settings


def _consent(program: Program, options: RunOptions, settings: Settings) -> bool:
    permissions = permissions_of_package(program.wasm, program.bpf_object)
    policies = about_program(settings, program).policies
    return consent(program.config.name, permissions, policies=policies, allow=options.allow, deny=options.deny)


def _show_help(config: PackageConfig, attaching: Sequence[tuple[str, str]]) -> None:
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 80
    text = render_help(config.name, config.version, config.description, config.usage, width, attaching=attaching)
    sys.stdout.write(text)


def _report(program: Program, options: RunOptions) -> list[str]:
    """The short report on what runs, and who vouches for it."""
    if isinstance(program, UnsignedProgram):
        return [f"ecli: not signed: {program.choice}; you vouch for it"]
    lines = [] if isinstance(program, VerifiedPackage) else [f"ecli: {program.vouching}"]
    if options.verify:
        lines.append(f"verified {program.reference}  {program.manifest}")
        lines += [f"  ok  {check.name:<12} {check.evidence}" for check in program.checks]
    return lines + [f"ecli: {warning}" for warning in program.warnings]


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201
