"""A hub of the demo: its folder on the stage, its port, and its serving process."""

from __future__ import annotations

import random
import socket
import urllib.error
import urllib.request
from pathlib import Path

from .stage import Failed, Process, Stage

PORTS = range(20000, 30000)  # below those that systems give to outgoing connections
TRIES = 100


class Hub:
    """One hub: `name` is its folder on the stage, `url` where it listens once it serves."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.name = name
        self.address = f"127.0.0.1:{_free_port()}"
        self.url = f"http://{self.address}"
        self._process: Process | None = None

    @property
    def folder(self) -> Path:
        """Where everything of the hub lies."""
        return self.stage.folder / self.name

    def serve(self) -> None:
        """Start serving, and wait until the hub says that it is ready. Raises: Failed."""
        log = f"{self.name}.log"
        self._process = self.stage.start(f"ebpfhub serve {self.name} > {log} 2>&1", shown=f"ebpfhub serve {self.name}")
        self.stage.wait(self._ready, f"{self.name} is ready")
        print(next(line for line in self.log().splitlines() if line.startswith("serving ")), flush=True)

    def stop(self) -> None:
        """End the serving process, by SIGTERM. Raises: Failed."""
        if self._process is None:
            raise Failed(f"{self.name} does not serve")
        print("$ kill %1", flush=True)
        self.stage.stop(self._process)
        self._process = None

    @property
    def process_id(self) -> int:
        """Number of the serving process. Raises: Failed."""
        if self._process is None:
            raise Failed(f"{self.name} does not serve")
        return self._process.pid

    def _ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise Failed(f"{self.name} does not serve any more")
        if f"at {self.url}" not in self.log():  # it listens, and not somebody else
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self) -> str:
        """The end of what the hub wrote to its log."""
        log = self.stage.folder / f"{self.name}.log"
        return log.read_text()[-2000:] if log.exists() else ""


def _free_port() -> int:
    """A free port, taken at random so that several demos and hubs do not meet."""
    for _ in range(TRIES):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed(f"no free port was found from {PORTS.start} to {PORTS.stop - 1}")
