"""Who signed: an identity as a certificate states it, and the patterns that name owners (protocol.md section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .errors import BadInput
from .fields import Fields

MAX_IDENTITY_CHARS = 512
MAX_OWNERS = 16
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
# control, line and direction characters: what a certificate says is shown on terminals and pages
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity: `domain` is the trust domain's stable name, `subject` the certificate's SAN (e-mail or URI)."""

    domain: str
    issuer: str
    subject: str

    @classmethod
    def read(cls, fields: Fields) -> Identity:
        """Read an identity of an entry or record. Raises: BadInput."""
        return cls(
            check_domain(fields.text("domain", limit=32), where=fields.at("domain")),
            _showable(fields, "issuer"),
            _showable(fields, "subject"),
        )

    def to_map(self) -> dict[str, Any]:
        """The map for canonical MessagePack."""
        return {"domain": self.domain, "issuer": self.issuer, "subject": self.subject}

    def __str__(self) -> str:
        return f"{self.subject} (by {self.issuer})"


@dataclass(frozen=True, slots=True)
class Owner:
    """Identities that may publish: exact domain and issuer; in `pattern`, `*` stands for any characters but `/`.

    The pattern is anchored at both ends; an e-mail address without `*` matches itself alone.
    """

    domain: str
    issuer: str
    pattern: str

    @classmethod
    def read(cls, fields: Fields) -> Owner:
        """Read an owner of a claim. Raises: BadInput."""
        fields.only("domain", "issuer", "pattern")
        pattern = _showable(fields, "pattern")
        if not pattern.strip("*"):
            raise BadInput("would match anybody", where=fields.at("pattern"))
        return cls(
            check_domain(fields.text("domain", limit=32), where=fields.at("domain")),
            _showable(fields, "issuer"),
            pattern,
        )

    def to_map(self) -> dict[str, Any]:
        """The map for canonical MessagePack."""
        return {"domain": self.domain, "issuer": self.issuer, "pattern": self.pattern}

    def matches(self, identity: Identity) -> bool:
        """Tell whether `identity` is one of these."""
        if identity.domain != self.domain or identity.issuer != self.issuer:
            return False
        # atomic groups: a part is taken where it first fits and never moved, so no subject costs more than linear time
        first, *parts = (re.escape(part) for part in self.pattern.split("*"))
        middle = "".join(f"(?>[^/]*?{part})" for part in parts[:-1])
        last = f"[^/]*{parts[-1]}" if parts else ""
        return re.fullmatch(first + middle + last, identity.subject) is not None

    def __str__(self) -> str:
        return f"{self.pattern} (by {self.issuer})"


def check_showable(text: str, *, where: str) -> str:
    """Refuse control, line and direction characters. Raises: BadInput."""
    if _UNSHOWABLE.search(text):
        raise BadInput("holds control characters", where=where)
    return text


def _showable(fields: Fields, name: str) -> str:
    return check_showable(fields.text(name, limit=MAX_IDENTITY_CHARS), where=fields.at(name))


def check_domain(text: str, *, where: str = "trust domain") -> str:
    """Check a trust domain's name. Raises: BadInput."""
    if not _DOMAIN.fullmatch(text):
        raise BadInput(f"{text[:40]!r} is not a trust domain's name", where=where)
    return text
