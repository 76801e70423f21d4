"""tracefs for this process alone, where the system has not mounted it: the numbers of tracepoints stand there.

The mount lies in a mount namespace of the process's own, so it ends with the process and nobody else sees it.
"""

from __future__ import annotations

import ctypes
import os

PLACE = "/sys/kernel/tracing"
_CLONE_NEWNS = 0x00020000  # unshare(2)
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000  # mount(2)


def provide_tracefs(place: str = PLACE) -> bool:
    """Mount tracefs privately if it is not there; tells whether it is there now. Only for a process of one thread."""
    if os.access(f"{place}/events", os.X_OK):
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    mounted = (
        libc.unshare(_CLONE_NEWNS) == 0
        and libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None) == 0
        and libc.mount(
            b"tracefs", place.encode(), b"tracefs", ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC), None
        )
        == 0
    )
    return mounted and os.access(f"{place}/events", os.X_OK)
