"""What one attach call is asked for, and the words for what it lacks. Used by all files of this folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ....schemas.errors import BadInput, NotFound
from ..libbpf import BpfMap, BpfProgram, Library
from ..refusal import name_of
from ..target import Target, kind_of

Undo = Callable[[], object]  # takes what was attached off again


class Request(NamedTuple):
    """One loaded program, and where it shall be attached."""

    library: Library
    program: BpfProgram
    target: Target
    map_named: Callable[[str], BpfMap]

    @property
    def kind(self) -> str:
        """The section's first word, such as "uprobe"."""
        return kind_of(self.program.section)[0]

    @property
    def named(self) -> str:
        """What the section names after its first word, or ""."""
        return kind_of(self.program.section)[1]

    @property
    def descriptor(self) -> int:
        """The loaded program's descriptor."""
        return self.library.done("bpf_program__fd", self.program.pointer)

    def linked(self, call: str, *arguments: object) -> Undo:
        """Make a libbpf link of this program. Raises: OSError."""
        pointer = self.library.made(call, self.program.pointer, *arguments)
        return partial(self.library.call, "bpf_link__destroy", pointer)

    def kernel_link(self, place: int, attach_type: int, options: bytes | None = None) -> Undo:
        """Make a kernel link at a descriptor or interface (bpf(2), BPF_LINK_CREATE). Raises: OSError."""
        return partial(os.close, self.library.done("bpf_link_create", self.descriptor, place, attach_type, options))

    def wrong(self, what: str, todo: str = "") -> BadInput:
        """Make the error for a target that makes no sense."""
        return BadInput(f"{name_of(self.program)} cannot be attached: {what}", todo=todo)

    def missing(self, what: str, todo: str = "") -> NotFound:
        """Make the error for a target that is not on this machine."""
        return NotFound(f"{name_of(self.program)} cannot be attached: {what}", todo=todo)
