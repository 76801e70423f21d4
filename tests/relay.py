"""A server on loopback between a hub and whoever asks it: it counts, delays, changes and withholds answers."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .hubs import Reply

Change = Callable[[str, Reply], Reply | None]
_PASSED = ("content-type", "location", "docker-content-digest", "ebpfhub-log-index", "oci-subject")


def honest(_path: str, reply: Reply) -> Reply:
    """Change nothing."""
    return reply


@dataclass
class Relay:
    """Passes requests on to `port`. `seconds`: how long every answer is held back.

    `change` gets path and answer, and gives another answer, or None for a connection that breaks off.
    """

    port: int
    seconds: float = 0.0
    change: Change = honest
    seen: list[str] = field(default_factory=list)
    own_port: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.own_port}"

    def count(self, part: str) -> int:
        """How many requests had a path with `part` in it."""
        return sum(part in path for path in self.seen)

    @contextmanager
    def running(self) -> Iterator[Relay]:
        """Listen for the length of a block."""
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                relay.seen.append(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply = relay.ask(self.command, self.path, body, dict(self.headers.items()))
                if relay.seconds:
                    time.sleep(relay.seconds)
                answer = None if reply is None else relay.change(self.path, reply)
                if answer is None:
                    self.close_connection = True
                    return
                with suppress(ConnectionError):
                    self.send_response(answer.status)
                    for name in _PASSED:
                        if name in answer.headers:
                            self.send_header(name, answer.headers[name])
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(answer.body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _pass  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        with Server(("127.0.0.1", self.own_port), Handler) as server:
            self.own_port = server.server_port
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply | None:
        """The hub's own answer; None when it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {key: value for key, value in headers.items() if key.lower() not in ("host", "connection")}
            connection.request(method, path, body=body or None, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def changed_body(part: str, change: Callable[[bytes], bytes]) -> Change:
    """Change the body of every answer (of 200) whose path has `part` in it."""

    def made(path: str, reply: Reply) -> Reply:
        return replace(reply, body=change(reply.body)) if part in path and reply.status == 200 else reply

    return made


def flip(data: bytes) -> bytes:
    """The same bytes but for one bit in the middle."""
    made = bytearray(data)
    made[len(made) // 2] ^= 1
    return bytes(made)
