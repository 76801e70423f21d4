"""What is tested: a project that is built here and now, or a package of somebody's, with the tests that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...schemas.contents import PackageContents
from ...schemas.errors import NotFound
from ...schemas.package import PackageConfig
from ...schemas.package_tests import PackageTest
from ..architecture import own_architecture
from ..home import Home
from ..programs import program_for
from ..run_options import RunOptions
from ..settings import Settings
from ..store import Installed
from ..unsigned import UnsignedProgram

if TYPE_CHECKING:
    from ..programs import Program


@dataclass(frozen=True, slots=True)
class Subject:
    """A program and those of its tests that are wanted. `own`: it was built here, so its commands are the user's."""

    program: Program
    tests: tuple[PackageTest, ...]
    own: bool = False

    @property
    def config(self) -> PackageConfig:
        """The package's config."""
        return self.program.config

    @property
    def publisher(self) -> str:
        """Who signed it, or an empty text."""
        return "" if isinstance(self.program, UnsignedProgram) else self.program.publisher

    @property
    def title(self) -> str:
        """`namespace/name:version`."""
        return f"{self.config.package}:{self.config.version}"


def find_subject(
    target: str,
    names: Sequence[str],
    *,
    home: Home,
    settings: Settings,
    unsigned: bool,
    progress: Callable[[str], None],
) -> Subject:
    """Build the project in a folder, or find and verify a package as `ecli run` does. Raises: HubError."""
    folder = Path(target)
    if folder.is_dir():
        program = _built(folder, home, progress)
        return Subject(program, chosen(program.config, names), own=True)
    found = program_for(RunOptions(target, unsigned=unsigned), home, settings)
    program = found.redeem() if isinstance(found, Installed) else found
    return Subject(program, chosen(program.config, names))


def chosen(config: PackageConfig, names: Sequence[str]) -> tuple[PackageTest, ...]:
    """The tests of these names, or all, in the order of the package. Raises: NotFound."""
    if not config.tests:
        todo = 'They stand in its config.json: "tests": [{"name": …, "trigger": …, "expect": […]}]'
        raise NotFound("the package has no tests", where=config.package, todo=todo)
    known = [test.name for test in config.tests]
    for name in names:
        if name not in known:
            raise NotFound(
                f"there is no test {name[:80]!r}", where=config.package, todo=f"There are: {', '.join(known)}"
            )
    return tuple(test for test in config.tests if not names or test.name in names)


def _built(folder: Path, home: Home, progress: Callable[[str], None]) -> Program:
    from ..builder.output import build_package_file

    built = build_package_file(folder, home, reference="", output=None, progress=progress).built
    held = PackageContents.open(built.manifest, built.blobs)
    return UnsignedProgram(
        held.config, held.bpf_object(own_architecture()), f"built in {folder}", held.wasm(), held.types()
    )
