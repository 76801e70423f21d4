"""Who a Fulcio certificate names: subject alternative name and OIDC issuer, as one Identity.

Reads only; that the certificate itself is to be believed is the verifier's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat import asn1

from ..schemas.errors import NotTrusted
from ..schemas.identity import MAX_IDENTITY_CHARS, Identity

Extensions = Mapping[x509.ObjectIdentifier, x509.ExtensionType]
_ALTERNATIVES = x509.SubjectAlternativeName.oid
_ISSUER_V1 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")  # raw text; github.com/sigstore/fulcio, docs/oid-info.md
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")  # DER UTF8String
MAX_DER_BYTES = 4 * MAX_IDENTITY_CHARS + 8
_USER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")  # otherName, DER UTF8String


def certificate_identity(certificate: x509.Certificate, domain: str) -> Identity:
    """Read the one identity a certificate names. Raises: NotTrusted when it names none, several, or unreadable ones."""
    held = {extension.oid: extension.value for extension in certificate.extensions}  # the library refuses doubles
    return Identity(domain, _text(_issuer(held), "issuer"), _text(_subject(held), "subject"))


def _subject(held: Extensions) -> str:
    alternatives = held.get(_ALTERNATIVES)
    names = list(alternatives) if isinstance(alternatives, x509.SubjectAlternativeName) else []
    if len(names) != 1:
        raise NotTrusted(f"the certificate names {len(names)} subjects instead of one", check="signature")
    name = names[0]
    if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier):
        return name.value
    if isinstance(name, x509.OtherName) and name.type_id == _USER_NAME:
        return _utf8_string(name.value)
    raise NotTrusted("the certificate's subject is neither e-mail, URI nor user name", check="signature")


def _issuer(held: Extensions) -> str:
    old, new = _raw(held, _ISSUER_V1), _raw(held, _ISSUER_V2)
    if old is None and new is None:
        raise NotTrusted("the certificate names no issuer of the identity", check="signature")
    issuer = _utf8_string(new) if new is not None else (old or b"").decode("utf-8", "replace")
    if new is not None and old is not None and old != issuer.encode():
        raise NotTrusted("the certificate names two issuers of the identity", check="signature")
    return issuer


def _raw(held: Extensions, oid: x509.ObjectIdentifier) -> bytes | None:
    value = held.get(oid)
    return value.value if isinstance(value, x509.UnrecognizedExtension) else None


@lru_cache(maxsize=256)  # most name one of a few issuers
def _utf8_string(der: bytes) -> str:
    if len(der) > MAX_DER_BYTES:
        raise NotTrusted("the certificate's identity is too long", check="signature")
    try:
        return asn1.decode_der(str, der)
    except ValueError as error:
        raise NotTrusted("the certificate's identity is not readable", check="signature") from error


def _text(text: str, what: str) -> str:
    if not text or len(text) > MAX_IDENTITY_CHARS or not text.isprintable():
        raise NotTrusted(f"the {what} that the certificate names is empty, too long or unreadable", check="signature")
    return text
