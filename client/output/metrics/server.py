"""The HTTP server of a run's metrics: /metrics and nothing else, in threads that never keep the run from ending."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from ....schemas.errors import BadInput, Unavailable

_PATIENCE = 10.0  # seconds for a client to say what it wants
MAX_CLIENTS = 16  # at once; more are turned away


class MetricServer:
    """Serves a registry at HOST:PORT. Raises (constructor): Unavailable when it cannot listen there."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family = socket.AddressFamily(found[0][0])
            self._server = _Server((host, port), _Handler, family)
        except (OSError, UnicodeError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Unavailable(f"cannot serve metrics: {reason}", where=f"{host}:{port}") from error
        self._server.set_app(_only_metrics(make_wsgi_app(registry)))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        self._thread.start()
        self.port = int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def parse_address(text: str, *, where: str = "--metrics") -> tuple[str, int]:
    """Read HOST:PORT, or :PORT and PORT for this machine only (127.0.0.1); IPv6 in brackets. Raises: BadInput."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536) or len(host) > 253:
        raise BadInput(f"{text[:80]!r} is not HOST:PORT", where=where, todo="For example 127.0.0.1:9435")
    return host, int(port)


def _only_metrics(app: Callable[..., Any]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            answered: Iterable[bytes] = app(environ, start_response)
            return answered
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Metrics are at /metrics\n"]

    return answer


class _Handler(WSGIRequestHandler):
    timeout = _PATIENCE

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: stderr is the run's."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[_Handler], family: socket.AddressFamily) -> None:
        self.address_family = family
        self._clients = threading.BoundedSemaphore(MAX_CLIENTS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, if there are not too many."""
        if self._clients.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._clients.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Forget a client that went away."""
