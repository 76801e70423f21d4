"""A trusted root whose keys and certificates are read once, not anew for every bundle that sigstore-python verifies.

What is checked stays the library's; only what it would read out of the same immutable root each time is kept.
"""

from __future__ import annotations

from sigstore._internal.trust import CertificateAuthority, CTKeyring, KeyringPurpose, RekorKeyring
from sigstore.models import TrustedRoot
from sigstore_models.trustroot.v1 import TrustedRoot as Message


class KeptRoot(TrustedRoot):
    """A trusted root for verifying, and for nothing else: it hands out the keys that verify, whatever is asked for."""

    def __init__(self, document: bytes) -> None:
        super().__init__(Message.from_json(document))
        self._logs = super().rekor_keyring(KeyringPurpose.VERIFY)
        self._ct_logs = super().ct_keyring(KeyringPurpose.VERIFY)
        self._timestampers = tuple(super().get_timestamp_authorities())

    def rekor_keyring(self, purpose: KeyringPurpose) -> RekorKeyring:
        """The keys of the transparency logs."""
        return self._logs

    def ct_keyring(self, purpose: KeyringPurpose) -> CTKeyring:
        """The keys of the certificate logs."""
        return self._ct_logs

    def get_timestamp_authorities(self) -> list[CertificateAuthority]:
        """The authorities of timestamps, with their certificates."""
        return list(self._timestampers)
