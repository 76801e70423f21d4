"""A whole authority on loopback: real HTTP, a real RFC 6962 log in memory, two local users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from ebpfhub.node.accounts.passwords import check_password, hash_password
from ebpfhub.node.authority.service import AuthorityService
from ebpfhub.signing import merkle
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.log_entry import LoggedEntry
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token
from ebpfhub.signing.notes import Checkpoint, Note

ALICE = "alice@example.org"
ROBOT = "https://ci.example.org/robot"
PASSWORD = "correct horse battery staple"
HUB_TOKEN = "hub-token-of-the-robot"


class MemoryLog:
    """An EntryLog whose hashes live in memory; proofs, roots and checkpoints are the real ones."""

    def __init__(self, keys: AuthorityKeys) -> None:
        self._keys = keys
        self._hashes: dict[tuple[int, int], bytes] = {}
        self.entries: list[bytes] = []

    def at(self, level: int, index: int) -> bytes:
        """The root of a complete subtree (merkle.Hashes)."""
        if level == 0:
            return merkle.leaf_hash(self.entries[index])
        if (level, index) not in self._hashes:
            pair = self.at(level - 1, 2 * index), self.at(level - 1, 2 * index + 1)
            self._hashes[level, index] = merkle.node_hash(*pair)
        return self._hashes[level, index]

    async def append(self, entry: bytes) -> LoggedEntry:
        self.entries.append(entry)
        size = len(self.entries)
        proof = merkle.inclusion_proof(self, size - 1, size)
        return LoggedEntry(size - 1, size, merkle.root(self, size), proof, self.checkpoint())

    async def read(self, path: str) -> bytes | None:
        if path == "checkpoint":
            return self.checkpoint().encode()
        if path == f"tile/entries/000.p/{len(self.entries)}":
            return b"".join(len(entry).to_bytes(2, "big") + entry for entry in self.entries)
        return None

    def checkpoint(self) -> str:
        size = len(self.entries)
        point = Checkpoint(self._keys.log.name, size, merkle.root(self, size))
        return str(Note.sign(point.body, self._keys.log))


class LocalAccounts:
    """Two users: alice has a password, the robot a hub token."""

    def __init__(self) -> None:
        self._stored = {ALICE: hash_password(PASSWORD)}

    async def check_password(self, identity: str, password: str) -> bool:
        return check_password(password, self._stored.get(identity, ""))

    async def knows(self, identity: str) -> bool:
        return identity in self._stored

    async def identity_of_token(self, token: str) -> str | None:
        return ROBOT if token == HUB_TOKEN else None


@dataclass
class Authority:
    """A running authority as a test sees it."""

    base_url: str
    keys: AuthorityKeys
    service: AuthorityService
    log: MemoryLog
    http: aiohttp.ClientSession
    folder: Path

    def url(self, path: str) -> str:
        return f"{self.base_url}/sigstore/{path}"

    def token(self, identity: str = ALICE, *, now: datetime | None = None, audience: str = "sigstore") -> str:
        return issue_token(self.keys, Subject.parse(identity), now or datetime.now(UTC), audience=audience)

    async def trust_config(self) -> Path:
        """The file that people give to `sigstore --trust-config`."""
        async with self.http.get(self.url("trust_config.json")) as answer:
            assert answer.status == 200
            path = self.folder / "trust_config.json"
            path.write_bytes(await answer.read())
        return path
