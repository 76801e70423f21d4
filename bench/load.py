"""Load of GET requests by wrk, and what it was answered: requests a second, processor time of the server for each."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .measure import median
from .peers import find
from .servers import Server

ROUNDS = 5
SECONDS = 2  # of a round
WARM_SECONDS = 1
_ASKING = """\
local asked, next = {}, 0
function init(words)
    for path in io.lines(words[1]) do asked[#asked + 1] = wrk.format("GET", path) end
end
function request()
    next = next % #asked + 1
    return asked[next]
end
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one round: requests a second, and seconds of the server's processor time for one."""

    rate: float
    cost: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server is asked for: one path, or many of a file with one a line, in turns; and which type is accepted."""

    server: Server
    path: str = "/"
    paths: Path | None = None
    accept: str = "*/*"


def alternate(asked: Mapping[str, Asked], *, connections: int) -> dict[str, list[Answered]]:
    """Ask each in turns, ROUNDS times, after a round that counts for nothing."""
    found: dict[str, list[Answered]] = {name: [] for name in asked}
    for turn in range(ROUNDS + 1):
        for name, one in asked.items():
            answered = ask(one, connections=connections, seconds=SECONDS if turn else WARM_SECONDS)
            if turn:
                found[name].append(answered)
    return found


def ask(asked: Asked, *, connections: int, seconds: int) -> Answered:
    """One round. Anything but answers of 2xx ends the benchmark."""
    words = [find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Accept: {asked.accept}"]
    url = f"http://127.0.0.1:{asked.server.port}{asked.path}"
    if asked.paths is not None:
        script = asked.paths.with_suffix(".lua")
        script.write_text(_ASKING)
        words += ["-s", str(script), url, "--", str(asked.paths)]
    else:
        words.append(url)
    before = asked.server.processor()
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent = asked.server.processor() - before
    counted = re.search(r"(\d+) requests in ", said)
    rate = re.search(r"Requests/sec: +([0-9.]+)", said)
    if counted is None or rate is None or int(counted[1]) == 0 or "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"wrk and {asked.server.name}, {url}:\n{said}")
    return Answered(float(rate[1]), spent / int(counted[1]))


def ratio(ours: Sequence[Answered], theirs: Sequence[Answered]) -> float:
    """The median of the rates' ratios, each of one round."""
    return median([one.rate / other.rate for one, other in zip(ours, theirs, strict=True)])


def told(answered: Sequence[Answered]) -> str:
    """Medians for the table."""
    cost = median([one.cost for one in answered])
    return f"{median([one.rate for one in answered]):,.0f} req/s, {cost * 1e6:,.0f} µs CPU"
