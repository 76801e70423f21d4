"""The catalogue: what is found in two languages and with mistakes, in which order, how it is counted and paged through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.node.hub.catalogue import Answer, Catalogue, Facet, Fact, PackageKey, Question, Sort
from ebpfhub.node.hub.words import asked_words
from ebpfhub.node.storage import catalogue_search
from ebpfhub.node.storage.catalogue import SqliteCatalogue
from ebpfhub.node.storage.catalogue_match import condition, match
from ebpfhub.node.storage.database import Database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .listings import ORIGIN, category, listing, permission

DROPS = permission("changes:packets")
FEW = (
    listing("opensnoop", "Traces the files that processes open", category("files"), keywords=("files", "tracing")),
    listing("tcpconnect", "Traces TCP connections as they open", category("network"), keywords=("network", "tcp")),
    listing("xdp-drop", "Drops packets of a port", category("network"), DROPS, keywords=("firewall", "网络安全")),
    listing("wenjian", "跟踪进程打开的文件", category("files"), keywords=("文件",), namespace="zh"),
    listing("wangluo", "统计网络连接和延迟", category("network"), namespace="zh", trust=1),
)


@pytest.fixture(params=[SqliteCatalogue])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue of each kind that there is."""
    database = Database(tmp_path / "hub.sqlite")
    yield request.param(database)
    database.close()


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    catalogue.put(FEW)
    return catalogue


def names(answer: Answer) -> list[str]:
    return [found.listing.key.name for found in answer.found]


def search(catalogue: Catalogue, text: str = "", *facts: Fact, **changes: object) -> list[str]:
    return names(catalogue.search(replace(Question(text, facts), **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("opensnoop", {"opensnoop"}),
        ("OPENSNOOP", {"opensnoop"}),
        ("library/opensnoop", {"opensnoop"}),
        ("snoop", {"opensnoop"}),
        ("open", {"opensnoop", "tcpconnect"}),
        ("open files", {"opensnoop"}),
        ("conn", {"tcpconnect"}),
        ("nnec", {"tcpconnect"}),
        ("t", {"opensnoop", "tcpconnect"}),
        ("tc", {"tcpconnect"}),
        ("drop xdp", {"xdp-drop"}),
        ("xdpdrop", {"xdp-drop"}),
        ("文件", {"wenjian"}),
        ("件", {"wenjian"}),
        ("网络", {"xdp-drop", "wangluo"}),
        ("网络 延迟", {"wangluo"}),
        ("打开的文件", {"wenjian"}),
        ("\uff34\uff23\uff30", {"tcpconnect"}),
        ("zh 网络", {"wangluo"}),
        ("nothing here", set()),
        ("绿色", set()),
        ("!!! ???", set()),
    ],
)
def test_words_are_found(filled: Catalogue, text: str, expected: set[str]) -> None:
    assert set(search(filled, text)) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("opensnop", "opensnoop"),
        ("oppensnoop", "opensnoop"),
        ("opensnopo", "opensnoop"),
        ("0pensnoop", "opensnoop"),
        ("tcpconect", "tcpconnect"),
        ("packts port", "packets port"),
    ],
)
def test_one_mistake_in_a_word_is_forgiven_and_told(filled: Catalogue, typed: str, meant: str) -> None:
    answer = filled.search(Question(typed))
    assert (answer.corrected, names(answer)) == (meant, search(filled, meant))
    assert filled.search(Question(meant)).corrected == ""


def test_chinese_words_in_another_order_are_found_where_nothing_has_them_in_this_one(filled: Catalogue) -> None:
    assert search(filled, "延迟连接网络") == ["wangluo"]


def test_an_empty_question_finds_everything_the_newest_first(filled: Catalogue) -> None:
    filled.put([listing("newer", time=1_800_000_000)])
    found = search(filled)
    assert found[0] == "newer"
    assert len(found) == filled.count() == len(FEW) + 1


def test_a_name_counts_more_than_a_keyword_and_that_more_than_a_description(catalogue: Catalogue) -> None:
    catalogue.put(
        [
            listing("a", "it is about tcp"),
            listing("b", keywords=("tcp",)),
            listing("xtcp"),
            listing("tcpx"),
            listing("tcp"),
        ]
    )
    assert search(catalogue, "tcp") == ["tcp", "tcpx", "xtcp", "b", "a"]


