"""Wires to hubs on loopback: a process that passes bytes on, holds them back as a long way does, and counts them.

It holds back each connection and each request by the wire's round trip. It does not limit bandwidth: this kernel has no
queue for that which would leave other programs of the machine alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT) (\S+) HTTP/1.1\r\n")
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Passed:
    """What one wire has passed on, by path: requests, and bytes of answers, headers and all."""

    requests: dict[str, int]
    received: dict[str, int]

    def since(self, before: Passed) -> Passed:
        """What came after."""
        return Passed(
            dict(Counter(self.requests) - Counter(before.requests)),
            dict(Counter(self.received) - Counter(before.received)),
        )


@dataclass(frozen=True, slots=True)
class Wires:
    """Running wires; `urls` are their near ends, in the order in which they were asked for."""

    process: subprocess.Popen[str]
    urls: list[str]

    def passed(self) -> list[Passed]:
        """What each wire has passed on so far."""
        return [Passed(*told) for told in self._ask("count")]

    def cut(self, number: int) -> None:
        """Break one wire, with whatever is on it, for good."""
        self._ask(f"cut {number}")

    def _ask(self, what: str) -> list[tuple[dict[str, int], dict[str, int]]]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return list(json.loads(self.process.stdout.readline()))


@contextmanager
def wires(ways: Sequence[tuple[int, float]]) -> Iterator[Wires]:
    """Lay a wire to each port, with a round trip of so many seconds, for the length of a block."""
    command = [sys.executable, "-P", "-m", "ebpfhub.bench.wire", *(f"{port}:{seconds}" for port, seconds in ways)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        yield Wires(process, [f"http://127.0.0.1:{port}" for port in ports])


class _Wire:
    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._seconds = port, seconds
        self._server: asyncio.Server | None = None
        self._ends = set[asyncio.StreamWriter]()
        self.requests = Counter[str]()
        self.received = Counter[str]()

    async def lay(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0, limit=_CHUNK)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._seconds)
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port, limit=_CHUNK)
            self._ends |= {writer, far_writer}
            asked = [""]  # the path of the request that is being answered
            await asyncio.gather(self._there(reader, far_writer, asked), self._back(far_reader, writer, asked))
            self._ends -= {writer, far_writer}
        writer.transport.abort()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[str]) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if found := _REQUEST.match(data):
                    asked[0] = found[1].decode()
                    self.requests[asked[0]] += 1
                await asyncio.sleep(self._seconds)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[str]) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                self.received[asked[0]] += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


async def main() -> None:
    """Lay the wires that the command line names, and do what standard input says until it ends."""
    laid = [_Wire(int(port), float(seconds)) for port, seconds in (word.split(":") for word in sys.argv[1:])]
    _tell([await wire.lay() for wire in laid])
    while line := (await asyncio.to_thread(sys.stdin.readline)).split():
        if line[0] == "cut":
            laid[int(line[1])].cut()
        _tell([(wire.requests, wire.received) for wire in laid])
    os._exit(0)  # what is on the wires is of no use to anybody; asyncio would complain of each


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
