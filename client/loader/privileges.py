"""Giving up what only loading and attaching needed: capabilities for good, and where Python still runs, the user too.

A run that only reads its ring buffers and maps needs no right at all. Descriptors that are open stay usable.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys

NOBODY = 65534
_SIGTERM = 15
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38  # prctl(2)
_CAPABILITY_VERSION_3 = 0x20080522  # capset(2)
_READABLE = stat.S_IROTH | stat.S_IXOTH


def end_with_parent() -> None:
    """Let the kernel end this process by SIGTERM when the one that started it has ended."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGTERM, 0, 0, 0)


def adopt_orphans() -> None:
    """Let processes that lose their parent become children of this one, so that none below it gets away."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def drop_privileges() -> bool:
    """Give up all privileges of this process; tells whether it worked.

    A process of root becomes nobody, unless Python itself lies where only root can read: then it keeps the user, whom
    it needs to import anything, without any capability.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if os.geteuid() == 0 and _everybody_can_read(sys.prefix, sys.base_prefix, os.path.dirname(__file__)):  # noqa: PTH120
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)  # of all threads; it clears the capabilities (capabilities(7))
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        nothing = (ctypes.c_uint32 * 6)()
        done = libc.capset(header, nothing) == 0
        return bool(done and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
    except OSError:
        return False


def _everybody_can_read(*folders: str) -> bool:
    """Tell whether any user can enter folders and all that they lie in."""
    for folder in folders:
        path = os.path.realpath(folder)
        while path != "/":
            if os.stat(path).st_mode & stat.S_IXOTH == 0:  # noqa: PTH116
                return False
            path = os.path.dirname(path)  # noqa: PTH120
        if os.stat(folder).st_mode & _READABLE != _READABLE:  # noqa: PTH116
            return False
    return True
