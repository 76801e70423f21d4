"""Servers that are measured side by side: the hub, docker-registry and nginx, each on a free port of loopback."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..tests.hubs import RunningHub, free_port
from .peers import find

READY_SECONDS = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")
_REGISTRY = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  cache: {{blobdescriptor: inmemory}}
  filesystem: {{rootdirectory: "{folder}"}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_NGINX = """\
user root;
worker_processes 1;
daemon off;
pid "{folder}/pid";
events {{ worker_connections 1024; }}
http {{
    sendfile on;
    tcp_nopush on;
    access_log off;
    keepalive_requests 1000000000;
    default_type application/octet-stream;
    server {{ listen 127.0.0.1:{port}; root "{folder}/files"; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, and its first process."""

    name: str
    port: int
    pid: int

    def processor(self) -> float:
        """Seconds of processor time that all its processes have taken (proc_pid_stat(5))."""
        stats = [stat for path in Path("/proc").glob("[0-9]*/stat") if (stat := _stat(path))]
        mine = [stat for stat in stats if self.pid in (int(stat[0]), int(stat[2]))]
        return sum(int(stat[12]) + int(stat[13]) for stat in mine) / _TICKS


def of_hub(hub: RunningHub) -> Server:
    """A serving hub."""
    assert hub.process is not None
    return Server("ours", hub.port, hub.process.pid)


@contextmanager
def docker_registry(folder: Path) -> Iterator[Server]:
    """docker-registry with an empty store in `folder`, which it makes; ends with the block."""
    folder.mkdir()
    port, config = free_port(), folder / "config.yml"
    config.write_text(_REGISTRY.format(folder=folder / "store", port=port))
    with _running("docker-registry", ["serve", config], port) as server:
        yield server


@contextmanager
def nginx(folder: Path, files: dict[str, bytes]) -> Iterator[Server]:
    """nginx with one worker, which serves `files` from `folder`, which it makes; ends with the block."""
    (folder / "files").mkdir(parents=True)
    for name, data in files.items():
        (folder / "files" / name).write_bytes(data)
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port))
    with _running("nginx", ["-e", folder / "errors", "-c", config], port) as server:
        yield server


@contextmanager
def _running(program: str, words: Sequence[str | Path], port: int) -> Iterator[Server]:
    process = subprocess.Popen([find(program), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + READY_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{program} does not serve")
            time.sleep(0.05)
        yield Server(program, port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _stat(path: Path) -> list[str] | None:
    """Fields of a process, without its name, which may hold blanks; None when it has ended."""
    try:
        number, _, rest = path.read_text().partition(" (")
    except OSError:
        return None
    return [number, *rest.rpartition(") ")[2].split()]
