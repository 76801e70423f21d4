"""Which key of a refused bundle was retired, or had not begun, when it was signed: for the message alone.

The refusal is the verifier's, which shows the library no such key; the library then says only that something is
missing. Nothing here accepts anything.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from .roots import RootAuthority, TrustDomain
from .windows import Window

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def outdated_key(
    certificate: Certificate, timestamps: Iterable[bytes], domain: TrustDomain, times: tuple[datetime, ...]
) -> str:
    """A sentence about the first key outside its window; empty when there is none, or it cannot be read."""
    try:
        for what, window in _keys(certificate, timestamps, domain):
            if not window.holds(times):
                when = f"{max(times):%Y-%m-%d %H:%M:%S} UTC"
                return f"{what} in trust domain {domain.name} was not valid when it was signed, {when} (valid {window})"
    except Exception:  # foreign bytes: whatever is wrong with them, the verifier has refused them
        return ""
    return ""


def _keys(certificate: Certificate, timestamps: Iterable[bytes], domain: TrustDomain) -> Iterator[tuple[str, Window]]:
    for authority in domain.authorities:
        if _issued(_first(authority), certificate):
            yield "the authority of the certificate", authority.window
    promised = _promised_by(certificate)
    for log in domain.ct_logs:
        if log.key_ids & promised:
            yield "the key that promised to log the certificate", log.window
    signers = {signer for data in timestamps for signer in _stamped_by(data)}
    for authority in domain.timestampers:
        leaf = _first(authority)
        if (leaf.issuer, leaf.serial_number) in signers:
            yield "the authority of the timestamp", authority.window


def _first(authority: RootAuthority) -> Certificate:
    from cryptography.x509 import load_der_x509_certificate

    chain = json.loads(authority.document)["certChain"]["certificates"]
    return load_der_x509_certificate(b64decode(chain[0]["rawBytes"]))


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _promised_by(certificate: Certificate) -> frozenset[bytes]:
    from cryptography.x509 import PrecertificateSignedCertificateTimestamps as Promises

    return frozenset(promise.log_id for promise in certificate.extensions.get_extension_for_class(Promises).value)


def _stamped_by(data: bytes) -> Iterator[tuple[object, int]]:
    from rfc3161_client import decode_timestamp_response

    for signer in decode_timestamp_response(data).signed_data.signer_infos:
        yield signer.issuer, signer.serial_number
