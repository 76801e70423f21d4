"""The architectures that packages are built for, by all the names they go under. What a program asks of one of them
is found out in neutrality.py."""

from __future__ import annotations

import platform
from enum import Enum

from ...schemas.errors import BadInput

ALL = "all"


class Architecture(Enum):
    """An architecture whose types come with ecli; the value is uname's or Debian's name that people know best."""

    X86_64 = "x86_64"
    ARM64 = "arm64"

    @property
    def libbpf(self) -> str:
        """libbpf's name, for `__TARGET_ARCH_…`."""
        return {Architecture.X86_64: "x86", Architecture.ARM64: "arm64"}[self]

    @property
    def oci(self) -> str:
        """OCI's name (image specification 1.1: Go's GOARCH)."""
        return {Architecture.X86_64: "amd64", Architecture.ARM64: "arm64"}[self]

    @classmethod
    def here(cls) -> Architecture | None:
        """This machine's; None for one whose types do not come with ecli."""
        return cls.named(platform.machine())

    @classmethod
    def named(cls, name: str) -> Architecture | None:
        """The one of a name, as uname, Debian or OCI spell it; None for one whose types do not come with ecli."""
        return _NAMES.get(name)

    @classmethod
    def parse(cls, text: str) -> tuple[Architecture, ...]:
        """Read a list such as `x86_64,arm64`, or `all`; in our order, each once. Raises: BadInput."""
        names = [name.strip().lower() for name in text.split(",")]
        if names == [ALL]:
            return tuple(cls)
        unknown = [name for name in names if name not in _NAMES]
        if unknown:
            known = ", ".join(item.value for item in cls)
            raise BadInput(
                f"there is no architecture {unknown[0][:32]!r}", where="--arch", todo=f"Name {known} or all."
            )
        return tuple(item for item in cls if item in {_NAMES[name] for name in names})


_NAMES = {
    "x86_64": Architecture.X86_64,
    "amd64": Architecture.X86_64,
    "arm64": Architecture.ARM64,
    "aarch64": Architecture.ARM64,
}
