"""The pages below /docs: every manual in both languages, without a broken link; every operation of the API."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest
from ebpfhub.node.web.docs.manuals import BOOKS, FOLDER, Book, Manuals
from ebpfhub.node.web.render import MAX_PAGE_BYTES

from ...hubs import RunningHub
from .document import Found

MANUALS = Manuals()
EVERY = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)


def addresses(book: Book) -> list[str]:
    """The addresses of all pages of a manual."""
    slugs = [section.slug for section in MANUALS.sections(book, "en")]
    return ["/".join(filter(None, ("/docs", book.name, slug))) for slug in slugs]


def opened(hub: RunningHub, path: str, language: str) -> Found:
    answer = hub.ask(path, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status == 200, path
    assert len(answer.body) <= MAX_PAGE_BYTES, path
    return Found.page(answer.text)


@pytest.mark.parametrize("language", ["en", "zh"])
@EVERY
def test_every_page_is_small_and_every_link_leads_somewhere(hub: RunningHub, book: Book, language: str) -> None:
    pages = {path: opened(hub, path, language) for path in addresses(book)}
    targets = {path: {item.attributes["id"] for item in page.all("[id]")} for path, page in pages.items()}
    for path, page in pages.items():
        for link in page.all("main a[href]"):
            place = urlsplit(link.attributes["href"])
            if place.netloc:
                continue
            target = place.path or path
            if target not in targets:
                found = opened(hub, target, language)
                targets[target] = {item.attributes["id"] for item in found.all("[id]")}
            assert not place.fragment or unquote(place.fragment) in targets[target], (path, link.attributes["href"])


@EVERY
def test_anchors_stand_once_on_a_page_and_levels_are_not_skipped(hub: RunningHub, book: Book) -> None:
    for path in addresses(book):
        page = opened(hub, path, "zh")
        anchors = [item.attributes["id"] for item in page.all("[id]")]
        assert len(anchors) == len(set(anchors)), path
        levels = [int(item.name[1]) for item in page.all("article h1, article h2, article h3, article h4")]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_nothing_of_a_manual_is_left_out(hub: RunningHub) -> None:
    book = next(item for item in BOOKS if item.name == "manual")
    told = " ".join(opened(hub, path, "en").one("article").words for path in addresses(book))
    for line in (FOLDER / "manual.md").read_text().splitlines():
        if line.startswith("#"):
            assert line.strip("# ").replace("`", "") in told, line
    assert "<!--" not in told
    assert "opensnoop then means hub.example.org/library/opensnoop:latest" in told


def test_pictures_of_the_manuals_are_there_and_small() -> None:
    found = {
        name: re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (FOLDER / name).read_text())
        for name in ("manual.md", "manual.zh.md")
    }
    assert found["manual.md"] == found["manual.zh.md"]
    assert sorted(found["manual.md"]) == [
        f"screenshots/{path.name}" for path in sorted((FOLDER / "screenshots").iterdir())
    ]
    for name in found["manual.md"]:
        data = (FOLDER / name).read_bytes()
        assert data[:4] == b"RIFF", name
        assert data[8:12] == b"WEBP", name
        assert len(data) <= 150_000, name


def test_what_is_not_translated_says_so_in_the_readers_language(hub: RunningHub) -> None:
    page = opened(hub, "/docs/protocol", "zh")
    assert page.one("article").attributes["lang"] == "en"
    assert page.one(".note").attributes["lang"] == "zh-Hans"


def test_the_reference_tells_all_that_the_document_does(hub: RunningHub) -> None:
    document = hub.ask("/api/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    listed = opened(hub, "/docs/api", "en")
    names = [item.words for item in listed.all(".api h3 a")]
    operations = {
        item["operationId"]: (path, item) for path, methods in document["paths"].items() for item in methods.values()
    }
    assert sorted(names) == sorted(operations)
    for name, (path, item) in operations.items():
        page = opened(hub, f"/docs/api/{name}", "en")
        told = page.one("main").words
        assert path in told
        assert all(parameter["name"] in told for parameter in item.get("parameters", ()))
        assert all(status in told for status in item["responses"])
        for found in page.all("h3[id]"):
            assert all(key in told for key in schemas[found.attributes["id"]].get("properties", ())), found.words
        assert "$ref" not in told


@pytest.mark.parametrize(
    "path", ["/docs/absent", "/docs/manual/absent", "/docs/api/absent", "/docs/../hub.toml", "/docs/README"]
)
def test_what_is_not_there_is_a_page(hub: RunningHub, path: str) -> None:
    answer = hub.ask(path, headers={"Accept": "text/html"})
    assert answer.status == 404
    assert 'action="/packages"' in answer.text
