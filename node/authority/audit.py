"""The audit log: what the hub gave to whom, what it refused, who changed what; one JSON line each, never a secret.

Two series of files that are only added to. `given` is kept for ever, and durable before anything is handed out. Of
`refused` only the newest files are kept: whoever is refused often shall not fill the disk, nor hide what was given.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from ...schemas.codec import canonical_json
from ...schemas.errors import HubError, StorageFailed

MAX_FILE_BYTES = 8 * 1024 * 1024
KEPT_REFUSALS = 8  # files
MAX_REASON_CHARS = 300
GIVEN, REFUSED = "given", "refused"
_log = logging.getLogger(__name__)


class What(Enum):
    """What was asked for, or done."""

    CERTIFICATE = "certificate"
    SIGN_IN = "sign-in"
    ROTATION = "rotation"
    TOKEN = "token"  # noqa: S105
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    ROLE = "role"
    PASSWORD = "password"  # noqa: S105
    SESSIONS_ENDED = "sessions-ended"
    PULL = "pull"
    QUOTA = "quota"
    COMMENT_HIDDEN = "comment-hidden"
    COMMENT_SHOWN = "comment-shown"
    CLAIM = "claim"
    YANK = "yank"
    REVOCATION = "revocation"
    MIRROR = "mirror"


@dataclass(slots=True)
class Record:
    """One event as it comes about. `who` is an identity that was proven, or of a user who exists; else empty.

    `request` is told to the client too (header EbpfHub-Request), `about` has what depends on the kind: `whom` is whose
    account was changed, `by` a command of the operator.
    """

    what: What
    address: str
    who: str = ""
    issuer: str = ""
    about: dict[str, str] = field(default_factory=dict)
    request: str = field(default_factory=lambda: secrets.token_hex(8))

    def line(self, result: str, reason: str = "") -> bytes:
        """The line of the file."""
        told = "".join(char if char.isprintable() else "?" for char in reason)[:MAX_REASON_CHARS]
        words = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "what": self.what.value}
        words |= {"result": result, "who": self.who, "issuer": self.issuer, "address": self.address}
        words |= {"request": self.request, **self.about} | ({"reason": told} if told else {})
        return canonical_json(words) + b"\n"


class Audit:
    """The log in one folder, which one process writes."""

    def __init__(self, folder: Path, *, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        self._folder = folder
        self._max_file_bytes = max_file_bytes
        self._lock = threading.Lock()

    @asynccontextmanager
    async def watched(self, what: What, address: str) -> AsyncIterator[Record]:
        """Record what comes of the block: given when it ends, refused when it raises a HubError.

        Raises: StorageFailed when what was given cannot be recorded: then it must not be handed out.
        """
        record = Record(what, address)
        try:
            yield record
        except HubError as error:
            await self.refused(record, error.what)
            raise
        await self.given(record)

    async def given(self, record: Record) -> None:
        """Record it durably. Raises: StorageFailed."""
        await asyncio.to_thread(self._append, GIVEN, record.line(GIVEN), durable=True)

    async def refused(self, record: Record, reason: str) -> None:
        """Record a refusal; that a disk is full does not keep anything from being refused."""
        try:
            await asyncio.to_thread(self._append, REFUSED, record.line(REFUSED, reason), durable=False)
        except StorageFailed as error:
            _log.error("a refusal was not recorded: %s", error)

    def _append(self, series: str, line: bytes, *, durable: bool) -> None:
        path = self._folder / f"{series}.jsonl"
        try:
            with self._lock:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._turn_over(path, len(line))
                _add(path, line, durable=durable)
        except OSError as error:
            raise StorageFailed(f"cannot record: {error.strerror}", where=str(path)) from error

    def _turn_over(self, path: Path, size: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size + size <= self._max_file_bytes:
                return
            older = older_files(path)
            number = int(older[-1].stem.rpartition("-")[2]) + 1 if older else 1
            path.rename(path.with_name(f"{path.stem}-{number:06d}.jsonl"))
            if path.stem == REFUSED:
                for old in older[: 2 - KEPT_REFUSALS]:  # beside the one just filled and the one begun now
                    old.unlink()


def older_files(path: Path) -> list[Path]:
    """The full files of a series, oldest first."""
    return sorted(path.parent.glob(f"{path.stem}-[0-9][0-9][0-9][0-9][0-9][0-9].jsonl"))


def _add(path: Path, line: bytes, *, durable: bool) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":  # of a machine that died within a line
            line = b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
        if durable:
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
