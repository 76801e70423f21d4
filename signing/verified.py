"""The value that may run: a package all of whose checks have passed. Only verify.py and receipts.py make one.

What no hub's log speaks of is a VerifiedImage instead (image.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.digest import Digest
from ..schemas.errors import HubError
from ..schemas.package import PackageConfig


@dataclass(frozen=True, slots=True)
class Check:
    """One passed check of protocol.md section 7: its name and the evidence, in a line for people."""

    name: str
    evidence: str


class Seal:
    """What proves that something verified was made by a module that checks; the makers are named below."""

    def __init__(self, maker: str) -> None:
        if maker not in ("ebpfhub.signing.verify", "ebpfhub.signing.receipts", "ebpfhub.signing.image"):
            raise HubError("only verification makes verified things", where=maker)
        self.maker = maker


@dataclass(frozen=True, slots=True)
class VerifiedPackage:
    """A package that may be loaded. `warnings` are things that the user is told, such as stale trust material.

    It has a BPF object, a Wasm module, or both; `types` is a plain tar of types for kernels without BTF. An archive of
    kernel types has none of them: it is verified as packages are, and does not run.
    """

    reference: str
    manifest: Digest
    config: PackageConfig
    publisher: str
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]
    seal: Seal
    bpf_object: bytes | None = None
    wasm: bytes | None = None
    types: bytes | None = None

    @property
    def is_types(self) -> bool:
        """Whether this is an archive of kernel types: every package has something that runs."""
        return self.bpf_object is None and self.wasm is None

    def __post_init__(self) -> None:
        if not isinstance(self.seal, Seal):
            raise HubError("a verified package needs the seal of a check")
