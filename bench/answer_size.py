"""F4: how large a name's whole answer is (protocol.md section 5), by the number of packages that the hub has.

It is what a client must fetch before any blob: checkpoint, proofs, records and entries. A million packages are not
measured: to log them takes ten times as long as 100,000, and a tenfold hub has shown to add 0.7 KB each time.
"""

from __future__ import annotations

import random
import statistics

from ..federation.index.check import Seen, check_answer
from ..schemas.reference import Reference
from ..signing.merkle import root
from .long_log import ORIGIN, LongLog, long_log, place
from .measure import Row
from .stage import Stage

SIZES = (1_000, 10_000, 100_000)
JUDGED = 100_000  # packages at which the target holds
TARGET = 6_000  # bytes
ASKED = 500  # packages, by clients that came back at any age of the log
SEED = 4


def rows(stage: Stage) -> list[Row]:
    """Bytes of answers for packages of all ages to clients that saw any part of the log; every one is checked."""
    log = long_log(stage.folder / "long-log")
    return [_row(log, size) for size in SIZES]


def _row(log: LongLog, size: int) -> Row:
    log.grow(size)
    chosen = random.Random(SEED)
    found = [_checked(log, chosen.randrange(size), chosen.randrange(log.replay.size)) for _ in range(ASKED)]
    most = max(whole for whole, _ in found)
    proof = statistics.median(proof for _, proof in found)
    return Row(
        "F4",
        f"the whole answer for a name, {size:,} packages",
        f"{statistics.median(whole for whole, _ in found):,.0f} bytes, {most:,} at most",
        "",
        f"a proof of the map: {proof:.0f} bytes",
        "≤ 6 KB at 100,000" if size == JUDGED else "",
        most <= TARGET if size == JUDGED else None,
    )


def _checked(log: LongLog, number: int, since: int) -> tuple[int, int]:
    """Bytes of a whole answer that a client accepts, and of one proof of the map in it."""
    answer = log.answer(number, since=since)
    reference = Reference.parse(f"{ORIGIN}/{'/'.join(place(number))}")
    seen = Seen(since, root(log.files.hashes(log.replay.size), since))
    check_answer(answer, reference=reference, origin=log.note, seen=seen)
    assert answer.version is not None
    return len(answer.encode()), sum(map(len, answer.version.siblings))
