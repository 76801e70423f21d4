"""The types by which a program is fitted to this kernel: of the kernel, of its own package, else of a hub's archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..schemas.kernel_types import System
from ..schemas.reference import Reference
from ..signing.verified import VerifiedPackage
from .home import Home
from .kernel_types.fit import Offer, fitted_types
from .loader.kernel import Kernel
from .settings import Settings

if TYPE_CHECKING:
    from .programs import Program


def types_for(program: Program, bpf_object: bytes, *, home: Home, settings: Settings, kernel: Kernel) -> str:
    """Give the path for libbpf's btf_custom_path, or "" for the kernel's own types. Raises: as fitted_types; HubError.

    `bpf_object` is one of the program's: its own, or one that its Wasm module loads.
    """

    def offers(system: System) -> Offer | None:
        from .served_types import ServedTypes  # only a kernel without BTF needs it

        named = program.reference if isinstance(program, VerifiedPackage) else ""
        origin = Reference.parse(named).origin if named else home.default_origin()
        return ServedTypes(home, settings, origin).offer(system)

    return fitted_types(bpf_object, cache=home.fitted, kernel=kernel, archive=program.types, offers=offers)
