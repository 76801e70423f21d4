"""H5: search over 100,000 packages in English and Chinese, beside PostgreSQL's full text with the same rows.

The rows come in through the catalogue's own interface. PostgreSQL runs in the benchmark's folder, on a socket only.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

from ..node.hub.catalogue import Facet, Fact, Listing, PackageKey, Question, Sort
from ..node.hub.categories import Category
from ..node.storage.catalogue import SqliteCatalogue
from ..node.storage.database import Database
from .measure import Row
from .postgres import Postgres
from .stage import Stage

PACKAGES = 100_000
AT_ONCE = 10_000  # packages in one transaction
FILLING_CACHE = -256 * 1024  # in KiB, by its sign; for the set-up alone
ROUNDS = 5  # each question is asked so often, alternating
SEED = 7
_SYLLABLES = "ba co di fu ge ki lo mu ne po ra si tu ve wo xa yi zo sch tra net flow log tcp io".split()  # noqa: SIM905
_ENGLISH = "tcp udp network latency trace file open process memory cpu kernel socket disk security exec".split()  # noqa: SIM905
_CHINESE = "网络 延迟 跟踪 文件 进程 内存 内核 安全 连接 性能 磁盘 调度 统计 监控 容器".split()  # noqa: SIM905
_ENDS = ("snoop", "top", "stat", "trace", "lat", "", "life", "dist")


def rows(stage: Stage) -> list[Row]:
    """The time of an answer: median and 99 of 100, of broad and narrow questions alike."""
    folder = stage.folder / "search"
    folder.mkdir()
    database = Database(folder / "hub.sqlite")
    catalogue = SqliteCatalogue(database)
    listings = list(packages())
    database.connection.execute(f"PRAGMA cache_size={FILLING_CACHE}")
    for start in range(0, PACKAGES, AT_ONCE):
        catalogue.put(listings[start : start + AT_ONCE])
    chosen = random.Random(SEED)
    catalogue.add_downloads({item.key: int(chosen.paretovariate(0.4)) % 10**7 for item in listings})
    database.close()
    catalogue = SqliteCatalogue(Database(folder / "hub.sqlite"))  # asked with the cache that every hub has
    made = []
    with Postgres.running(folder / "postgres") as peer:
        peer.load(listings)
        for language, texts in questions().items():
            ours, theirs = _alternating(texts, lambda text: catalogue.search(Question(text)), peer.search)
            made.append(_row(f"search, {language}", ours, theirs))
    everything = [*questions()["English"], *questions()["Chinese"]]
    narrowed = [
        _timed(partial(catalogue.search, Question(text, _FACTS, sort)))
        for _ in range(ROUNDS)
        for text in everything
        for sort in Sort
    ]
    made.append(_row("the same with a category and a permission, in every order", narrowed, None))
    return made


_FACTS = (Fact(Facet.CATEGORY, str(Category.NETWORK)), Fact(Facet.PERMISSION, "observes:files"))


def packages() -> Iterator[Listing]:
    """Rows with words as frequent as those of languages are (Zipf's law); a third have Chinese in them."""
    chosen = random.Random(SEED)
    words = sorted({"".join(chosen.choices(_SYLLABLES, k=chosen.randint(2, 4))) for _ in range(20_000)})
    weights = list(accumulate(1 / place for place in range(1, len(words) + 1)))
    for number in range(PACKAGES):
        name = f"{chosen.choice(words)}{chosen.choice(_ENDS)}{number % 97}"
        told = [*chosen.choices(words, cum_weights=weights, k=8), *chosen.choices(_ENGLISH, k=3)]
        if number % 3 == 0:
            told.append("".join(chosen.choices(_CHINESE, k=4)))
        yield Listing(
            PackageKey("hub.test", f"n{number % 5000}", name),
            "1.0.0",
            " ".join(told),
            (*chosen.sample(_ENGLISH, 2), chosen.choice(_CHINESE)),
            f"p{number % 3000}@example.org",
            f"sha256:{number:064x}",
            number,
            1_700_000_000 + number,
            tuple(_facts(chosen, number)),
            "5.8",
            chosen.randint(0, 4),
        )


def _facts(chosen: random.Random, number: int) -> Iterator[Fact]:
    yield Fact(Facet.CATEGORY, str(chosen.choice(list(Category))))
    yield Fact(Facet.ATTACH, chosen.choice(["xdp", "tc", "kprobe", "fentry", "tracepoint", "uprobe", "lsm"]))
    for word in chosen.sample(["observes:files", "observes:network", "reads-memory:user", "changes:packets"], 2):
        yield Fact(Facet.PERMISSION, word)
    yield Fact(Facet.PUBLISHER, f"p{number % 3000}@example.org")
    yield Fact(Facet.ORIGIN, "hub.test")


def questions() -> dict[str, list[str]]:
    """What is typed: broad words and rare ones, one to three of them, beginnings, parts of names, mistakes."""
    chosen = random.Random(SEED + 1)
    names = [item.key.name for item, _ in zip(packages(), range(200), strict=False)]
    english = [
        *_ENGLISH,
        *(" ".join(chosen.sample(_ENGLISH, count)) for count in (2, 3) for _ in range(10)),
        *chosen.sample(names, 20),
        *(name[:4] for name in chosen.sample(names, 10)),
        *(name[2:7] for name in chosen.sample(names, 10)),
        *("t", "ne", "snoop", "trace file", "netwrk", "secuirty"),
    ]
    chinese = [
        *_CHINESE,
        *(" ".join(chosen.sample(_CHINESE, count)) for count in (2, 3) for _ in range(10)),
        *("".join(chosen.sample(_CHINESE, 2)) for _ in range(20)),
        *(word[0] for word in _CHINESE),
        *(f"{chosen.choice(_ENGLISH)} {chosen.choice(_CHINESE)}" for _ in range(10)),
    ]
    return {"English": english, "Chinese": chinese}


def _alternating(
    texts: Sequence[str], ours: Callable[[str], object], theirs: Callable[[str], object]
) -> tuple[list[float], list[float]]:
    """Seconds of both, each question asked of one after the other."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for text in texts:
            for times, ask in zip(found, (ours, theirs), strict=True):
                times.append(_timed(partial(ask, text)))
    return found


def _timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _row(what: str, ours: Sequence[float], theirs: Sequence[float] | None) -> Row:
    slowest = _high(ours)
    good = slowest <= 0.02 and (theirs is None or slowest <= _high(theirs))
    ratio = f"p99 {slowest / _high(theirs):.2f} x PostgreSQL" if theirs else ""
    peer = f"PostgreSQL {_shown(theirs)}" if theirs else ""
    return Row("H5", f"{what}, {PACKAGES:,} packages", _shown(ours), peer, ratio, "p99 ≤ 20 ms and ≤ 1", good)


def _high(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def _shown(times: Sequence[float]) -> str:
    return f"p50 {statistics.median(times) * 1e3:.1f} ms, p99 {_high(times) * 1e3:.1f} ms"
