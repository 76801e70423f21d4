"""What the running kernel lists of itself in files: its version, options, event sources, tracepoints and types."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from functools import cached_property
from pathlib import Path

from ...schemas.errors import BadInput
from ...schemas.kernel_types import MAX_KERNEL_BTF_BYTES
from ..loader.kernel import Kernel
from .index import KernelTypes

MAX_CONFIG_BYTES = 4 * 1024 * 1024
_SOURCES_SINCE = (4, 17)  # before, kprobes and uprobes were made through tracefs alone


class Machine:
    """A kernel by its files; each is read once, when it is asked for. What cannot be read is taken for there."""

    def __init__(
        self,
        *,
        release: str,
        architecture: str,
        tracing: tuple[str, ...],
        btf: str,
        sources: Path,
        options: tuple[Path, ...],
    ) -> None:
        self.architecture = architecture
        found = re.match(r"(\d{1,4})\.(\d{1,4})", release)
        self.version = (int(found[1]), int(found[2])) if found else None
        self._tracing = tracing
        self._btf = Path(btf)
        self._sources = sources
        self._options = options

    @classmethod
    def here(cls, kernel: Kernel) -> Machine:
        """The kernel that runs this."""
        return cls(
            release=kernel.version,
            architecture=os.uname().machine,
            tracing=kernel.tracing,
            btf=kernel.btf,
            sources=Path("/sys/bus/event_source/devices"),
            options=(Path("/proc/config.gz"), Path(f"/boot/config-{kernel.version}")),
        )

    def lacks_source(self, name: str) -> bool:
        """Whether there is no source of events `name` (kprobe, uprobe), though there is a list of them."""
        recent = self.version is not None and self.version >= _SOURCES_SINCE
        return recent and self._sources.is_dir() and not (self._sources / name).exists()

    def lacks_options(self, names: tuple[str, ...]) -> bool:
        """Whether the kernel's build had none of these options, and that can be known."""
        return bool(self._built) and not any(name in self._built for name in names)

    def lacks_tracepoint(self, target: str) -> bool:
        """Whether tracefs can be read and has no `category/name`."""
        category, _, name = target.partition("/")
        if not category or not name or ".." in target or "/" in name:
            return False
        for place in self._tracing:
            if os.access(f"{place}/events", os.X_OK):
                return not Path(place, "events", category, name).exists()
        return False

    def types(self) -> KernelTypes | None:
        """The kernel's types; None where it has none. Raises: BadInput."""
        return self._types

    def types_named(self, names: frozenset[str]) -> set[str] | None:
        """Which of these names the kernel's types have; None where that is not known."""
        with contextlib.suppress(BadInput):
            if self._types is not None:
                return set(self._types.named(names))
        return None

    @cached_property
    def _types(self) -> KernelTypes | None:
        try:
            with self._btf.open("rb") as file:
                return KernelTypes(file.read(MAX_KERNEL_BTF_BYTES + 1))
        except OSError:
            return None

    @cached_property
    def _built(self) -> frozenset[str]:
        """Options that are `y` or `m`."""
        for path in self._options:
            try:
                with path.open("rb") as file:
                    raw = file.read(MAX_CONFIG_BYTES)
                text = zlib.decompressobj(31).decompress(raw, MAX_CONFIG_BYTES) if path.suffix == ".gz" else raw
            except (OSError, zlib.error):
                continue
            return frozenset(re.findall(r"^(CONFIG_\w+)=[ym]$", text.decode("ascii", "replace"), re.MULTILINE))
        return frozenset()
