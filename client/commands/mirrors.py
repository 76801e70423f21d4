"""`ecli mirrors`: the servers of every trusted origin, how quick they are, and which one would be taken now."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from ...federation.transport import Transport
from ..credentials import Credentials
from ..home import Home
from ..nearest import measure
from ..pins import Pins
from .command import EcliCommand, examples, json_option

_HEAD = ("", "ORIGIN", "SERVER", "KIND", "TIME", "ENTRIES", "STATE")


@click.command(cls=EcliCommand)
@json_option
@examples("""
ecli mirrors
ecli mirrors --json
""")
def mirrors(as_json: bool) -> None:
    """Measure the servers of every trusted origin. The one marked * is what `ecli run` and `ecli pull` would take."""
    found = asyncio.run(_measure())
    if as_json:
        click.echo(json.dumps(found))
        return
    rows = [_HEAD, *(_row(item) for item in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    for row in rows:
        click.echo("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip())


async def _measure() -> list[dict[str, Any]]:
    found = []
    async with Transport(Credentials(Home.find()).find) as transport:
        for pin in Pins(Home.find()).all():
            for place, item in enumerate(await measure(transport, pin, thorough=True)):
                server = item.measured
                found.append(
                    {
                        "origin": pin.origin,
                        "url": server.url,
                        "mirror": server.mirror,
                        "milliseconds": None if server.milliseconds is None else round(server.milliseconds, 1),
                        "size": server.size,
                        "state": str(item.verdict),
                        "error": server.error or None,
                        "chosen": place == 0 and server.size is not None,
                    }
                )
    return found


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    time = "-" if item["milliseconds"] is None else f"{item['milliseconds']:.1f} ms"
    state = item["state"] if not item["error"] else f"{item['state']}: {item['error']}"
    return (
        "*" if item["chosen"] else " ",
        item["origin"],
        item["url"],
        "mirror" if item["mirror"] else "origin",
        time,
        "-" if item["size"] is None else str(item["size"]),
        state,
    )
