"""What the registry asks of the hub's log. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...schemas.digest import Digest
from ..accounts.rights import Caller


@dataclass(frozen=True, slots=True)
class Accepted:
    """A bundle that was accepted; `log_index` is that of the entry it appended, or None when it appended none."""

    log_index: int | None


class Releases(Protocol):
    """What the hub's log says of its own packages."""

    async def resolve(self, namespace: str, name: str, tag: str) -> Digest | None:
        """The manifest that a tag or version means now; None when there is none or it was yanked."""
        ...

    def released(self, namespace: str, name: str, digest: Digest) -> bool:
        """Tell whether a manifest is part of a release: the package's own, or one of the referrers it logged."""
        ...

    async def tags(self, namespace: str, name: str) -> list[str]:
        """Every tag and version, in any order."""
        ...

    async def bundle_arrived(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        subject_manifest: bytes,
        bundle_manifest: bytes,
        bundle: bytes,
        *,
        attached: Sequence[Digest] = (),
    ) -> Accepted:
        """Judge a Sigstore bundle about a staged manifest and append the release that it proves.

        `attached` are the manifests of other referrers that the caller has staged; the release names those that are
        attestations. A bundle that signs an attestation appends nothing by itself. Called when everything is durable
        in the blob store. Raises: HubError when it is refused.
        """
        ...
