"""Slow a process down as an overloaded machine would: it stands still most of the time, until this one is ended."""

from __future__ import annotations

import os
import signal
import sys
import time

STILL, RUNNING = 0.12, 0.002  # seconds: hardly anything is answered in one go


def main(process: int) -> None:
    """Stop and continue the process in turn; it always runs on when this ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            os.kill(process, signal.SIGSTOP)
            time.sleep(STILL)
            os.kill(process, signal.SIGCONT)
            time.sleep(RUNNING)
    finally:
        os.kill(process, signal.SIGCONT)


if __name__ == "__main__":
    main(int(sys.argv[1]))
