"""One target of the fuzzer: a parser of untrusted bytes, what it may refuse them with, and valid ones to start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ebpfhub.schemas.errors import BadInput, HubError

MAX_MESSAGE_CHARS = 4096  # of an error: a sentence, not a copy of the input


@dataclass(frozen=True, slots=True)
class Target:
    """`read` parses bytes, raises one of `errors` or nothing, and asserts what must hold of what it read.

    `seeds` makes valid inputs, anew in each run. `memory` is what reading one may take, in MiB: the parser's own
    limits of what is decompressed need some, and the library that compiles Wasm.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    errors: tuple[type[HubError], ...] = (BadInput,)
    memory: int = 256

    def takes(self, data: bytes) -> bool:
        """Read an input; tell whether it was taken or refused as is documented. Raises: whatever else comes out."""
        try:
            self.read(data)
        except self.errors as error:
            text = str(error)
            text.encode()
            if len(text) > MAX_MESSAGE_CHARS:
                raise AssertionError(f"an error of {len(text)} characters: {text[:200]}") from error
            return False
        return True
