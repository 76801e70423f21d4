"""A guest's memory, seen from the host: every range is checked before it is read or written.

Pointers are those of wasm32: 32 bits, unsigned; whoever calls has cut them to that.
"""

from __future__ import annotations

from wasmtime import Caller, Memory

TEXT_LIMIT = 4096  # bytes of a name or path, as of PATH_MAX


class Fault(Exception):
    """The guest named memory that it does not have; it is told so by EFAULT, and no part of the call was done."""


class GuestMemory:
    """The memory that the guest exports under the name `memory`."""

    def __init__(self, caller: Caller) -> None:
        """Find the memory of the guest that calls. Raises: Fault."""
        found = caller.get("memory")
        if not isinstance(found, Memory):
            raise Fault
        self.exported = found

    def check(self, caller: Caller, at: int, size: int) -> None:
        """Refuse a range that does not lie wholly inside. Raises: Fault."""
        if size < 0 or at + size > self.exported.data_len(caller):
            raise Fault

    def read(self, caller: Caller, at: int, size: int) -> bytes:
        """Copy `size` bytes out. Raises: Fault."""
        self.check(caller, at, size)
        return bytes(self.exported.read(caller, at, at + size))

    def write(self, caller: Caller, at: int, data: bytes) -> None:
        """Copy `data` in. Raises: Fault."""
        self.check(caller, at, len(data))
        if data:
            self.exported.write(caller, data, at)

    def text(self, caller: Caller, at: int) -> str:
        """Read a text that ends with a zero byte, at most TEXT_LIMIT bytes; "" for a null pointer. Raises: Fault."""
        if at == 0:
            return ""
        found = bytes(self.exported.read(caller, at, at + TEXT_LIMIT)).partition(b"\0")
        if not found[1]:
            raise Fault
        return found[0].decode("utf-8", "surrogateescape")
