"""A hub's log as somebody goes on with it who has its log and cosigner keys: true entries first, then what they like.

    log = StolenLog(hub, tmp_path)
    log.write(forged_release)                       # by the rules; `Lie` for a map against them
    liar.lies = log.lies(log.answer(since=seen))

It is continued from what the hub shows now, and cosigned now, so whoever saw the hub's log takes it for its next state.
"""

from __future__ import annotations

import time
from pathlib import Path

from ebpfhub.federation.log.tiles import unpack_entries
from ebpfhub.schemas.answer import IndexAnswer
from ebpfhub.schemas.entry import Release, parse_entry

from .federation.log_fixtures import ORIGIN, Keys, Log
from .hubs import RunningHub
from .liar import Lie, replaced
from .mirrors import key_of, size_of


class StolenLog(Log):
    """`hub` is one of the origin ORIGIN, with fewer than 256 entries. Its files are written below `folder`."""

    def __init__(self, hub: RunningHub, folder: Path) -> None:
        assert hub.origin == ORIGIN
        keys = hub.folder / "keys"
        super().__init__(folder, Keys(log=key_of(keys / "log.key"), cosigner=key_of(keys / "cosigner.key")))
        self.before = size_of(hub)
        entries = unpack_entries(
            hub.ask(f"/log/tile/entries/000.p/{self.before}").body, count=self.before, where="entries"
        )
        for data in entries:
            self.replay.read(data)
        self.write_raw(*entries)

    def write_raw(self, *entries: bytes) -> int:
        """Log anything, now; the index of the first entry."""
        start = self.size
        self.sequencer.append(list(entries), time=int(time.time()))
        return start

    def release(self, reference: str) -> tuple[int, Release]:
        """A release of the hub, by `namespace/name:version`, with its log index."""
        for index in range(self.before):
            entry = parse_entry(self.files.entry(index, self.size))
            if isinstance(entry, Release) and f"{entry.package}:{entry.version}" == reference:
                return index, entry
        raise AssertionError(f"the hub has not released {reference}")

    def lies(self, answer: IndexAnswer) -> dict[str, Lie]:
        """What a liar says for this log to be seen in place of the hub's."""
        return {
            "/index/package/": replaced(answer.encode()),
            "/log/checkpoint": replaced(self.checkpoint.encode()),
            "/log/tile/entries/": replaced((self.files.folder / f"tile/entries/000.p/{self.size}").read_bytes()),
        }
