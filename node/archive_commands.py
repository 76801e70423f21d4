"""`ebpfhub export` and `ebpfhub import`: hubs that meet by disk."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..federation.sync.archive_reader import peek
from ..signing.origin import read_fingerprint, read_origin_note
from .command import FOLDER, HubCommand, counted, examples, json_option, operate_on
from .mirror_commands import confirm_origin


@click.command("export", cls=HubCommand)
@FOLDER
@click.argument("output", metavar="OUT.hubx", type=click.Path(path_type=Path))
@click.option("--origin", default="", help="Only this origin. [default: every one with a release]")
@click.option("--since", type=click.IntRange(0), default=0, help="Only what came after this log size.")
@json_option
@examples("""
ebpfhub export ./hub all.hubx
ebpfhub export ./mirror news.hubx --origin hub.example.org --since 1234
""")
def export(folder: Path, output: Path, origin: str, since: int, as_json: bool) -> None:
    """Write log, proofs, signatures and blobs into one file, for a hub that never sees a network."""
    made = operate_on(folder, "archive.export", {"path": str(output.absolute()), "origin": origin, "since": since})
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(f"wrote {output} ({made['bytes']} bytes): {counted(made['releases'], 'release')}, {made['blobs']} blobs")
    for item in made["origins"]:
        click.echo(f"  {item['origin']}: entries {item['since']} to {item['size']}")


@click.command("import", cls=HubCommand)
@FOLDER
@click.argument("archive", metavar="IN.hubx", type=click.Path(path_type=Path))
@click.option("--fingerprint", default="", help="The fingerprint that a new origin's key must have.")
@click.option("--yes", is_flag=True, help="Trust the keys that the archive shows, without a question.")
@click.option("--dry-run", is_flag=True, help="Verify everything and show what would change; change nothing.")
@json_option
@examples("""
ebpfhub import ./island all.hubx --fingerprint 5f0c...91aa
ebpfhub import ./island news.hubx --dry-run
""")
def import_(folder: Path, archive: Path, fingerprint: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Verify an archive like a mirror verifies its origin, and keep what is new. Repeating it changes nothing."""
    agreed = {"": read_fingerprint(fingerprint)} if fingerprint else {}
    if not fingerprint:
        pinned = {item["origin"] for item in operate_on(folder, "mirror.status", {})["origins"]}
        for part, note_text in peek(archive.absolute()):
            if part.origin not in pinned:
                note = read_origin_note(note_text, where=str(archive))
                if not yes:
                    confirm_origin(note.origin, note.fingerprint)
                agreed[part.origin] = note.fingerprint
    arguments = {"path": str(archive.absolute()), "agreed": agreed, "dry": dry_run}
    made = operate_on(folder, "archive.import", arguments)
    if as_json:
        click.echo(json.dumps(made))
        return
    for item in made["origins"]:
        told = "would add" if dry_run else "added"
        if not item["entries"]:
            click.echo(f"{item['origin']}: nothing new; {item['size']} entries are known")
            continue
        click.echo(
            f"{item['origin']}: {told} {item['entries']} entries, {counted(len(item['releases']), 'release')},"
            f" {item['bytes']} bytes; size {item['size']}"
        )
        for release in item["releases"][:20]:
            click.echo(f"  {release}")
