"""What this kernel lacks for a program, said before anything is loaded, and once more where loading failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..schemas.bpf_object import BpfObject
from ..schemas.errors import HubError, Unsupported
from .architecture import own_architecture
from .kernel_types.features import Missing, missing
from .kernel_types.machine import Machine
from .loader.kernel import Kernel
from .loader.program import system_library

MAX_SHOWN = 8


def require_architecture(architectures: Sequence[str]) -> None:
    """Refuse a program for other architectures (OCI's names; none stands for any). Raises: Unsupported."""
    here, for_whom = own_architecture(), " and ".join(architectures)
    if architectures and here not in architectures:
        raise Unsupported(
            f"this program is for {for_whom}, and this machine is {here}",
            needs=f"a machine of {for_whom}",
            todo="Its author can build it for more: ecli build --arch all",
        )


def require_features(bpf_object: bytes, kernel: Kernel) -> None:
    """Refuse what this kernel is known to lack. Raises: Unsupported, naming program, feature and since which kernel."""
    certain = [item for item in _missing(bpf_object, kernel) if item.certain]
    if certain:
        raise Unsupported(
            f"kernel {kernel.version} lacks {certain[0].feature}",
            needs=certain[0].feature,
            todo="\n  ".join(_lines(certain)),
        )


def explained(error: HubError, bpf_object: bytes, kernel: Kernel) -> HubError:
    """The error of a failed load, with what the kernel may lack: fields of its types, helpers, newer features."""
    try:
        found = _missing(bpf_object, kernel, types=True)
    except HubError:
        return error
    if found:
        error.todo = "\n  ".join([*([error.todo] if error.todo else []), "It may be that:", *_lines(found)])
    return error


def _missing(bpf_object: bytes, kernel: Kernel, *, types: bool = False) -> list[Missing]:
    facts = BpfObject.parse(bpf_object)
    tried = bpf_object if types and Path(kernel.btf).is_file() else None
    return missing(facts, kernel, bpf_object=tried, library=system_library(), machine=Machine.here(kernel))


def _lines(found: Sequence[Missing]) -> Iterable[str]:
    for item in found[:MAX_SHOWN]:
        since = f", which Linux has since {item.since[0]}.{item.since[1]}" if item.since else ""
        yield f"{item.program or 'the program'} needs {item.feature}{since}: {item.evidence.value}"
    if len(found) > MAX_SHOWN:
        yield f"and {len(found) - MAX_SHOWN} more"
