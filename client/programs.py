"""From what the user named to a program that may run: a verified package, or an explicit choice of something unsigned.

A reference means a package of a hub that is trusted; everything else is a file, an address, or standard input.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..schemas.errors import BadInput, Denied, NotFound, NotTrusted
from ..schemas.package import MAX_OBJECT_BYTES
from ..schemas.permissions import permissions_of_package
from ..schemas.reference import Reference
from ..signing.verified import VerifiedPackage
from .architecture import own_architecture
from .consent import ask, refuse_denied
from .home import Home
from .resolve import resolve_installed
from .run_options import RunOptions
from .settings import Settings
from .store import Installed
from .unsigned import UnsignedProgram

if TYPE_CHECKING:  # imported only for a target that is no package's name
    from ..signing.image import VerifiedImage
    from .signed import SignedProgram
    from .sources.repository import StaticPrefix

    Program = VerifiedPackage | SignedProgram | UnsignedProgram

MAX_FILE_BYTES = 160 * 1024 * 1024  # of a package file
REPOSITORIES = ("ecli_REPOSITORY", "ECLI_REPOSITORY", "EUNOMIA_REPOSITORY", "ECLI_REGISTRY")
_ELF = b"\x7fELF"
_ENDINGS = (".bpf", ".o", ".json", ".wasm", ".tar")
_IMAGE = "oci://"


def is_path(target: str) -> bool:
    """Tell whether a target is a file's path rather than a name: it has a leading dot or slash, or a file's ending."""
    return target.startswith(("./", "../", "/")) or target.endswith(_ENDINGS)


def program_for(options: RunOptions, home: Home, settings: Settings) -> Installed | Program:
    """Find what is to run, and where it is a package, or a signer is named, verify it. Raises: HubError."""
    if options.identity:
        return _signed(options, home, settings)
    if is_path(options.target) or "://" in options.target or options.target == "-":
        return _found(options, home, settings)
    address, static = repository_named()
    if static is not None:
        return _found(options, home, settings, static=static)
    return _installed(options, home, settings, address=address)


def about_program(settings: Settings, program: Program) -> Settings:
    """The settings about what was found; rules have names, and what nobody signed has none."""
    if not settings.rules or isinstance(program, UnsignedProgram):
        return settings
    if isinstance(program, VerifiedPackage):
        return settings.about(Reference.parse(program.reference).canonical)
    return settings.about(program.canonical)


def repository_named() -> tuple[str, StaticPrefix | None]:
    """What the environment names in place of known servers: a hub's address, or a static server. Raises: HubError."""
    if not any(os.environ.get(name) for name in REPOSITORIES):
        return "", None
    from .sources.repository import HubAddress, repository

    where = repository(os.environ)
    return (where.url, None) if isinstance(where, HubAddress) else ("", where)


def _installed(options: RunOptions, home: Home, settings: Settings, *, address: str) -> Installed:
    reference = Reference.parse(options.target)
    return resolve_installed(reference, home=home, settings=settings, refresh=options.refresh, address=address)


def _signed(options: RunOptions, home: Home, settings: Settings) -> SignedProgram:
    from .signed import signed_program

    return signed_program(verified_image(options, home=home, settings=settings), kind=options.kind)


def verified_image(options: RunOptions, *, home: Home, settings: Settings) -> VerifiedImage:
    """Verify an `oci://` image or a package file for the identity that the options name, and obey the policy.

    Raises: HubError.
    """
    from .policy.demands import canonical_name, check_image
    from .signed import signed_program

    image = check_image(_verified_image(options, home=home, settings=settings), settings)
    policies = settings.about(canonical_name(image)).policies
    if any(policy.deny for policy in policies):
        program = signed_program(image, kind=options.kind)
        refuse_denied(image.place, permissions_of_package(program.wasm, program.bpf_object), policies=policies)
    return image


def _verified_image(options: RunOptions, *, home: Home, settings: Settings) -> VerifiedImage:
    from .signer import read_signer

    signer = read_signer(options.identity, options.issuer, options.domain, home=home)
    if options.target.startswith(_IMAGE):
        from .images import resolve_image

        return resolve_image(options.target, signer, home=home, settings=settings, refresh=options.refresh)
    if not is_path(options.target) or "://" in options.target:
        raise BadInput(
            "is for oci:// images and package files: whose a hub's package is, its log says",
            where="--identity",
            todo="`ecli verify` shows the publisher of a hub's package.",
        )
    from ..federation.package_file import PackageFile
    from .signed import verify_signed_file

    file = PackageFile.read(read_file(Path(options.target)), where=options.target)
    return verify_signed_file(file, signer, place=options.target)


def _found(
    options: RunOptions, home: Home, settings: Settings, *, static: StaticPrefix | None = None
) -> VerifiedPackage | UnsignedProgram:
    from .sources.found import find, program_of
    from .sources.sniff import Kind

    found = find(options.target, environment=os.environ, stdin=sys.stdin.buffer, kind=options.kind, static=static)
    if found.kind is Kind.PACKAGE_FILE:
        return _package_file(found.data, options, home, settings, outside=found.outside)
    _allow_unsigned(options, settings)
    return _chosen(program_of(found), options)


def _package_file(
    data: bytes, options: RunOptions, home: Home, settings: Settings, *, outside: bool
) -> VerifiedPackage | UnsignedProgram:
    from ..federation.package_file import PackageFile
    from .package_files import verify_package_file

    file = PackageFile.read(data, where=options.target)
    if file.proof is not None and file.referrers:
        return verify_package_file(file, home=home, settings=settings)
    _allow_unsigned(options, settings)
    held = file.contents
    choice = f"unsigned package file {options.target}"
    program = UnsignedProgram(
        held.config, held.bpf_object(own_architecture()), choice, held.wasm(), held.types(), outside
    )
    return _chosen(program, options)


def _allow_unsigned(options: RunOptions, settings: Settings) -> None:
    if options.verify and options.target.startswith(_IMAGE):
        raise NotTrusted(
            "who must have signed it was not said, and --verify demands a signature",
            check="identity",
            where=options.target,
            todo="Name its signer: --identity PATTERN --issuer URL [--domain NAME].",
        )
    if options.verify:
        raise NotTrusted(
            "nobody has signed this, and --verify demands a signature",
            check="signature",
            where=options.target,
            todo="Publish it first, or run it without --verify.",
        )
    if not settings.unsigned:
        raise NotTrusted("the policy of this machine forbids to run unsigned things", where=options.target)


def _chosen(program: UnsignedProgram, options: RunOptions) -> UnsignedProgram:
    """A local file is the user's own; what comes from outside is asked for. Raises: Denied."""
    if (
        program.outside
        and not options.unsigned
        and not ask(f"ecli: nobody has signed {program.choice}.\nRun it? [y/N] ")
    ):
        raise Denied(
            f"nobody has signed {program.choice}, and nobody agreed to run it",
            where=options.target,
            todo="If you trust where it comes from: ecli run --unsigned …",
        )
    return program


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
