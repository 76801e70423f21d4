"""`ebpfhub authority`: the embedded Sigstore's keys and what it gave out."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path

import click

from .command import FOLDER, HubGroup, examples, hub_folder, json_option, operate_on
from .note_commands import DRAFT, KEY, next_note, origin_signer

PURPOSES = ("signing", "timestamps", "transparency", "log", "tokens")
OVERLAP_MINUTES = 15  # longer than a certificate lives
DRAFT_OVERLAP_MINUTES = 7 * 24 * 60  # the note has to be carried to the origin key and back


@click.group(cls=HubGroup)
def authority() -> None:
    """The embedded Sigstore: its keys, and what it gave out."""


@authority.command("show")
@FOLDER
@json_option
@examples("""
ebpfhub authority show ./hub
ebpfhub authority show ./hub --json
""")
def show(folder: Path, as_json: bool) -> None:
    """List the authority's keys, with the times from which and until which each counts (UTC)."""
    told = operate_on(folder, "authority.show", {})
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"issuer  {told['issuer']}")
    click.echo(f"root    {told['root']}")
    if told["waiting"]:
        click.echo(f"next    {told['waiting']} (waits for its origin note)")
    click.echo("")
    for item in told["keys"]:
        end = f"to {_minute(item['end'])}" if item["end"] else "signs now"
        click.echo(f"{item['purpose']:<12}  {_minute(item['start'])}  {end}")


@authority.command("rotate")
@FOLDER
@click.option(
    "--only",
    type=click.Choice(PURPOSES),
    multiple=True,
    help="Only this key; may repeat. [default: all of them]",
)
@click.option(
    "--overlap",
    type=click.IntRange(0, 90 * 24 * 60),
    metavar="MINUTES",
    help="How long the old keys count after now. [default: 15; with --draft a week]",
)
@KEY
@DRAFT
@examples("""
ebpfhub authority rotate ./hub --key /media/safe/origin.key
ebpfhub authority rotate ./hub --overlap 0
ebpfhub authority rotate ./hub --draft ./next.note
""")
def rotate(folder: Path, only: tuple[str, ...], overlap: int | None, key: Path | None, draft: Path | None) -> None:
    """Put new keys in the place of the authority's. What the old ones have signed stays valid.

    The new trusted root names both, with their times, and the origin note names the root: so it is signed anew with the
    origin key. With --draft that is done where the key is: `ebpfhub origin sign`, then `ebpfhub origin install`; the
    new keys serve from then on. The old private keys are destroyed. --overlap 0 is for keys that may be stolen.
    """
    signer = None if only == ("tokens",) else origin_signer(folder, key, draft)
    minutes = overlap if overlap is not None else DRAFT_OVERLAP_MINUTES if draft else OVERLAP_MINUTES
    asked = {"purposes": list(dict.fromkeys(only or PURPOSES)), "overlap": minutes * 60}
    body = operate_on(folder, "authority.rotate", asked)["body"]
    if not body:
        click.echo("identity tokens are signed with a new key")
        return
    next_note(folder, body, signer, draft)


def _minute(time: str) -> str:
    return f"{time[:10]} {time[11:19]}"


@authority.command("audit")
@FOLDER
@click.option("--since", default="", metavar="TIME", help="From this time on (UTC): 2026-11-28, or 2026-11-28T17:30.")
@click.option("--who", default="", metavar="IDENTITY", help="Only what this identity did, got or was refused.")
@click.option("--refused", is_flag=True, help="Only what was refused.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the last N events.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with serial numbers and hashes.")
@examples("""
ebpfhub authority audit ./hub --last 20
ebpfhub authority audit ./hub --since 2026-11-28 --refused
ebpfhub authority audit ./hub --who you@example.org --json
""")
def audit(folder: Path, since: str, who: str, refused: bool, last: int | None, as_json: bool) -> None:
    """Show what the hub gave out, changed and refused: sign-ins, tokens, roles, pulls …; oldest first."""
    from .authority.audit_reader import Filter, read_audit

    events = read_audit(hub_folder(folder).audit, Filter(since.replace(" ", "T"), who, refused))
    for event in events if last is None else deque(events, last):
        click.echo(json.dumps(event) if as_json else _told(event))


def _told(event: dict[str, str]) -> str:
    """An event in a line; why it was refused in a second."""
    what = event["what"] if event["result"] == "given" else f"{event['what']} refused"
    line = f"{_minute(event['time'])}  {what:<19}  {event.get('who') or event.get('by') or '-'}"
    line += f"  for {event['whom']}" if event.get("whom") else ""
    line += "".join(f"  {event[name]}" for name in ("origin", "namespace", "package") if event.get(name))
    line += "  by force" if event.get("forced") else ""
    if event.get("address"):
        line += f"  from {event['address']}"
    return f"{line}\n    {event['reason']}" if event.get("reason") else line
