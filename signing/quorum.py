"""C2SP tlog-policy: whose cosignatures a checkpoint needs, as somebody wrote it down, and whether it has them.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

Reading and judging (c2sp.org/tlog-policy, cosignature/v1 of c2sp.org/tlog-cosignature); for which packages a policy
is, and how old a cosignature may be, is not here. Only Ed25519 keys are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..schemas.errors import BadInput, NotTrusted
from .notes import COSIGNATURE, ED25519, Note, VerifierKey

MAX_POLICY_BYTES = 64 * 1024
MAX_DEFINED = 64  # logs, witnesses or groups
CHECK = "quorum"
NONE = "none"
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_FORMS = "There are: log VKEY [URL], witness NAME VKEY [URL], group NAME all|any|K NAME..., quorum NAME|none"
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups by name, of which `needed` must have cosigned."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A quorum that was reached: how many witnesses cosigned, and since when it holds (Unix seconds)."""

    witnesses: int
    at: int


@dataclass(frozen=True, slots=True)
class TlogPolicy:
    """A policy: `quorum` names a witness, a group, or nothing (`none`); without logs, any log is meant."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> TlogPolicy:
        """Read a policy file of at most MAX_POLICY_BYTES. Raises: BadInput, which names the line."""
        if len(data) > MAX_POLICY_BYTES:
            raise BadInput(f"has more than {MAX_POLICY_BYTES} bytes", where=where)
        if _FORBIDDEN.search(data):
            raise BadInput("holds control characters", where=where, todo="Lines end with a newline alone.")
        if data and not data.endswith(b"\n"):
            raise BadInput("ends in the middle of a line", where=where, todo="Its last line must end with a newline.")
        draft = _Draft()
        # names are opaque bytes: what is no UTF-8 is kept as it is
        for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
            words = re.split(r"[ \t]+", line.strip(" \t"))
            if words[0] and not words[0].startswith("#"):
                draft.read(words, f"{where}:{number}")
        if not draft.quorum:
            raise BadInput("has no quorum line", where=where, todo="End it with `quorum NAME`, or `quorum none`.")
        return cls(tuple(draft.logs), draft.witnesses, draft.groups, draft.quorum)

    def judge(self, note: Note, *, log: VerifierKey) -> Cosigned | None:
        """Judge a checkpoint that `log` has signed; None where no cosignature is asked for. Raises: NotTrusted."""
        if self.logs and not any(item.public == log.public and item.name == log.name for item in self.logs):
            raise NotTrusted(
                f"the log key {log.fingerprint[:16]}… of {log.name} is none that the policy names",
                check=CHECK,
                todo="Add it with a `log` line, or leave these out: the origin note says which keys are the log's.",
            )
        if self.quorum == NONE:
            return None
        times = {name: note.cosigned_at(key) for name, key in self.witnesses.items()}
        at = self._since(self.quorum, times)
        if at is None:
            raise self._missing(times)
        return Cosigned(sum(time is not None for time in times.values()), at)

    def _since(self, name: str, times: Mapping[str, int | None]) -> int | None:
        """Since when a witness or a group has cosigned: a group, since the last one that it needs did."""
        if name in self.witnesses:
            return times[name]
        group = self.groups[name]
        found = (self._since(member, times) for member in group.members)
        reached = sorted((time for time in found if time is not None), reverse=True)
        return reached[group.needed - 1] if len(reached) >= group.needed else None

    def _missing(self, times: Mapping[str, int | None]) -> NotTrusted:
        asked = list(dict.fromkeys(self._asked(self.quorum)))
        lacking = [_shown(name) for name in asked if times[name] is None]
        return NotTrusted(
            f"the checkpoint lacks the quorum {_shown(self.quorum)}: {len(asked) - len(lacking)} of its "
            f"{len(asked)} witnesses cosigned; without {', '.join(lacking[:8])}",
            check=CHECK,
            todo="Ask a mirror that cosigns (`ecli trust add URL --origin ORIGIN`), or wait until they have.",
        )

    def _asked(self, name: str) -> Iterator[str]:
        if name in self.witnesses:
            yield name
            return
        for member in self.groups[name].members:
            yield from self._asked(member)


@dataclass(slots=True)
class _Draft:
    """A policy while it is read, line by line."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""
    members: set[str] = field(default_factory=set)

    def read(self, words: list[str], where: str) -> None:
        """Take a line's words. Raises: BadInput."""
        match words:
            case ["log", vkey, *rest] if len(rest) < 2:
                self._add_log(_key(vkey, ED25519, where), where)
            case ["witness", name, vkey, *rest] if len(rest) < 2:
                self._add_witness(name, _key(vkey, COSIGNATURE, where), where)
            case ["group", name, needed, _, *_]:
                self._add_group(name, needed, words[3:], where)
            case ["quorum", name]:
                self._set_quorum(name, where)
            case _:
                raise BadInput(f"{_shown(' '.join(words))} is no line of a policy", where=where, todo=_FORMS)

    def _add_log(self, key: VerifierKey, where: str) -> None:
        if any(item.public == key.public for item in self.logs):
            raise BadInput("names a log's key a second time", where=where)
        self.logs.append(key)
        _bounded(self.logs, where)

    def _add_witness(self, name: str, key: VerifierKey, where: str) -> None:
        self._check_new(name, where)
        if any(item.public == key.public for item in self.witnesses.values()):
            raise BadInput("names a witness's key a second time", where=where, todo="It would count twice.")
        self.witnesses[name] = key
        _bounded(self.witnesses, where)

    def _add_group(self, name: str, needed: str, members: list[str], where: str) -> None:
        self._check_new(name, where)
        for member in members:
            self._check_defined(member, where)
            if member in self.members:
                raise BadInput(
                    f"{_shown(member)} is a group's member already", where=where, todo="It would count twice."
                )
            self.members.add(member)
        count = {"all": len(members), "any": 1}.get(needed) or (int(needed) if _COUNT.fullmatch(needed) else 0)
        if not 1 <= count <= len(members):
            raise BadInput(f"{_shown(needed)} is not all, any, or a number from 1 to {len(members)}", where=where)
        self.groups[name] = Group(count, tuple(members))
        _bounded(self.groups, where)

    def _set_quorum(self, name: str, where: str) -> None:
        if self.quorum:
            raise BadInput("is a second quorum line", where=where)
        if name != NONE:
            self._check_defined(name, where)
        self.quorum = name

    def _check_new(self, name: str, where: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise BadInput(f"the name {_shown(name)} is taken", where=where)

    def _check_defined(self, name: str, where: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise BadInput(f"{_shown(name)} is not defined on a line above", where=where)


def _key(vkey: str, kind: int, where: str) -> VerifierKey:
    if not vkey.isprintable():
        raise BadInput("the key is not readable text", where=where)
    key = VerifierKey.parse(vkey, where=where)
    if key.kind != kind:
        wanted = "a cosigner's key (type 04)" if kind == COSIGNATURE else "a log's key (type 01)"
        raise BadInput(f"the key of {key.name} is not {wanted}", where=where)
    return key


def _bounded(defined: list[VerifierKey] | Mapping[str, object], where: str) -> None:
    if len(defined) > MAX_DEFINED:
        raise BadInput(f"is more than the {MAX_DEFINED} of its kind", where=where)


def _shown(text: str) -> str:
    """Foreign text as it may stand in a message."""
    return repr(text[:60])