def test_downloads_and_trust_decide_between_equals(catalogue: Catalogue) -> None:
    catalogue.put([listing(f"tcp-{name}", trust=4 if name == "c" else 1) for name in "abc"])
    assert search(catalogue, "tcp")[0] == "tcp-c"
    catalogue.add_downloads({PackageKey(ORIGIN, "library", "tcp-b"): 1000})
    assert search(catalogue, "tcp") == ["tcp-b", "tcp-c", "tcp-a"]
    assert search(catalogue, "tcp", sort=Sort.POPULAR)[0] == "tcp-b"


def test_downloads_add_up_and_outlive_a_restart(tmp_path: Path) -> None:
    for _ in range(3):
        database = Database(tmp_path / "hub.sqlite")
        catalogue = SqliteCatalogue(database)
        catalogue.put([listing("opensnoop")])
        catalogue.add_downloads({PackageKey(ORIGIN, "library", "opensnoop"): 3, PackageKey(ORIGIN, "a", "absent"): 1})
        database.close()
    database = Database(tmp_path / "hub.sqlite")
    (found,) = SqliteCatalogue(database).search(Question("opensnoop")).found
    assert found.downloads == 9
    database.close()


def test_the_highest_version_is_shown_and_a_final_one_before_a_pre_release(catalogue: Catalogue) -> None:
    for version in ("1.0.0", "2.0.0-rc.1", "0.9.0", "1.2.0", "1.1.0"):
        catalogue.put([listing("tool", f"words of {version.replace('.', '-')}", version=version)])
    (found,) = catalogue.search(Question("tool")).found
    assert found.listing.version == "1.2.0"
    assert search(catalogue, "words 1-2-0") == ["tool"]
    assert catalogue.search(Question('"2-0-0-rc-1"')).total == 0


def test_what_was_taken_in_is_remembered_for_each_origin(catalogue: Catalogue) -> None:
    catalogue.put([listing("a", entry=7), listing("b", entry=3), listing("c", entry=1, origin="other.test")])
    assert [catalogue.known_size(origin) for origin in (ORIGIN, "other.test", "new.test")] == [8, 2, 0]


def test_facts_are_asked_for_alone_together_and_with_words(filled: Catalogue) -> None:
    network = category("network")
    assert set(search(filled, "", network)) == {"tcpconnect", "xdp-drop", "wangluo"}
    assert search(filled, "", network, DROPS) == ["xdp-drop"]
    assert search(filled, "tcp", network) == ["tcpconnect"]
    assert search(filled, "tcp", category("files")) == []
    assert search(filled, "tcp", category("netw")) == [], "a fact is no prefix"
    assert search(filled, "network") == ["tcpconnect"], "a fact is no word"


def test_facts_are_counted_over_everything_that_is_found(filled: Catalogue) -> None:
    answer = filled.search(Question("", limit=1))
    counts = {count.value: count.packages for count in answer.facets[Facet.CATEGORY]}
    assert (answer.total, answer.exact, counts) == (len(FEW), True, {"network": 3, "files": 2})
    narrowed = filled.search(Question("tcp"))
    assert [(count.value, count.packages) for count in narrowed.facets[Facet.CATEGORY]] == [("network", 1)]


def test_values_of_facts_are_kept_as_they_are(catalogue: Catalogue) -> None:
    odd = Fact(Facet.PUBLISHER, "https://example.org/a=b&c?d\"e'f\u2028g h")
    catalogue.put([listing("odd", "", odd)])
    (found,) = catalogue.search(Question("", (odd,))).found
    assert odd in found.listing.facts


@pytest.mark.parametrize("cap", [3, 1000])
@pytest.mark.parametrize("sort", Sort)
def test_pages_follow_each_other_without_gap_or_repetition(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, sort: Sort, cap: int
) -> None:
    monkeypatch.setattr(catalogue_search, "MAX_HITS", cap)
    catalogue.put([listing(f"tcp{(7 * number) % 30:02}", time=1_700_000_000 + number % 5) for number in range(30)])
    catalogue.add_downloads({PackageKey(ORIGIN, "library", f"tcp{number:02}"): number % 4 for number in range(30)})
    question, found = Question("tcp", sort=sort, limit=7), list[str]()
    for _ in range(10):
        answer = catalogue.search(question)
        found += names(answer)
        if answer.next is None:
            break
        question = replace(question, after=answer.next)
    assert len(found) == len(set(found)) == 30
    assert found[7:14] == search(catalogue, "tcp", sort=sort, limit=7, offset=7)
    if sort is Sort.NAME:
        assert found == sorted(found)
    assert answer.exact == (cap > 30)


