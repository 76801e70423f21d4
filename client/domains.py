"""Trust domains of this user and of the machine: Sigstores by name, each with a trusted root of its own, never merged.

`public` comes with the installed sigstore library, or was refreshed; every other is a file that somebody added. They
say whose signatures `--domain NAME` believes and where `--sigstore NAME` signs; hubs name theirs in their origin notes,
apart from these.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..federation.files import remove_durably, write_durably
from ..schemas.errors import BadInput, Conflict, NotFound, NotTrusted
from ..schemas.identity import check_domain
from ..signing.public_good import PUBLIC, public_domain, public_trust_config
from ..signing.roots import TrustDomain
from ..signing.succession import changes_of
from ..signing.trust_file import MAX_TRUST_FILE_BYTES, TrustFile
from .home import Home
from .refresh.public import kept_public

MAX_DOMAINS = 64
HUBS_OWN = "hub"  # what every hub calls the authority that it brings
_LIBRARY = "the installed sigstore library"


@dataclass(frozen=True, slots=True)
class KnownDomain:
    """A trust domain, and where it comes from: the library, or a file of the machine or the user.

    `config` is the ClientTrustConfig to sign with, or None where only the root is known. `checked` is when it was last
    read from its source, `until` what that said of how long it is good (Unix seconds; 0: not known).
    """

    domain: TrustDomain
    source: str
    config: bytes | None
    checked: int = 0
    until: int | None = None


class Domains:
    """All trust domains that a user knows."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> list[KnownDomain]:
        """Every domain, `public` first. Raises: BadInput for a file that is damaged."""
        found = {path.stem: path for folder in reversed(self._home.domains) for path in _files(folder)}
        return [self.get(PUBLIC), *(_read(found[name]) for name in sorted(found))]

    def get(self, name: str) -> KnownDomain:
        """The domain of that name; the machine's file stands before the user's. Raises: NotFound, BadInput."""
        if name == PUBLIC:
            return self._public()
        check_domain(name)
        for folder in self._home.domains:
            path = folder / f"{name}.json"
            if path.is_file():
                return _read(path)
        raise NotFound(
            f"there is no trust domain {name!r} here",
            where="trust domain",
            todo=f"Add its trusted root: ecli trust domain add {name} FILE",
        )

    def _public(self) -> KnownDomain:
        kept = kept_public(self._home)
        if kept is None:
            return KnownDomain(public_domain(), _LIBRARY, public_trust_config())
        config = public_trust_config(kept.root, kept.config)
        domain, source = TrustDomain.parse(PUBLIC, kept.root), f"refreshed from {kept.source}"
        return KnownDomain(domain, source, config, kept.refreshed, kept.until)

    def changes(self, name: str, data: bytes, *, where: str) -> tuple[str, ...]:
        """What a file would change of the domain of that name, a line each; empty for a new name or the same root.

        Raises: Conflict for another Sigstore, or a domain of the machine; BadInput.
        """
        _check_free(name)
        domain = TrustFile.parse(data, where=where).domain(name)
        try:
            held = self.get(name).domain
        except NotFound:
            return ()
        if held.digest == domain.digest:
            return ()
        machine = self._home.domains[0] / f"{name}.json"
        if machine.is_file():
            raise Conflict(f"the trust domain {name} is the machine's, and has another root", where=str(machine))
        try:
            return changes_of(held, domain) or ("it is written otherwise, and says the same",)
        except NotTrusted as error:
            raise Conflict(error.what, where=where, todo=error.todo) from error

    def add(self, name: str, data: bytes, *, where: str, agreed: bool = False) -> KnownDomain:
        """Keep a trusted root, or a configuration with one. Raises: Conflict, BadInput.

        `agreed` tells that somebody agreed to what it changes of a name that is known. `where` is the file that a
        refresh reads again.
        """
        if (changes := self.changes(name, data, where=where)) and not agreed:
            raise Conflict(f"changes the trust domain {name}: {changes[0]}", where=where, todo="Agree to it: --yes")
        file = TrustFile.parse(data, where=where)
        path = self._home.domains[1] / f"{name}.json"
        if not path.is_file() and len(self.all()) > MAX_DOMAINS:
            raise Conflict(f"there are {MAX_DOMAINS} trust domains already", where=where)
        self._home.make()
        write_durably(path.with_suffix(".from"), where.encode(), mode=0o600)
        write_durably(path, data, mode=0o600)
        return KnownDomain(file.domain(name), str(path), file.config)

    def file_of(self, name: str) -> Path | None:
        """The file from which the user added a domain, as far as it is known."""
        try:
            text = (self._home.domains[1] / f"{name}.from").read_text()
        except (OSError, UnicodeDecodeError):
            return None
        return Path(text) if Path(text).is_absolute() else None

    def remove(self, name: str) -> None:
        """Forget one of the user's own domains. Raises: NotFound, Conflict, StorageFailed."""
        _check_free(name)
        found = self.get(name)
        path = self._home.domains[1] / f"{name}.json"
        if not path.is_file():
            raise Conflict(f"the trust domain {name} is the machine's", where=found.source)
        remove_durably(path)
        path.with_suffix(".from").unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))[:MAX_DOMAINS] if folder.is_dir() else []


def _read(path: Path) -> KnownDomain:
    where = str(path)
    try:
        with path.open("rb") as file:
            data, changed = file.read(MAX_TRUST_FILE_BYTES + 1), os.fstat(file.fileno()).st_mtime
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=where) from error
    read = TrustFile.parse(data, where=where)
    return KnownDomain(read.domain(path.stem), where, read.config, int(changed))


def _check_free(name: str) -> None:
    check_domain(name)
    if name == PUBLIC:
        todo = "Its root comes with the installed sigstore library: a newer one with a newer version of that."
        raise BadInput("`public` is the public-good Sigstore and nothing else", where="trust domain", todo=todo)
    if name == HUBS_OWN:
        todo = "Name it by whose it is, for example after the hub."
        raise BadInput("every hub calls its own authority `hub`", where="trust domain", todo=todo)
