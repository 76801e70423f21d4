"""The one family of errors, split by whose fault it is. Two tables elsewhere map kinds to exit codes and to HTTP.

HubError
├── BadInput        what was given cannot be read: a file, a message, an argument
├── NotFound        the thing asked for is not there (and that is known)
├── NotTrusted      a check of trust failed; the only error that verification raises
├── Denied          the caller may not do this (login, role, capability, policy)
├── Conflict        it contradicts what is already there
├── PeerFailed      another program did not answer, or not as its protocol says
├── Unsupported     this machine, kernel or version cannot do it
├── Unavailable     it cannot be done now, but perhaps later
└── StorageFailed   the disk is full or broken
"""

from __future__ import annotations

from .named import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import ClassVar


class HubError(Exception):
    """One clear sentence for people: what failed, where, and what to do about it.

    `what` is the sentence; `where` names the file, URL or field; `todo` is the next step, or empty.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  {self.todo}" if self.todo else text


class BadInput(HubError):
    """Bytes or arguments that do not have the form they must have."""

    kind = "bad-input"


class NotFound(HubError):
    """The name, digest or file is not there."""

    kind = "not-found"


class NotTrusted(HubError):
    """A signature, proof, digest or policy check failed. `check` names the failed check of protocol.md section 7."""

    kind = "not-trusted"

    def __init__(self, what: str, *, check: str = "", where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.check = check


class Denied(HubError):
    """The caller is not allowed to do this."""

    kind = "denied"


class Conflict(HubError):
    """The request contradicts what is already there."""

    kind = "conflict"


class PeerFailed(HubError):
    """Another program did not answer, answered too late, or broke its protocol."""

    kind = "peer-failed"


class Unsupported(HubError):
    """This machine or this version cannot do it; `needs` says what would."""

    kind = "unsupported"

    def __init__(self, what: str, *, needs: str = "", where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.needs = needs


class Unavailable(HubError):
    """It cannot be done in the state in which this hub is now."""

    kind = "unavailable"


class StorageFailed(HubError):
    """The disk is full or broken; nothing was half-written."""

    kind = "storage-failed"
