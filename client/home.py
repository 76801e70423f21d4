"""A user's state: `ECLI_HOME`, where everything of one user lies, and the machine's defaults in /etc/ebpfhub.

On the run path of `ecli`: imports stay few.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..schemas.errors import BadInput, StorageFailed
from .home_folder import MACHINE, home_folder


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below a user's state; `machine` holds what the machine's administrator decided."""

    root: Path
    machine: Path = Path(MACHINE)

    @classmethod
    def find(cls) -> Home:
        """The state folder: `ECLI_HOME`, else `$XDG_DATA_HOME/ecli`, else `~/.local/share/ecli`. Raises: BadInput."""
        folder = home_folder()
        if not folder:
            raise BadInput("there is no home folder", where="HOME", todo="Set ECLI_HOME to a folder of yours.")
        return cls(Path(folder))

    @property
    def settings(self) -> tuple[Path, Path]:
        """The machine's settings, then the user's."""
        return self.machine / "ecli.toml", self.root / "ecli.toml"

    @property
    def pins(self) -> tuple[Path, Path]:
        """Pinned origins: the machine's, then the user's."""
        return self.machine / "origins", self.root / "origins"

    @property
    def domains(self) -> tuple[Path, Path]:
        """Trust domains: the machine's, then the user's."""
        return self.machine / "domains", self.root / "domains"

    @property
    def default_origins(self) -> tuple[Path, Path]:
        """The files that name the default origin: the user's, then the machine's."""
        return self.root / "default-origin", self.machine / "default-origin"

    @property
    def credentials(self) -> Path:
        """Logins; readable by the user alone."""
        return self.root / "credentials.json"

    @property
    def known(self) -> Path:
        """What is known for good of origins: owners of namespaces, and what was withdrawn."""
        return self.root / "known"

    @property
    def packages(self) -> Path:
        """Installed packages, by manifest digest."""
        return self.root / "packages"

    @property
    def receipts(self) -> Path:
        """What was verified, by reference."""
        return self.root / "receipts"

    @property
    def refreshed(self) -> Path:
        """Trust material that was refreshed, and what is needed to notice an older state of it."""
        return self.root / "refreshed"

    @property
    def images(self) -> Path:
        """Images of other registries that were fetched to be verified."""
        return self.root / "images"

    @property
    def built(self) -> Path:
        """Locally built packages, by name and tag."""
        return self.root / "built"

    @property
    def fitted(self) -> Path:
        """Types of this kernel, reduced to what each installed object needs."""
        return self.root / "fitted"

    @property
    def kernels(self) -> Path:
        """Types of kernels without BTF, as a hub serves them, by their digest."""
        return self.root / "kernels"

    @property
    def plans(self) -> Path:
        """What was decided about a command line, so that it starts at once the next time."""
        return self.root / "plans"

    @property
    def cache(self) -> Path:
        """What can be made again: generated headers, the compiler's cache."""
        return self.root / "cache"

    @property
    def kernel_images(self) -> Path:
        """Kernels of distributions that packages are tested on."""
        return self.cache / "kernel-images"

    def default_origin(self) -> str:
        """The default origin's name, or an empty text."""
        for path in self.default_origins:
            try:
                return path.read_text().strip()
            except OSError:
                continue
        return ""

    def make(self) -> None:
        """Make the folder, for its user alone. Raises: StorageFailed."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageFailed(
                f"cannot make the folder: {error.strerror}", where=str(self.root), todo="Set ECLI_HOME to another one."
            ) from error
