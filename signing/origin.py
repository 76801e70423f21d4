"""The origin note: what an origin's offline key says about its other keys (protocol.md section 4).

A C2SP signed note, one fact a line:

    ebpfhub-origin-note/v1
    origin hub.example.org
    serial 3
    key <vkey of the origin key>
    log <first tree size> <last tree size or -> <vkey of the log key>
    cosigner <vkey>
    trust <trust domain's name> <sha256 digest of its trusted root>
    successor <origin> <fingerprint of its origin key>
"""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.identity import check_domain
from ..schemas.reference import check_origin
from .notes import COSIGNATURE, ED25519, MAX_NOTE_BYTES, Note, SignerKey, VerifierKey

FORMAT = "ebpfhub-origin-note/v1"
MAX_LINES = 64


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log key and the tree sizes for which it signs: `last` is None while it is in use."""

    key: VerifierKey
    first: int = 0
    last: int | None = None

    def signs(self, size: int) -> bool:
        """Tell whether a checkpoint of `size` entries may be signed by it."""
        return size >= self.first and (self.last is None or size <= self.last)


@dataclass(frozen=True, slots=True)
class Successor:
    """The origin to which another one has moved, and the fingerprint of its origin key."""

    origin: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.origin} {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class OriginNote:
    """The facts of an origin note. `serial` never falls."""

    origin: str
    serial: int
    key: VerifierKey
    logs: tuple[LogKey, ...]
    cosigners: tuple[VerifierKey, ...]
    domains: tuple[tuple[str, Digest], ...]
    successor: Successor | None = None

    @property
    def fingerprint(self) -> str:
        """What people compare and clients pin: the origin key's, 64 hex digits."""
        return self.key.fingerprint

    def log_key(self, size: int) -> VerifierKey:
        """The key that signs checkpoints of `size`. Raises: NotTrusted."""
        for item in self.logs:
            if item.signs(size):
                return item.key
        raise NotTrusted(f"no log key of the origin signs logs of {size} entries", check="checkpoint")

    @property
    def body(self) -> str:
        """The text that is signed."""
        lines = [FORMAT, f"origin {self.origin}", f"serial {self.serial}", f"key {self.key}"]
        lines += [f"log {item.first} {'-' if item.last is None else item.last} {item.key}" for item in self.logs]
        lines += [f"cosigner {key}" for key in self.cosigners]
        lines += [f"trust {name} {digest}" for name, digest in self.domains]
        if self.successor:
            lines.append(f"successor {self.successor}")
        return "\n".join(lines) + "\n"

    def sign(self, key: SignerKey) -> str:
        """The signed note's text."""
        if key.verifier != self.key:
            raise BadInput("this is not the origin's key", where="origin key")
        return str(Note.sign(self.body, key))


def origin_key_name(origin: str) -> str:
    """The name of an origin's key in signature lines."""
    return f"{origin}/origin"


def verify_origin_note(text: str, *, origin: str, fingerprint: str, where: str = "origin note") -> OriginNote:
    """Read the note of `origin` and check its signature by the pinned key. Raises: BadInput, NotTrusted."""
    facts = read_origin_note(text, where=where)
    if facts.origin != origin:
        raise NotTrusted(f"the origin note is of {facts.origin}, not of {origin}", check="origin", where=where)
    if facts.fingerprint != fingerprint:
        raise NotTrusted(
            f"the origin key of {facts.origin} has the fingerprint {facts.fingerprint}, not {fingerprint}",
            check="origin",
            where=where,
            todo="Somebody may stand between you and the hub. Ask its operator, by another way, which one is right.",
        )
    return facts


def read_origin_note(text: str, *, where: str = "origin note") -> OriginNote:
    """Read an origin note signed by the key that it names: for a first look only. Raises: BadInput, NotTrusted."""
    note = Note.parse(text, where=where)
    facts = _parse(note.body, where)
    note.verify(facts.key, check="origin", where=where)
    return facts


def read_draft(body: str, *, where: str = "origin note") -> OriginNote:
    """Read the body of a note that is to be signed: nobody's word yet. Raises: BadInput."""
    if len(body) > MAX_NOTE_BYTES:
        raise BadInput(f"has more than {MAX_NOTE_BYTES} characters", where=where)
    return _parse(body, where)


def read_fingerprint(text: str) -> str:
    """Read a fingerprint as people write it: 64 hex digits, `sha256:`, colons, spaces. Raises: BadInput."""
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if len(digits) != 64 or any(char not in "0123456789abcdef" for char in digits):
        raise BadInput("a fingerprint has 64 hex digits", where="fingerprint")
    return digits


def _parse(body: str, where: str) -> OriginNote:
    lines = body.rstrip("\n").split("\n")
    if lines[0] != FORMAT or len(lines) > MAX_LINES:
        raise BadInput("this is not an origin note of this version", where=where)
    facts: dict[str, list[str]] = {}
    for line in lines[1:]:
        word, _, rest = line.partition(" ")
        if word not in ("origin", "serial", "key", "log", "cosigner", "trust", "successor") or not rest:
            raise BadInput(f"the line {line[:60]!r} is not understood", where=where)
        facts.setdefault(word, []).append(rest)
    origin = check_origin(_one(facts, "origin", where))
    made = OriginNote(
        origin,
        _number(_one(facts, "serial", where), where),
        _key(_one(facts, "key", where), ED25519, origin_key_name(origin), where),
        tuple(_log(text, origin, where) for text in facts.get("log", [])),
        tuple(_key(text, COSIGNATURE, None, where) for text in facts.get("cosigner", [])),
        tuple(_domain(text, where) for text in facts.get("trust", [])),
        _successor(_one(facts, "successor", where), origin, where) if "successor" in facts else None,
    )
    if made.body != body or not made.logs:
        raise BadInput("the lines are not in their order, or the log key is missing", where=where)
    return made


def _one(facts: dict[str, list[str]], word: str, where: str) -> str:
    found = facts.get(word, [])
    if len(found) != 1:
        raise BadInput(f"must have one line {word!r}", where=where)
    return found[0]


def _number(text: str, where: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput(f"{text[:40]!r} is not a number", where=where)
    return int(text)


def _log(text: str, origin: str, where: str) -> LogKey:
    words = text.split(" ")
    if len(words) != 3:
        raise BadInput("a log line has a first size, a last size and a key", where=where)
    last = None if words[1] == "-" else _number(words[1], where)
    return LogKey(_key(words[2], ED25519, origin, where), _number(words[0], where), last)


def _successor(text: str, origin: str, where: str) -> Successor:
    name, _, fingerprint = text.partition(" ")
    made = Successor(check_origin(name), read_fingerprint(fingerprint))
    if str(made) != text or made.origin == origin:
        raise BadInput("the successor is another origin and its key's fingerprint", where=where)
    return made


def _domain(text: str, where: str) -> tuple[str, Digest]:
    name, _, digest = text.partition(" ")
    return check_domain(name, where=where), Digest.parse(digest, where=where)


def _key(text: str, kind: int, name: str | None, where: str) -> VerifierKey:
    key = VerifierKey.parse(text, where=where)
    if key.kind != kind or (name is not None and key.name != name):
        raise BadInput(f"the key {key.name} is not of the kind or name that its line needs", where=where)
    return key
