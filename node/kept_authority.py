"""The authority's keys on disk, and how new ones take the place of the old: which keys serve, the origin note decides.

New keys wait, whole, in a folder beside. The moment a note that names their trusted root is served they are the
authority, even if the machine dies before the folders are changed about: the next start does that. So there is no
moment without working keys, and none in which keys serve that no client would believe.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ..federation.files import sync_folder
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, StorageFailed
from ..signing.authority.keys import TOKEN_KEY, AuthorityKeys
from ..signing.authority.trust import trusted_root
from .folder import HubFolder, read_secret, write_secret


class KeptAuthority:
    """`keys` are those that serve now; they change while the hub serves, so nobody keeps them for long."""

    def __init__(self, folder: HubFolder, named: Digest) -> None:
        """Open the keys whose trusted root the origin note names. Raises: BadInput, StorageFailed."""
        self._serving, self._next = folder.authority, folder.next_authority
        self.keys = self._settle(named)

    def prepare(self, keys: AuthorityKeys) -> None:
        """Keep keys that will serve once a note names them; those that waited before are forgotten. Blocking.

        Raises: StorageFailed.
        """
        new = self._next.with_name(f"{self._next.name}.new")
        try:
            _remove(new)
            for name, data in keys.to_files().items():
                write_secret(new / name, data)
            _remove(self._next)
            new.rename(self._next)
            sync_folder(self._next.parent)
        except OSError as error:
            raise _failed(error, self._next) from error

    def waiting(self) -> tuple[Digest, AuthorityKeys] | None:
        """The keys that wait for a note, and their trusted root's digest. Raises: BadInput."""
        if not self._next.is_dir():
            return None
        keys = _read(self._next)
        return _root(keys), keys

    def adopt(self, named: Digest) -> AuthorityKeys:
        """Serve with the keys of the trusted root that the note names from now on. Raises: BadInput, StorageFailed."""
        found = self.waiting()
        if found is not None and found[0] == named:
            self.keys = found[1]  # memory first: the disk may fail, and is mended by a restart
        self.keys = self._settle(named)
        return self.keys

    def use_tokens(self, keys: AuthorityKeys) -> None:
        """Sign identity tokens with another key at once, which no trusted root names. Raises: StorageFailed.

        Keys that wait are forgotten: they would bring the old one back.
        """
        try:
            _remove(self._next)
        except OSError as error:
            raise _failed(error, self._next) from error
        write_secret(self._serving / TOKEN_KEY, keys.to_files()[TOKEN_KEY])
        self.keys = _read(self._serving)

    def _settle(self, named: Digest) -> AuthorityKeys:
        try:
            for place in (self._serving, self._next):
                if not place.is_dir():
                    continue
                keys = _read(place)
                if _root(keys) != named:
                    continue
                if place != self._serving:
                    self._change_about()
                self._sweep()
                return keys
        except OSError as error:
            raise _failed(error, self._serving) from error
        raise BadInput(
            f"the origin note names the trusted root {named}, which these keys do not make",
            where=str(self._serving),
            todo="Is the folder, or the note, from a backup? They belong together.",
        )

    def _change_about(self) -> None:
        if self._serving.is_dir():
            self._serving.rename(_gone(self._serving))
        self._next.rename(self._serving)
        sync_folder(self._serving.parent)

    def _sweep(self) -> None:
        """Destroy what an interruption, or a change, has left: keys that serve no more, or never did."""
        for folder in self._serving.parent.glob(f"{self._serving.name}.*"):
            if folder != self._next:
                shutil.rmtree(folder)


def _read(place: Path) -> AuthorityKeys:
    return AuthorityKeys.from_files({path.name: read_secret(path) for path in place.iterdir() if path.is_file()})


def _root(keys: AuthorityKeys) -> Digest:
    return Digest.of(trusted_root(keys))


def _gone(folder: Path) -> Path:
    gone = folder.with_name(f"{folder.name}.gone")
    if gone.is_dir():
        shutil.rmtree(gone)
    return gone


def _remove(folder: Path) -> None:
    """Remove a folder in one step: what is left of it after an interruption has another name."""
    if folder.is_dir():
        gone = folder.rename(_gone(folder))
        sync_folder(folder.parent)
        shutil.rmtree(gone)


def _failed(error: OSError, place: Path) -> StorageFailed:
    return StorageFailed(f"cannot change the authority's keys: {error.strerror}", where=str(place))
