"""One rule of a policy: the names that it is for, and what it demands of them. It can narrow what is accepted, only.

Read from `[[rule]]` of ecli.toml; who obeys it is in demands.py. On the run path only where there are rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...schemas.errors import BadInput, NotTrusted
from ...schemas.fields import Fields
from ...schemas.identity import MAX_IDENTITY_CHARS, Identity, Owner, check_domain
from ...signing.quorum import MAX_POLICY_BYTES, TlogPolicy
from ..consent import Policy, parse_words

MAX_RULES = 256
MAX_LISTED = 64  # names, issuers or identities of one rule
MAX_NAME_CHARS = 512
CHECK = "policy"
IMAGE = "oci://"
_KEYS = (
    *("names", "domain", "issuer", "identity", "quorum"),
    *("allow", "deny", "max_age_hours", "expire_age_days"),
)
_PART = re.compile(r"[a-z0-9*][a-z0-9._*:-]{0,254}")


@dataclass(frozen=True, slots=True)
class Rule:
    """`where` is its file and line. An empty tuple, or None, demands nothing; of several values any one is enough.

    max_age, expire_age: seconds. quorum: of the origin's checkpoint, read from the file `quorum_file`.
    """

    where: str
    names: tuple[str, ...]
    domains: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    quorum: TlogPolicy | None = None
    quorum_file: str = ""
    policy: Policy | None = None
    max_age: int | None = None
    expire_age: int | None = None

    @classmethod
    def read(cls, fields: Fields, *, where: str, folder: Path) -> Rule:
        """Read a rule; a quorum's file is looked for beside the settings, in `folder`. Raises: BadInput."""
        fields.only(*_KEYS)
        names = _texts(fields, "names")
        if not names:
            todo = 'For example names = "hub.example.org/library/*", or "*/*/*" for every hub\'s.'
            raise BadInput("says for which packages the rule is, and is missing", where=fields.at("names"), todo=todo)
        for name in names:
            _check_name(name, fields.at("names"))
        file = folder / fields.text("quorum", limit=4096) if fields.has("quorum") else None
        allow, deny = _words(fields, "allow"), _words(fields, "deny")
        return cls(
            where,
            names,
            tuple(check_domain(item, where=fields.at("domain")) for item in _texts(fields, "domain")),
            _texts(fields, "issuer"),
            tuple(_checked_pattern(item, fields.at("identity")) for item in _texts(fields, "identity")),
            _quorum(file, fields.at("quorum")) if file else None,
            str(file) if file else "",
            Policy(allow, deny, f"the rule at {where}") if allow or deny else None,
            _number(fields, "max_age_hours", low=0, high=24 * 365, unit=3600),
            _number(fields, "expire_age_days", low=1, high=3650, unit=24 * 3600),
        )

    def matches(self, name: str) -> bool:
        """Tell whether it is for `origin/namespace/name`, or `oci://registry/repository`."""
        return any(_pattern(item).fullmatch(name) for item in self.names)

    def check_signer(self, identity: Identity) -> None:
        """Demand the trust domain, issuer and identity of the rule. Raises: NotTrusted."""
        if self.domains and identity.domain not in self.domains:
            raise self._refusal(f"it is signed in the trust domain {identity.domain}", self.domains)
        if self.issuers and identity.issuer not in self.issuers:
            raise self._refusal(f"its signer is one of {identity.issuer}", self.issuers)
        known = (Owner(identity.domain, identity.issuer, pattern) for pattern in self.identities)
        if self.identities and not any(owner.matches(identity) for owner in known):
            raise self._refusal(f"it is signed by {identity.subject}", self.identities)

    def demands(self) -> list[tuple[str, str]]:
        """What it demands, for people: words and their values."""
        said = [
            ("domain", " or ".join(self.domains)),
            ("issuer", " or ".join(self.issuers)),
            ("identity", " or ".join(self.identities)),
            ("quorum", self.quorum_file and f"{self.quorum.quorum if self.quorum else ''} of {self.quorum_file}"),
            ("allow", ", ".join(self.policy.allow) if self.policy else ""),
            ("deny", ", ".join(self.policy.deny) if self.policy else ""),
            ("max age", "" if self.max_age is None else f"{self.max_age // 3600} hours"),
            ("expire age", "" if self.expire_age is None else f"{self.expire_age // (24 * 3600)} days"),
        ]
        return [(word, value) for word, value in said if value]

    def _refusal(self, what: str, wanted: tuple[str, ...]) -> NotTrusted:
        return NotTrusted(
            f"{what}, and the policy demands {' or '.join(wanted[:4])}",
            check=CHECK,
            where=self.where,
            todo="Ask the publisher, or change the rule: ecli trust policy edit",
        )


@lru_cache(maxsize=MAX_RULES)
def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for any characters but `/`: atomic groups, so that no name costs more than linear time (Owner)."""
    first, *parts = (re.escape(part) for part in text.split("*"))
    middle = "".join(f"(?>[^/]*?{part})" for part in parts[:-1])
    return re.compile(first + middle + (f"[^/]*{parts[-1]}" if parts else ""))


def _check_name(text: str, where: str) -> None:
    parts = text.removeprefix(IMAGE).split("/")
    enough = len(parts) >= 2 if text.startswith(IMAGE) else len(parts) == 3
    if not enough or len(text) > MAX_NAME_CHARS or not all(_PART.fullmatch(part) for part in parts):
        raise BadInput(
            f"{text[:80]!r} is no pattern of names",
            where=where,
            todo="Write origin/namespace/name, or oci://registry/repository; * stands for any characters but /.",
        )


def _checked_pattern(text: str, where: str) -> str:
    if not text.strip("*"):
        raise BadInput("would match anybody", where=where, todo="Leave it out to demand no identity.")
    return text


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    """Read a text, or a list of them; one that is there names something."""
    if not fields.has(name):
        return ()
    if isinstance(fields.raw(name), str):
        found = [fields.text(name, limit=MAX_IDENTITY_CHARS)]
    else:
        found = fields.texts(name, count=MAX_LISTED, limit=MAX_IDENTITY_CHARS)
    if not found or not all(item and item.isprintable() for item in found):
        raise BadInput("is empty, or holds what cannot be shown", where=fields.at(name), todo="Leave it out.")
    return tuple(found)


def _words(fields: Fields, name: str) -> tuple[str, ...]:
    found = _texts(fields, name)
    return parse_words(",".join(found), where=fields.at(name)) if found else ()


def _number(fields: Fields, name: str, *, low: int, high: int, unit: int) -> int | None:
    return fields.integer(name, low=low, high=high) * unit if fields.has(name) else None


def _quorum(path: Path, where: str) -> TlogPolicy:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_POLICY_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", where=where) from error
    return TlogPolicy.parse(data, where=str(path))
