"""Whom a certificate names: an e-mail address or a URI, as X.509 spells it. Not accounts, and not who may do what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from cryptography import x509

from ...schemas.errors import BadInput

MAX_SUBJECT_CHARS = 254  # RFC 5321 section 4.5.3.1.3: the longest address; URIs keep the same limit
_EMAIL = re.compile(r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,31}://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")  # RFC 3986, with an authority


class SubjectKind(Enum):
    """The form of the certificate's subject alternative name (RFC 5280 section 4.2.1.6)."""

    EMAIL = "email"
    URI = "uri"


@dataclass(frozen=True, slots=True)
class Subject:
    """One identity that can stand in a certificate: ASCII, at most 254 characters."""

    text: str
    kind: SubjectKind

    @classmethod
    def parse(cls, text: str, *, where: str = "identity") -> Subject:
        """Read an e-mail address or a URI. Raises: BadInput."""
        if len(text) <= MAX_SUBJECT_CHARS:
            if _EMAIL.fullmatch(text) and ".." not in text:
                return cls(text, SubjectKind.EMAIL)
            if _URI.fullmatch(text):
                return cls(text, SubjectKind.URI)
        raise BadInput(f"{text[:80]!r} is neither an e-mail address nor a URI", where=where)

    def general_name(self) -> x509.GeneralName:
        """The subject alternative name."""
        if self.kind is SubjectKind.EMAIL:
            return x509.RFC822Name(self.text)
        return x509.UniformResourceIdentifier(self.text)

    def __str__(self) -> str:
        return self.text
