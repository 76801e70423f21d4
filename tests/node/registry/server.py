"""A registry in a process of its own, that tests may kill, and small helpers to speak with it."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = Path(__file__).with_name("composition.py")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    challenges: list[str]


@dataclass(slots=True)
class Server:
    """A running server. `stop` ends it politely, `kill` does not."""

    process: subprocess.Popen[str]
    port: int

    @classmethod
    def spawn(cls, folder: Path, *flags: str) -> Server:
        """Start one and wait until it listens."""
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(folder), *flags], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the server did not start"
        return cls(process, int(line))

    @classmethod
    @contextmanager
    def start(cls, folder: Path, *flags: str) -> Iterator[Server]:
        """Start one for the length of a block."""
        server = cls.spawn(folder, *flags)
        try:
            yield server
        finally:
            server.kill()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask(self, method: str, path: str, body: bytes | None = None, *, token: str = "", **headers: str) -> Reply:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            told = answer.headers.get_all("WWW-Authenticate") or []
            return Reply(answer.status, dict(answer.getheaders()), answer.read(), told)
        finally:
            connection.close()

    def push(self, repository: str, data: bytes, *, token: str = "") -> str:
        """Push a blob in two requests; returns its digest."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/", token=token)
        assert begun.status == 202, begun.body
        done = self.ask("PUT", f"{begun.headers['Location']}?digest={digest}", data, token=token)
        assert done.status == 201, done.body
        return digest


def environment(home: Path) -> dict[str, str]:
    """The environment of client programs: a home of their own."""
    return os.environ | {"HOME": str(home), "DOCKER_CONFIG": str(home / "docker"), "XDG_RUNTIME_DIR": str(home)}
