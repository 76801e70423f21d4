"""The code of the quick way in one file: forty modules come from one read, in half the time that Python finds them in.

It is made of the installed modules when a plan is kept, lies beside the plans (plan.py), and is believed as they are:
it belongs to the user or root, is whole, and none of the modules has changed. Without it Python finds each by itself.
On the quick path: imports stay few.
"""

from __future__ import annotations

import marshal
import sys

from .local_files import read_whole, state_of, write_whole

TYPE_CHECKING = False  # as in schemas/named.py, which is not here yet
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

MAX_BYTES = 4 * 1024 * 1024
MODULES = (  # what a planned run imports once this module is there; a test compares
    *("schemas", "schemas.named", "schemas.errors", "schemas.c_type", "schemas.program", "client.quick", "client.plan"),
    *("client.kernel_types", "client.kernel_types.cached"),
    *("client.loader", "client.loader.libbpf", "client.loader.buffers", "client.loader.kernel"),
    *("client.loader.refusal", "client.loader.attached", "client.loader.program", "client.loader.ring"),
    *("client.loader.stop", "client.loader.events", "client.loader.session", "client.loader.tracefs"),
    *(
        "client.loader.losses",
        "client.loader.privileges",
        "client.output",
        "client.output.text",
        "client.output.decode",
    ),
    *("client.output.compiled", "client.output.column", "client.output.selection", "client.output.columns"),
    *("client.output.writer", "client.output.notices", "client.output.things", "client.output.table"),
    *("client.output.quantities", "client.output.system_names", "client.output.meanings"),
)
_Spec = type(__spec__)  # importlib.machinery's, without its import
_LIBRARY = ("types", "struct", "ctypes", "ctypes._endian")  # of Python, not built into it


def serve(home: str) -> bool:
    """Let modules be imported from the file in a home, if it is there and holds; tells whether it does."""
    data = read_whole(_path(home), MAX_BYTES) if home else None
    if data is None:  # damage included, which marshal does not survive
        return False
    try:
        version, modules = marshal.loads(data)  # noqa: S302 — see above
    except (ValueError, TypeError, EOFError):
        return False
    if version != sys.version or any(state_of(place) != state for place, state, _, _ in modules.values()):
        return False
    sys.meta_path.insert(0, _Finder(modules))
    return True


def is_served() -> bool:
    """Whether modules come from the file."""
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def keep(home: str) -> None:
    """Write the file of what is installed now; where that is not possible, nothing is lost but time."""
    package = __package__.partition(".")[0]
    names = [*(f"{package}.{name}" for name in MODULES), *_LIBRARY]
    modules = {name: found for name in names if (found := _compiled(name))}
    try:
        write_whole(_path(home), marshal.dumps((sys.version, modules)))
    except OSError:
        return


class _Finder:
    """A finder and loader of the import system (PEP 451), for modules whose code is at hand."""

    def __init__(self, modules: dict[str, tuple[str, object, bool, CodeType]]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Find a module that is in the file."""
        found = self._modules.get(name)
        if found is None:
            return None
        place, _, is_package, _ = found
        made: ModuleSpec = _Spec(name, self, origin=place, is_package=is_package)  # type: ignore[arg-type]  # a duck
        made.has_location = True
        if is_package:
            made.submodule_search_locations = [place.rpartition("/")[0]]
        return made

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code."""
        exec(self._modules[module.__name__][3], module.__dict__)  # noqa: S102 — the module's own


def _compiled(name: str) -> tuple[str, object, bool, CodeType] | None:
    """A module's file, its state, whether it is a package, and its code without docstrings; None for what has none."""
    from importlib.util import find_spec

    spec = find_spec(name)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    with open(spec.origin, "rb") as file:  # noqa: PTH123
        code = compile(file.read(), spec.origin, "exec", dont_inherit=True, optimize=2)
    return spec.origin, state_of(spec.origin), spec.submodule_search_locations is not None, code


def _path(home: str) -> str:
    return f"{home}/cache/quick-code"
