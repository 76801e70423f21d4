"""A Sigstore bundle whose timestamps are decoded once, not anew each time that sigstore-python looks at them.

What is checked stays the library's; only what it would decode out of the same immutable bundle again is kept.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Self, cast

from sigstore.models import Bundle, TimestampVerificationData, VerificationMaterial


class _KeptMaterial(VerificationMaterial):
    @cached_property
    def timestamp_verification_data(self) -> TimestampVerificationData | None:
        return super().timestamp_verification_data


class KeptBundle(Bundle):
    """A bundle for verifying."""

    @classmethod
    def from_json(cls, raw: bytes | str) -> Self:
        """Read a bundle. Raises: the library's InvalidBundle."""
        return cast(Self, super().from_json(raw))  # it makes one of its own class

    @cached_property
    def verification_material(self) -> VerificationMaterial:
        """The certificate, log entry and timestamps."""
        return _KeptMaterial(self._inner.verification_material)

    def stamped_at(self) -> tuple[datetime, ...]:
        """What the timestamps say, which nobody has verified."""
        data = self.verification_material.timestamp_verification_data
        return tuple(stamp.tst_info.gen_time for stamp in data.rfc3161_timestamps) if data else ()
