"""A program that nobody signed, on its way to the kernel by the user's explicit choice (protocol.md section 7)."""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.package import PackageConfig


@dataclass(frozen=True, slots=True)
class UnsignedProgram:
    """What stands in place of a VerifiedPackage, and the choice that is recorded and shown.

    It has a BPF object, a Wasm module, or both; `types` is a plain tar of kernel types.
    `outside`: it came from the network or a pipe, so its choice is asked for; a local file is run with a notice.
    `settings` are set before those of the user: (section, offset, bytes).
    """

    config: PackageConfig
    bpf_object: bytes | None
    choice: str
    wasm: bytes | None = None
    types: bytes | None = None
    outside: bool = False
    settings: tuple[tuple[str, int, bytes], ...] = ()
