"""`ecli search`: what a hub lists, narrowed down, as a table that fits the terminal. Nothing of it is verified here."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import click

from ...federation.transport import Transport
from ...schemas.codec import decode_json
from ...schemas.errors import NotFound
from ...schemas.fields import Fields
from ...schemas.reference import DEFAULT_NAMESPACE
from ..credentials import Credentials
from ..home import Home
from ..output.text import columns, visible
from ..pins import Pins
from .command import EcliCommand, examples, json_option

F = TypeVar("F", bound=Callable[..., Any])
MAX_SEARCH_BYTES = 2 * 1024 * 1024
MAX_RESULTS = 100
WIDE = 100  # columns from which the table tells more of a package
MIN_DESCRIPTION = 20  # columns
_SEVERAL = {"category": "files, network, security, …", "attach": "xdp, kprobe, …", "permission": "changes:packets, …"}


def _repeated(name: str, told: str) -> Callable[[F], F]:
    return click.option(f"--{name}", multiple=True, metavar="WORD", help=f"{told}: {_SEVERAL[name]} May be repeated.")


@click.command(cls=EcliCommand)
@click.argument("words", nargs=-1)
@_repeated("category", "Only what is about this")
@_repeated("attach", "Only what attaches to this")
@_repeated("permission", "Only what may do this (`changes:nothing`: alters nothing)")
@click.option("--architecture", type=click.Choice(["x86-64", "arm64"]), help="Only what runs on these processors.")
@click.option("--kernel", metavar="VERSION", help="Only what finds its helpers in this Linux, such as 5.10.")
@click.option("--publisher", metavar="IDENTITY", help="Only what this identity released.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "new", "popular", "name"]),
    help="The order. [default: relevance; new without words]",
)
@click.option("--limit", type=click.IntRange(1, MAX_RESULTS), default=20, show_default=True, help="At most so many.")
@json_option
@examples("""
ecli search opensnoop
ecli search tcp latency --json
ecli search 网络 --sort popular
ecli search --category security --permission changes:nothing --kernel 5.10
""")
def search(words: tuple[str, ...], as_json: bool, **filters: Any) -> None:
    """Search the default origin's hub. What it finds is not verified before you pull or run it."""
    pin = Pins(Home.find()).get("")
    asked = {"q": " ".join(words), **filters}
    query = urlencode({key: value for key, value in asked.items() if value}, doseq=True)
    found, about = asyncio.run(_search(f"{pin.url}/api/v1/search?{query}"))
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        raise NotFound(
            f"{pin.origin} has no such package",
            where=" ".join(words) or "search",
            todo="Fewer words or filters find more.",
        )
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table(found, pin.origin, width=width):
        click.echo(line)
    if about:
        click.echo(about, err=True)


def table(found: Sequence[dict[str, Any]], origin: str, *, width: int | None) -> list[str]:
    """The lines of the table; with a width, descriptions are cut where a line would be longer."""
    wide = width is None or width >= WIDE
    head = ("NAME", "VERSION", "PULLS", *(("ATTACHES TO", "MAY CHANGE") if wide else ()), "DESCRIPTION")
    rows = [head, *(_row(item, origin, wide=wide) for item in found)]
    widths = [max(columns(row[place]) for row in rows) for place in range(len(head) - 1)]
    room = None if width is None else max(width - sum(widths) - 2 * len(widths), MIN_DESCRIPTION)
    return [
        "".join(f"{text}{' ' * (size - columns(text) + 2)}" for text, size in zip(row[:-1], widths, strict=True))
        + _cut(row[-1], room)
        for row in rows
    ]


def _row(item: dict[str, Any], origin: str, *, wide: bool) -> tuple[str, ...]:
    name = item["name"] if item["namespace"] == DEFAULT_NAMESPACE else f"{item['namespace']}/{item['name']}"
    if item["origin"] != origin:
        name = f"{item['origin']}/{item['namespace']}/{item['name']}"
    changes = [word.partition(":")[2] for word in item["permissions"] if word.startswith(("changes:", "persists:"))]
    more = (_short(item["attach"]), _short(changes) or "nothing") if wide else ()
    told = (name, item["version"], f"{item['downloads']:,}", *more, " ".join(item["description"].split()))
    return tuple(map(visible, told))


def _short(words: list[str]) -> str:
    return ", ".join(words[:2]) + (", …" if len(words) > 2 else "")


def _cut(text: str, room: int | None) -> str:
    if room is None or columns(text) <= room:
        return text
    while columns(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"


async def _search(url: str) -> tuple[list[dict[str, Any]], str]:
    """The packages, and a sentence about what they are, where there is one to say."""
    async with Transport(Credentials(Home.find()).find) as transport:
        data = await transport.get(url, limit=MAX_SEARCH_BYTES, accept="application/json")
    fields = Fields(decode_json(data, limit=MAX_SEARCH_BYTES, where=url), url)
    found = [_package(item) for item in fields.maps("results", limit=MAX_RESULTS)]
    corrected = visible(fields.text("corrected", limit=1024, default=""))
    total = fields.integer("total", default=len(found))
    least = "" if fields.boolean("exact", default=True) else "at least "
    told = [f"Nothing has these words; this is what was found for: {corrected}"] if corrected else []
    if total > len(found):
        told.append(f"{len(found)} of {least}{total:,}; --limit shows more, filters show fewer.")
    return found, "\n".join(told)


def _package(item: Fields) -> dict[str, Any]:
    return {
        "origin": item.text("origin", limit=253),
        "namespace": item.text("namespace", limit=128),
        "name": item.text("name", limit=128),
        "version": item.text("version", limit=64),
        "description": item.text("description", limit=4096, default=""),
        "publisher": item.text("publisher", limit=512, default=""),
        "digest": item.digest("digest"),
        "released": item.integer("released", default=0),
        "downloads": item.integer("downloads", default=0),
        "minimum_kernel": item.text("minimum_kernel", limit=16, default=""),
    } | {
        name: item.texts(name, count=128, limit=128, default=[])
        for name in ("keywords", "categories", "attach", "permissions", "architectures")
    }
