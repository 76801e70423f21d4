"""Who a Fulcio certificate names: subject alternative name and OIDC issuer, as one Identity.

Reads only; that the certificate itself is to be believed is the verifier's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..schemas.errors import NotTrusted
from ..schemas.identity import MAX_IDENTITY_CHARS, Identity

if TYPE_CHECKING:
    from cryptography import x509

_ISSUER_V1 = "1.3.6.1.4.1.57264.1.1"  # raw text; github.com/sigstore/fulcio, docs/oid-info.md
_ISSUER_V2 = "1.3.6.1.4.1.57264.1.8"  # DER UTF8String
_USER_NAME = "1.3.6.1.4.1.57264.1.7"  # otherName, DER UTF8String


def certificate_identity(certificate: x509.Certificate, domain: str) -> Identity:
    """Read the one identity a certificate names. Raises: NotTrusted when it names none, several, or unreadable ones."""
    return Identity(domain, _text(_issuer(certificate), "issuer"), _text(_subject(certificate), "subject"))


def _subject(certificate: x509.Certificate) -> str:
    from cryptography import x509

    try:
        names = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        names = []
    if len(names) != 1:
        raise NotTrusted(f"the certificate names {len(names)} subjects instead of one", check="signature")
    name = names[0]
    if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier):
        return name.value
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == _USER_NAME:
        return _utf8_string(name.value)
    raise NotTrusted("the certificate's subject is neither e-mail, URI nor user name", check="signature")


def _issuer(certificate: x509.Certificate) -> str:
    old, new = _extension(certificate, _ISSUER_V1), _extension(certificate, _ISSUER_V2)
    if old is None and new is None:
        raise NotTrusted("the certificate names no issuer of the identity", check="signature")
    issuer = _utf8_string(new) if new is not None else (old or b"").decode("utf-8", "replace")
    if new is not None and old is not None and old != issuer.encode():
        raise NotTrusted("the certificate names two issuers of the identity", check="signature")
    return issuer


def _extension(certificate: x509.Certificate, oid: str) -> bytes | None:
    from cryptography import x509

    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except x509.ExtensionNotFound:
        return None
    return value.value if isinstance(value, x509.UnrecognizedExtension) else None


def _utf8_string(der: bytes) -> str:
    from cryptography.hazmat import asn1

    try:
        return asn1.decode_der(str, der)
    except ValueError as error:
        raise NotTrusted("the certificate's identity is not readable", check="signature") from error


def _text(text: str, what: str) -> str:
    if not text or len(text) > MAX_IDENTITY_CHARS or not text.isprintable():
        raise NotTrusted(f"the {what} that the certificate names is empty, too long or unreadable", check="signature")
    return text
