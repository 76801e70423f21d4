"""A TUF repository followed from a root that is known: python-tuf does it, over the network or out of a folder.

What is kept of it in a folder of the user's is what TUF needs to notice an older state; the metadata that it verified,
and nothing else. Errors become the house's, each with what to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, Timestamp  # type: ignore[attr-defined]  # its documented place
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from ...schemas.errors import BadInput, HubError, NotFound, NotTrusted, PeerFailed, StorageFailed
from ...signing.roots import MAX_ROOT_BYTES
from ...signing.verdict import one_sentence

CHECK = "trust"
TARGETS = "targets/"
_CHUNK_BYTES = 64 * 1024
_NO_SIGSTORE = "Is it the repository of a Sigstore?"


@dataclass(frozen=True, slots=True)
class Followed:
    """What a repository said: `targets` by name, until when (Unix seconds), under which version of its root."""

    targets: dict[str, bytes]
    until: int
    root_version: int


class FolderFetcher(FetcherInterface):
    """Reads a copy of a repository in a folder, as if its address were `url`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url.rstrip("/") + "/"
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = unquote(url.removeprefix(self._url))
        if ".." in name.split("/") or name.startswith("/"):
            raise exceptions.DownloadHTTPError(f"{name} is no file's name", 404)
        try:
            with (self._folder / name).open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError as error:
            raise exceptions.DownloadHTTPError(f"{name} is missing", 404) from error


def follow(
    *, bootstrap: bytes, kept: Path, url: str, folder: Path | None, needed: str, wanted: tuple[str, ...] = ()
) -> Followed:
    """Follow a repository from the root `bootstrap` and read targets of at most MAX_ROOT_BYTES. Blocking.

    `needed` must be there, `wanted` may be. Raises: NotTrusted, PeerFailed, NotFound, StorageFailed.
    """
    where = str(folder or url)
    with _told(where, outside=folder is None), tempfile.TemporaryDirectory() as place:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        updater = Updater(
            metadata_dir=str(kept),
            metadata_base_url=url,
            target_dir=place,
            target_base_url=f"{url}/{TARGETS}",
            fetcher=FolderFetcher(url, folder) if folder else None,
            bootstrap=bootstrap,
        )
        updater.refresh()
        found = {name: _target(updater, name, where) for name in (needed, *wanted)}
        timestamp, root = Metadata[Timestamp].from_file(str(kept / "timestamp.json")), _root(kept)
    if found[needed] is None:
        raise NotTrusted(f"the repository has no {needed}", check=CHECK, where=where, todo=_NO_SIGSTORE)
    targets = {name: data for name, data in found.items() if data is not None}
    return Followed(targets, int(timestamp.signed.expires.timestamp()), root)


def root_version(document: bytes) -> int:
    """The version of a TUF root. Raises: BadInput."""
    try:
        return int(Metadata[Root].from_bytes(document).signed.version)
    except Exception as error:  # whatever is wrong with it, it is no root
        raise BadInput(f"is no TUF root: {one_sentence(error)}", where="root.json") from error


def _root(kept: Path) -> int:
    return root_version((kept / "root.json").read_bytes())


def _target(updater: Updater, name: str, where: str) -> bytes | None:
    info = updater.get_targetinfo(name)
    if info is None:
        return None
    if info.length > MAX_ROOT_BYTES:
        raise NotTrusted(f"{name} has more than {MAX_ROOT_BYTES} bytes", check=CHECK, where=where, todo=_NO_SIGSTORE)
    return Path(updater.download_target(info)).read_bytes()


@contextmanager
def _told(where: str, *, outside: bool) -> Iterator[None]:
    """Turn what python-tuf raises into the house's errors."""
    try:
        yield
    except HubError:
        raise
    except exceptions.RepositoryError as error:
        what, todo = _reason(error)
        raise NotTrusted(f"{what}: {one_sentence(error)}", check=CHECK, where=where, todo=todo) from error
    except exceptions.DownloadError as error:
        if not outside:
            what = one_sentence(error)
            raise NotFound(what, where=where, todo="Is it a whole copy of a TUF repository?") from error
        slow = isinstance(error, exceptions.SlowRetrievalError)
        what = "does not answer" if slow else f"cannot be read: {one_sentence(error)}"
        todo = "Without a network: ecli trust refresh --from FOLDER, a copy of the repository."
        raise PeerFailed(what, where=where, todo=todo) from error
    except (OSError, ValueError) as error:
        raise StorageFailed(f"cannot be refreshed: {one_sentence(error)}", where=where) from error


def _reason(error: exceptions.RepositoryError) -> tuple[str, str]:
    match error:
        case exceptions.ExpiredMetadataError():
            return "it is older than its authors allow", "Bring a newer copy; and is this machine's clock right?"
        case exceptions.BadVersionNumberError():
            return "its versions do not fit", "It is older than what was seen before, or files of two copies are mixed."
        case exceptions.UnsignedMetadataError():
            return "it is not signed by those who may", "The copy was changed, or is another repository's."
        case exceptions.LengthOrHashMismatchError():
            return "a file is not the one that was signed", "The copy was changed, or files of two copies are mixed."
        case _:
            return "it cannot be believed", "The copy was changed, or is no TUF repository's."
