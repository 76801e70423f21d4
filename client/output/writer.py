"""All bytes to one descriptor, at once and without a buffer in between, so that nothing waits when a run ends."""

from __future__ import annotations

import os
import select


class Writer:
    """An open descriptor to write to; it stays open, for it belongs to the caller."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Write everything, waiting for a slow reader. Raises: BrokenPipeError when it is gone, OSError."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BlockingIOError:  # another program made this pipe or terminal non-blocking
                waiting = select.poll()
                waiting.register(self.descriptor, select.POLLOUT)
                waiting.poll()
