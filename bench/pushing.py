"""A small client that pushes blobs as docker does (POST, then PUT) over a connection that stays open: the same for all.

http.client would take more time than the servers do, and hide what they differ by.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


class Pusher:
    """One connection to a registry. Without a token it says nothing of who pushes."""

    def __init__(self, port: int, repository: str, token: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._repository = repository
        login = base64.b64encode(f"bench:{token}".encode()).decode()
        self._head = f"Host: 127.0.0.1:{port}\r\n" + (f"Authorization: Basic {login}\r\n" if token else "")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def blob(self, data: bytes) -> str:
        """Push a blob; its digest."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        answer = self._ask("POST", f"/v2/{self._repository}/blobs/uploads/", 202)
        found = _LOCATION.search(answer)
        assert found is not None
        place = urlsplit(found[1].decode())
        query = f"{place.query}&" if place.query else ""
        self._ask("PUT", f"{place.path}?{query}digest={digest}", 201, data, "application/octet-stream")
        return digest

    def manifest(self, tag: str, data: bytes, media_type: str) -> None:
        """Push a manifest under a tag."""
        self._ask("PUT", f"/v2/{self._repository}/manifests/{tag}", 201, data, media_type)

    def _ask(self, method: str, path: str, expected: int, body: bytes = b"", media_type: str = "") -> bytes:
        """Send a request and read its answer: the head. Anything but the expected status ends the benchmark."""
        kind = f"Content-Type: {media_type}\r\n" if media_type else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(body)}\r\n\r\n".encode()
        parts: Sequence[bytes] = (head + body,) if len(body) < 65536 else (head, body)
        for part in parts:
            self._socket.sendall(part)
        return self._answer(f"{method} {path}", expected)

    def _answer(self, asked: str, expected: int) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            more = self._socket.recv(65536)
            if not more:
                sys.exit(f"{asked}: the server closed the connection")
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        missing = (int(length[1]) if length else 0) - len(rest)
        while missing > 0:
            missing -= len(self._socket.recv(65536))
        status = _STATUS.match(head)
        if status is None or int(status[1]) != expected:
            sys.exit(f"{asked}: {data[:500]!r}")
        return head
