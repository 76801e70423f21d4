"""From what the user named to a running program. Only a VerifiedPackage runs, or a recorded choice to run without one.

On the run path of `ecli`: an installed package whose receipt is fresh needs nothing but the loader and the output.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from ..schemas.errors import BadInput, HubError, NotFound, NotTrusted, PeerFailed
from ..schemas.package import MAX_OBJECT_BYTES, PackageConfig
from ..schemas.reference import Reference
from ..signing.verified import VerifiedPackage
from .arguments import parse_arguments, render_help, wants_help
from .home import Home
from .loader.session import Sink, run_program
from .loader.tracefs import provide_tracefs
from .output.lines import JsonLines
from .output.table import Table
from .run_options import RunOptions, take_own
from .settings import Settings, load_settings
from .store import Installed, Store
from .unsigned import UnsignedProgram

MAX_FILE_BYTES = 64 * 1024 * 1024  # of a package file
_ELF = b"\x7fELF"
_ZSTD = b"\x28\xb5\x2f\xfd"


def launch(options: RunOptions) -> int:
    """Run what the options name; returns the exit code. Raises: HubError."""
    home = Home.find()
    settings = load_settings(home)
    program = _program(options, home, settings)
    config = program.config
    options = take_own(options, {option.long for option in config.usage.options})
    if wants_help(options.arguments, config.usage):
        width = os.get_terminal_size().columns if sys.stdout.isatty() else 80
        sys.stdout.write(render_help(config.name, config.version, config.description, config.usage, width))
        return 0
    values = parse_arguments(options.arguments, config.usage)
    _tell(program, options)
    provide_tracefs()  # what still lacks is told by the loader
    run_program(
        program.bpf_object,
        config.name,
        config.usage,
        values,
        sink=_sink(config, options),
        max_events=options.max_events,
        timeout=options.timeout,
    )
    return 0


def _sink(config: PackageConfig, options: RunOptions) -> Sink:
    if options.json:
        return JsonLines(config.usage.events)
    width = os.get_terminal_size(1).columns if os.isatty(1) else None
    return Table(config.usage.events, width=width)


def _program(options: RunOptions, home: Home, settings: Settings) -> VerifiedPackage | UnsignedProgram:
    if is_path(options.target):
        return _from_file(options, home, settings)
    if "://" in options.target or options.target == "-":
        raise _not_yet(options.target)
    reference = Reference.parse(options.target)
    return resolve_installed(reference, home=home, settings=settings, refresh=options.refresh).redeem()


def is_path(target: str) -> bool:
    """Tell whether a target is a file's path rather than a name: it has a leading dot or slash, or a file's ending."""
    return target.startswith(("./", "../", "/")) or target.endswith((".bpf", ".o"))


def resolve_installed(reference: Reference, *, home: Home, settings: Settings, refresh: bool = False) -> Installed:
    """The installed package of a reference; fetched and verified when it is missing or its receipt is too old.

    Raises: HubError.
    """
    reference = replace(reference, origin=reference.origin or home.default_origin())
    held = Store(home).find(reference) if reference.origin else None
    now = int(time.time())
    if held is not None and held.receipt.policy != settings.digest:
        held = None
    if held is not None and not refresh and now - held.receipt.as_of <= settings.max_age:
        return held
    from .fetch import fetch

    try:
        return fetch(reference, home=home, settings=settings)
    except PeerFailed as error:
        if held is None or refresh or now - held.receipt.as_of > settings.expire_age:
            raise
        print(f"ecli: stale: {error.what}; running what was verified before", file=sys.stderr)  # noqa: T201
        return held


def _from_file(options: RunOptions, home: Home, settings: Settings) -> VerifiedPackage | UnsignedProgram:
    path = Path(options.target)
    data = read_file(path)
    if data.startswith(_ELF):
        return _unsigned_object(path, data, options, settings)
    if not data.startswith(_ZSTD):
        raise BadInput("this is neither a package file nor a BPF object", where=options.target)
    from ..federation.package_file import PackageFile
    from .package_files import verify_package_file

    file = PackageFile.read(data, where=options.target)
    if file.proof is not None and file.referrers:
        return verify_package_file(file, home=home, settings=settings)
    _allow_unsigned(options, settings)
    bpf_object = file.contents.bpf_object()
    if bpf_object is None:
        raise _not_yet("a package without a BPF object")
    return UnsignedProgram(file.contents.config, bpf_object, f"unsigned package file {path}")


def _unsigned_object(path: Path, data: bytes, options: RunOptions, settings: Settings) -> UnsignedProgram:
    _allow_unsigned(options, settings)
    from ..schemas.bpf_object import BpfObject
    from .builder.comments import SourceDocs
    from .builder.usage import find_usage

    facts = BpfObject.parse(data, where=str(path))
    usage = find_usage(facts, SourceDocs(), SourceDocs()).usage
    name = path.name.removesuffix(".o").removesuffix(".bpf").lower()
    config = PackageConfig("local", name or "program", "0.0.0", usage=usage)
    return UnsignedProgram(config, data, f"BPF object {path}")


def _allow_unsigned(options: RunOptions, settings: Settings) -> None:
    if options.verify:
        raise NotTrusted(
            "nobody has signed this, and --verify demands a signature",
            check="signature",
            where=options.target,
            todo="Publish it first, or run it without --verify.",
        )
    if not settings.unsigned:
        raise NotTrusted("the policy of this machine forbids to run unsigned things", where=options.target)


def _tell(program: VerifiedPackage | UnsignedProgram, options: RunOptions) -> None:
    """The short report, on stderr."""
    lines = []
    if isinstance(program, UnsignedProgram):
        lines.append(f"ecli: not signed: {program.choice}; you vouch for it")
    else:
        if options.verify:
            lines.append(f"verified {program.reference}  {program.manifest}")
            lines += [f"  ok  {check.name:<12} {check.evidence}" for check in program.checks]
        lines += [f"ecli: {warning}" for warning in program.warnings]
    if lines:
        print("\n".join(lines), file=sys.stderr)  # noqa: T201


def read_file(path: Path) -> bytes:
    """Read a local package or object. Raises: NotFound, BadInput."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_FILE_BYTES or (data.startswith(_ELF) and len(data) > MAX_OBJECT_BYTES):
        raise BadInput("is too large", where=str(path))
    return data


def _not_yet(what: str) -> HubError:
    from ..schemas.errors import Unsupported

    return Unsupported(f"cannot run {what} yet: this version runs packages of hubs, package files and BPF objects")
