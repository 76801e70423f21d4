"""What commands that change the origin note share: it is signed here, or written out to be signed where the key is.

What the note says is decided by the hub.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..federation.files import write_durably
from ..schemas.errors import BadInput, NotFound
from ..signing.notes import SignerKey
from ..signing.origin import read_draft
from .command import operate_on
from .folder import HubFolder, read_key

_PATH = click.Path(path_type=Path)
KEY = click.option("--key", type=_PATH, help="The origin key. [default: DIR/offline/origin.key]")
DRAFT = click.option(
    "--draft", type=_PATH, metavar="OUT", help="Only write the new note's text, to be signed elsewhere."
)


def origin_signer(folder: Path, key: Path | None, draft: Path | None) -> SignerKey | None:
    """The origin key, read before anything is changed; None for a draft. Raises: NotFound, BadInput."""
    if draft is not None:
        return None
    place = key or HubFolder(folder.absolute()).origin_key
    if not place.is_file():
        raise NotFound(
            "the origin key is not here",
            where=str(place),
            todo="Name it with --key, or write a --draft to sign elsewhere.",
        )
    return read_key(place)


def next_note(folder: Path, body: str, signer: SignerKey | None, draft: Path | None) -> None:
    """Sign a drafted note and have it served, or write the draft. Raises: HubError."""
    if draft is not None:
        write_durably(draft.absolute(), body.encode())
        click.echo(f"wrote {draft}")
        click.echo(f"Next: ebpfhub origin sign {draft} --key …, then ebpfhub origin install {folder} {draft}")
        return
    note = read_draft(body, where="origin note")
    assert signer is not None  # noqa: S101 — there is no draft
    tell_note(operate_on(folder, "origin.install", {"note": note.sign(signer)}))


def tell_note(told: dict[str, Any]) -> None:
    """Say which note is served now."""
    click.echo(f"the origin note {told['serial']} is served; it names")
    for name, digest in told["domains"].items():
        click.echo(f"  {name}  {digest}")


def read_file(path: Path, limit: int) -> bytes:
    """Read at most one byte more than `limit`. Raises: NotFound, BadInput."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error
