"""This hub's own origin note and the trust domains that it names, as they stand now. A newer note takes their place.

The note is signed with the offline key elsewhere; here it is only drafted, checked and served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..federation.files import write_durably
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, Conflict, NotFound, NotTrusted
from ..signing.origin import LogKey, OriginNote, Successor, read_origin_note
from ..signing.roots import TrustDomain
from .folder import HubFolder
from .log_keys import LogSigners


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
        return self._next(replace(self.note, domains=tuple(domains.items())), where="trust domain")

    def draft_keys(self, signers: LogSigners, *, last: int) -> str:
        """The body of the next note: the log key of now ends at `last` entries, and `signers` come after it."""
        *before, now = self.note.logs
        logs = (*before, replace(now, last=last), LogKey(signers.log.verifier, last + 1))
        return self._next(replace(self.note, logs=logs, cosigners=(signers.cosigner.verifier,)), where="log key")

    def draft_successor(self, successor: Successor) -> str:
        """The body of the next note, which names the origin to which this one has moved. Raises: Conflict."""
        return self._next(replace(self.note, successor=successor), where="successor")

    def _next(self, note: OriginNote, *, where: str) -> str:
        if note == self.note:
            raise Conflict("the origin note says that already", where=where)
        return replace(note, serial=self.note.serial + 1).body

    def root_of(self, domain: str) -> Digest:
        """The digest of a domain's trusted root. Raises: BadInput."""
        found = dict(self.note.domains).get(domain)
        if found is None:
            raise BadInput(f"the origin note names no trust domain {domain!r}", where=str(self._folder.origin_note))
        return found

    def read_next(self, text: str, waiting: LogSigners | None) -> tuple[OriginNote, dict[str, TrustDomain]]:
        """Check that a signed note may follow the one that is served; its domains.

        It may name other trust domains, a successor, and after the log key of now the keys that wait. Raises: BadInput,
        NotTrusted.
        """
        note = read_origin_note(text)
        if note.key != self.note.key:
            raise NotTrusted(
                f"it is signed by {note.fingerprint}, not by the origin key {self.note.fingerprint}", check="origin"
            )
        if note.serial <= self.note.serial:
            raise BadInput(f"has the serial {note.serial}, and {self.note.serial} is served", where="origin note")
        if (note.logs, note.cosigners) != (self.note.logs, self.note.cosigners):
            _check_keys(self.note, note, waiting)
        if len({name for name, _ in note.domains}) != len(note.domains):
            raise BadInput("names a trust domain twice", where="origin note")
        return note, _domains(note, _roots(self._folder, note))

    def adopt(self, text: str) -> None:
        """Serve a note that read_next has passed, from now on. Raises: StorageFailed."""
        note = read_origin_note(text)
        write_durably(self._folder.origin_note, text.encode())
        self._take(text, note)

    def _take(self, text: str, note: OriginNote) -> None:
        trust = _roots(self._folder, note)
        domains = _domains(note, trust)
        self.note, self.note_text, self.trust, self.domains = note, text, trust, domains


def _check_keys(old: OriginNote, note: OriginNote, waiting: LogSigners | None) -> None:
    """Demand that a note ends the log key of now, and goes on with the keys that wait here. Raises: BadInput."""
    *before, now = old.logs
    last = note.logs[-2].last if len(note.logs) == len(old.logs) + 1 else None
    if waiting is None or last is None:
        raise BadInput("changes the log's keys, and none wait here for it", where="origin note")
    logs = (*before, replace(now, last=last), LogKey(waiting.log.verifier, last + 1))
    if note.logs != logs or note.cosigners != (waiting.cosigner.verifier,):
        raise BadInput(
            "names other keys than those that wait here",
            where="origin note",
            todo="Was `ebpfhub origin rotate` called again since? Then sign and install its newest draft.",
        )


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
