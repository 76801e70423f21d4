"""Stacks as lines of symbols, innermost first: from an event's array of addresses, or by an id in a stack trace map."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..system_names import errno_name
from .kernel import kernel_symbols
from .process import process_symbols

MAX_FRAMES = 127  # the kernel's own limit (kernel.perf_event_max_stack)


class StackReader:
    """Stacks of one field. Its raw values are bytes of addresses, or ids of `bits` that `stacks` knows.

    Other values of the row come with it: how many of the bytes count, if `sized`; the process of a `user` stack, if
    `owned`.
    """

    def __init__(
        self, *, bits: int, stacks: Callable[[int], bytes] | None, user: bool, sized: bool = False, owned: bool = False
    ) -> None:
        self._bits, self._stacks = bits, stacks
        self._sized, self._owned = sized, owned
        self._kernel = None if user else kernel_symbols()

    def frames(self, value: Any, *beside: int) -> list[str]:
        """Return a line for each frame; one in brackets where there is no stack."""
        found = self._addresses(value, beside[0] if self._sized else None)
        if isinstance(found, str):
            return [found]
        if self._kernel is not None:
            return [self._kernel.text(address) for address in found]
        process = beside[-1] if self._owned else 0
        return [process_symbols().text(address, process) if process > 0 else f"{address:#x}" for address in found]

    def json_value(self, value: Any, *beside: int) -> list[str]:
        """Return the frames as a list, empty where there is no stack."""
        frames = self.frames(value, *beside)
        return [] if frames[0].startswith("[") else frames

    def _addresses(self, value: Any, size: int | None) -> list[int] | str:
        """The addresses up to the first zero, or why there are none."""
        if isinstance(value, bytes):
            return _split(value if size is None else value[: max(size, 0)]) or "[no stack]"
        number = value - (1 << self._bits) if value >> (self._bits - 1) == 1 else value
        if number < 0:  # what bpf_get_stackid() returned instead of an id
            return f"[no stack: {errno_name(number)}]"
        try:
            data = self._stacks(number) if self._stacks is not None else b""
        except OSError:  # cleared, or replaced by another
            data = b""
        return _split(data) or "[stack is gone]"


def _split(data: bytes) -> list[int]:
    made: list[int] = []
    for place in range(0, min(len(data), 8 * MAX_FRAMES) // 8 * 8, 8):
        address = int.from_bytes(data[place : place + 8], sys.byteorder)
        if not address:
            break
        made.append(address)
    return made
