"""This hub's own origin note and the trust domains that it names, as they stand now. A newer note takes their place.

The note is signed with the offline key elsewhere; here it is only drafted, checked and served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..federation.files import write_durably
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, Conflict, NotFound, NotTrusted
from ..signing.origin import OriginNote, read_origin_note
from ..signing.roots import TrustDomain
from .folder import HubFolder


class OwnOrigin:
    """The origin note, its text, the trusted roots by digest, and the domains by name: all of one note."""

    def __init__(self, folder: HubFolder) -> None:
        """Read them. Raises: BadInput for a root that is missing or another one."""
        self._folder = folder
        text = folder.origin_note.read_text()
        self._take(text, read_origin_note(text, where=str(folder.origin_note)))

    def draft(self, *, changes: Mapping[str, bytes | None]) -> str:
        """The body of the next note, with these domains' roots in place of those that are there; None removes one.

        New roots are kept in the folder: a note that names them may follow at any time. Raises: BadInput, NotFound.
        """
        domains = dict(self.note.domains)
        for name, root in changes.items():
            if root is None and name not in domains:
                raise NotFound(f"the origin note names no trust domain {name!r}", where="trust domain")
            if root is None:
                del domains[name]
                continue
            domain = TrustDomain.parse(name, root)
            write_durably(self._folder.trust / f"{domain.digest.hex}.json", root)
            domains[name] = domain.digest
        if tuple(domains.items()) == self.note.domains:
            raise Conflict("the origin note says that already", where="trust domain")
        return replace(self.note, serial=self.note.serial + 1, domains=tuple(domains.items())).body

    def root_of(self, domain: str) -> Digest:
        """The digest of a domain's trusted root. Raises: BadInput."""
        found = dict(self.note.domains).get(domain)
        if found is None:
            raise BadInput(f"the origin note names no trust domain {domain!r}", where=str(self._folder.origin_note))
        return found

    def read_successor(self, text: str) -> tuple[OriginNote, dict[str, TrustDomain]]:
        """Check that a signed note may follow the one that is served; its domains. Raises: BadInput, NotTrusted."""
        note = read_origin_note(text)
        if note.key != self.note.key:
            raise NotTrusted(
                f"it is signed by {note.fingerprint}, not by the origin key {self.note.fingerprint}", check="origin"
            )
        if note.serial <= self.note.serial:
            raise BadInput(f"has the serial {note.serial}, and {self.note.serial} is served", where="origin note")
        if replace(note, serial=self.note.serial, domains=self.note.domains) != self.note:
            raise BadInput("changes more than the trust domains, which this version does not", where="origin note")
        if len({name for name, _ in note.domains}) != len(note.domains):
            raise BadInput("names a trust domain twice", where="origin note")
        return note, _domains(note, _roots(self._folder, note))

    def adopt(self, text: str) -> None:
        """Serve a note that read_successor has passed, from now on. Raises: StorageFailed."""
        note, _ = self.read_successor(text)
        write_durably(self._folder.origin_note, text.encode())
        self._take(text, note)

    def _take(self, text: str, note: OriginNote) -> None:
        trust = _roots(self._folder, note)
        domains = _domains(note, trust)
        self.note, self.note_text, self.trust, self.domains = note, text, trust, domains


def _domains(note: OriginNote, trust: Mapping[Digest, bytes]) -> dict[str, TrustDomain]:
    return {name: TrustDomain.parse(name, trust[digest]) for name, digest in note.domains}


def _roots(folder: HubFolder, note: OriginNote) -> dict[Digest, bytes]:
    found = {}
    for name, digest in note.domains:
        path = folder.trust / f"{digest.hex}.json"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInput(f"the trusted root of the domain {name} is missing", where=str(path)) from error
        if Digest.of(data) != digest:
            raise BadInput(f"this is not the trusted root that the origin note names for {name}", where=str(path))
        found[digest] = data
    return found
