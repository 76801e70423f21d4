"""The log's writer dies between any two steps: no fork, and nothing that was answered is lost."""

import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.federation.log.sequencer import Head
from ebpfhub.signing.merkle import root

from ..log_fixtures import NOW, SqliteHeads
from .hub_folder import Hub, batch, failing_write, grew, only_committed


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


class Crash(BaseException):
    """The process dies here."""


class Dying:
    """A head store whose process dies before or after the commit."""

    def __init__(self, heads: SqliteHeads, *, after: bool) -> None:
        self._heads, self._after = heads, after
        self.load, self.acquire = heads.load, heads.acquire

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        if new != old and not self._after:
            raise Crash
        self._heads.advance(fence=fence, old=old, new=new)
        if new != old:
            raise Crash


@pytest.mark.parametrize("size", [3, 250, 500])
def test_crash_before_any_write_forks_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    hub.start().append(batch("first", size), time=NOW)
    wanted, steps = batch("first", size), 0
    for step in range(100):
        log, before = hub.start(), hub.published
        with failing_write(monkeypatch, step, Crash()) as writes:
            try:
                log.append(batch(f"try {step}", 20), time=NOW)
            except Crash:
                steps = writes()
            else:
                break
        # what was answered stays; a batch whose head was committed is there, any other has left nothing
        committed = hub.head.size > before.size
        wanted += batch(f"try {step}", 20) if committed else []
        log = hub.start()
        assert hub.entries() == wanted
        only_committed(hub)
        grew(hub, before)
        if committed:
            break
        log.append(batch(f"again {step}", 6), time=NOW)
        wanted += batch(f"again {step}", 6)
        assert hub.entries() == wanted
        grew(hub, before)
    assert steps >= 3, "the batch writes at least a bundle, a tile and a checkpoint"


@pytest.mark.parametrize("after", [False, True])
def test_crash_around_the_commit_forks_nothing(hub: Hub, after: bool) -> None:
    hub.start().append(batch("first", 250), time=NOW)
    before = hub.published
    dying = hub.start(Dying(SqliteHeads(hub.folder / "heads.db"), after=after))
    with pytest.raises(Crash):
        dying.append(batch("lost", 20), time=NOW)
    assert hub.published == before, "nothing was signed for a batch that was not answered"
    log = hub.start()
    log.append(batch("then", 20), time=NOW)
    assert hub.entries() == batch("first", 250) + (batch("lost", 20) if after else []) + batch("then", 20)
    grew(hub, before)


def test_killed_writers_never_fork_and_lose_nothing_that_they_answered(hub: Hub) -> None:
    hub.start()
    (hub.folder / "log.key").write_text(hub.keys.log.dump())
    answered, moments = dict[int, str](), random.Random(7)
    for _ in range(12):
        command = [sys.executable, str(Path(__file__).with_name("endless_writer.py")), str(hub.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(moments.randint(1, 6))]
            with contextlib.suppress(subprocess.TimeoutExpired):
                writer.wait(moments.random() * 0.03)
            writer.kill()
            lines += writer.stdout.read().splitlines()
        for line in lines:
            size, top = line.split()
            assert answered.setdefault(int(size), top) == top, "two logs of one size"
    log = hub.start()
    assert log.head.size >= max(answered) > 100
    assert hub.entries() == [f"entry {at}".encode() for at in range(log.head.size)]
    for at, top in answered.items():
        assert root(log.files.hashes(at), at).hex() == top
    only_committed(hub)
