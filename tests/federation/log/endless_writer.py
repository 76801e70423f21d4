"""Run as a program: appends batches to the log in a folder until it is killed, and prints each size and root it got."""

import sys
from pathlib import Path

from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.sequencer import Sequencer
from ebpfhub.signing.notes import SignerKey
from ebpfhub.tests.federation.log_fixtures import NOW, ORIGIN, SqliteHeads


def main(folder: Path) -> None:
    key = SignerKey.parse((folder / "log.key").read_text())
    sequencer = Sequencer(
        LogFiles(folder / "log"), SqliteHeads(folder / "heads.db"), origin=ORIGIN, key=key, cosigner=None
    )
    sequencer.recover(time=NOW)
    while True:
        size = sequencer.head.size
        count = 1 + size % 7 * 40
        head = sequencer.append([f"entry {at}".encode() for at in range(size, size + count)], time=NOW)
        print(head.size, head.root.hex(), flush=True)


main(Path(sys.argv[1]))