def test_new_packages_do_not_shift_pages_that_follow(catalogue: Catalogue) -> None:
    catalogue.put([listing(f"tool{number}", time=1_700_000_000 + number) for number in range(6)])
    first = catalogue.search(Question(limit=3))
    catalogue.put([listing("newest", time=1_800_000_000)])
    assert search(catalogue, limit=3, after=first.next) == ["tool2", "tool1", "tool0"]


def test_a_broad_word_does_not_hide_the_package_of_that_name(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_search, "MAX_HITS", 10)
    many = [listing(f"tool{number}", "about tcp", category("network")) for number in range(40)]
    catalogue.put([*many, listing("tcp", "", category("network"))])
    catalogue.add_downloads({item.key: 5000 for item in many})
    answer = catalogue.search(Question("tcp", (category("network"),)))
    assert names(answer)[0] == "tcp"
    assert (answer.total, answer.exact) == (10, False)
    assert answer.facets[Facet.CATEGORY][0].packages == 10


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", "*", "a*", "^a", "a AND", "NOT a", "a NEAR b", "{terms}: a", "terms:a", "-a", "(", ")", "a\0b", "~ope",
        "=a", "!opensnoop", "%", "_", "\\", ";DROP TABLE listings", "a" * 200, "网" * 200, "a " * 100, "\ud800", "ﷺ" * 50,
        "(" * 200, "\u202e", "' OR 1=1 --", "a\" OR \"b",
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_a_query_language(filled: Catalogue, text: str) -> None:
    for sort in Sort:
        assert filled.search(Question(text, sort=sort)).total <= len(FEW)
    assert filled.count() == len(FEW)


TEXTS = st.text(alphabet="aboptc网络文 -'\"*()~=!:&\0", max_size=20)


@given(TEXTS, st.lists(TEXTS, max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_in_an_order_finds_what_the_index_finds(tmp_path: Path, text: str, values: list[str]) -> None:
    path = tmp_path / "shared.sqlite"
    new = not path.exists()
    database = Database(path)
    if new:
        facts = [category(value) for value in ("", "a", "网络")]
        texts = ("open a b", "tcp 网络 文件", "c", "network tcp optic 网", "文件网络")
        put = [
            listing(f"{name}{place}", told, *facts) for place, told in enumerate(texts) for name in ("abc", "top", "c")
        ]
        SqliteCatalogue(database).put(put)
    words, facts = asked_words(text), [category(value) for value in values]
    test, bound = condition(words, facts)
    if words or facts:
        index = database.rows(
            "SELECT rowid FROM listing_terms WHERE listing_terms MATCH ? ORDER BY 1", match(words, facts)
        )
        assert index == database.rows(f"SELECT id FROM listings l WHERE {test} ORDER BY 1", *bound)
    database.close()


def test_the_first_catalogue_is_replaced_and_filled_again(tmp_path: Path) -> None:
    """A hub of an older version: the log is read again from its beginning."""
    from ebpfhub.node.storage import database as module
    from ebpfhub.node.storage.migrations import MIGRATIONS

    path, steps = tmp_path / "hub.sqlite", MIGRATIONS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", tuple(step for step in steps if step.name != "catalogue-2"))
        old = Database(path)
    old.write(
        "INSERT INTO catalogue (origin, namespace, name, version, description) VALUES ('a.test', 'b', 'c', '1.0.0', 'd')"
    )
    old.write("INSERT INTO settings VALUES ('catalogue a.test', '5')")
    old.close()
    database = Database(path)
    catalogue = SqliteCatalogue(database)
    assert (catalogue.count(), catalogue.known_size("a.test")) == (0, 0)
    catalogue.put(FEW)
    assert search(catalogue, "opensnoop") == ["opensnoop"]
    database.close()
