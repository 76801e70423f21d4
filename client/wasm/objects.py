"""The BPF objects that one guest loaded: its handles, and the programs, maps and buffers that belong to them.

A handle or a map's number means something only here, so a guest reaches nothing of another guest or of its host.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ...schemas.errors import Denied, NotFound
from ..loader.libbpf import BpfMap
from ..loader.maps import MapHandle
from ..loader.program import LoadedProgram, system_library
from ..loader.stop import Stop
from .grants import Grants
from .records import Buffer

OBJECTS, BUFFERS, ATTACHED = 64, 64, 1024  # of one guest at a time


@dataclass(slots=True)
class _Object:
    program: LoadedProgram
    maps: dict[int, BpfMap]
    handles: dict[int, MapHandle] = field(default_factory=dict)
    buffers: dict[int, Buffer] = field(default_factory=dict)
    attached: int = 0


class Objects:
    """All objects of one guest. `gate` is asked before each is loaded, and raises HubError to refuse it."""

    def __init__(
        self, name: str, gate: Callable[[bytes], None], grants: Grants, btf_path: Callable[[bytes], str], ending: Stop
    ) -> None:
        self._name, self._gate, self._grants, self._btf_path, self._ending = name, gate, grants, btf_path, ending
        self._objects: dict[int, _Object] = {}
        self._next = 1
        self.lost = 0  # records that buffers and programs counted as lost, of objects that are closed

    def ask(self, elf: bytes) -> None:
        """Ask the gate about an object. Raises: what the gate raises."""
        self._gate(elf)

    def load(self, elf: bytes) -> int:
        """Load an object that the gate has passed; returns its handle, above 0. Raises: HubError."""
        if len(self._objects) >= OBJECTS:
            raise Denied(f"a guest has at most {OBJECTS} BPF objects at a time", where=self._name)
        program = LoadedProgram(elf, self._name, btf_path=self._btf_path(elf))
        try:
            program.load()
            maps = {found.fd: found for found in program.maps().values()}
        except BaseException:
            program.close()
            raise
        handle, self._next = self._next, self._next + 1
        self._objects[handle] = _Object(program, maps)
        return handle

    def close(self, handle: int) -> bool:
        """Detach and unload an object; tells whether there was one."""
        found = self._objects.pop(handle, None)
        if found is None:
            return False
        try:
            with suppress(OSError):
                self.lost += found.program.lost_events()
            for buffer in found.buffers.values():
                self.lost += buffer.lost
                buffer.close()
        finally:
            found.program.close()
        return True

    def knows(self, handle: int) -> bool:
        """Tell whether this is the handle of an object."""
        return handle in self._objects

    def close_all(self) -> None:
        """Detach and unload everything."""
        for handle in tuple(self._objects):
            self.close(handle)

    def attach(self, handle: int, program: str, wanted: str) -> None:
        """Attach the program of this name, where its section or `wanted` says. Raises: HubError."""
        found = self._object(handle)
        if found.attached >= ATTACHED:
            raise Denied(f"a guest attaches an object at most {ATTACHED} times", where=self._name)
        sections = [one.section for one in found.program.programs if one.name == program]
        if not sections:
            raise NotFound(f"the object has no program {program!r}", where=self._name)
        found.program.attach_one(program, self._grants.target(sections[0], wanted))
        found.attached += 1

    def map_number(self, handle: int, name: str) -> int:
        """Return the number of a map by its name. Raises: NotFound."""
        return self._object(handle).program.map_named(name).fd

    def map(self, number: int) -> MapHandle | None:
        """Return the map of this number, if it is one of this guest. Raises: OSError."""
        for one in self._objects.values():
            if number in one.maps:
                if number not in one.handles:
                    one.handles[number] = MapHandle(system_library(), number)
                return one.handles[number]
        return None

    def buffer(self, handle: int, number: int) -> Buffer:
        """Return the buffer of an object's map, opened at its first use. Raises: NotFound, Unsupported, Denied."""
        found = self._object(handle)
        if number not in found.maps:
            raise NotFound(f"the object has no map of number {number}", where=self._name)
        if number not in found.buffers:
            if sum(len(one.buffers) for one in self._objects.values()) >= BUFFERS:
                raise Denied(f"a guest reads at most {BUFFERS} maps at a time", where=self._name)
            found.buffers[number] = Buffer(found.maps[number], self._ending)
        return found.buffers[number]

    def _object(self, handle: int) -> _Object:
        found = self._objects.get(handle)
        if found is None:
            raise NotFound(f"the guest has no BPF object of handle {handle}", where=self._name)
        return found
