"""eBPF programs inside another Python program: `from ebpfhub.client.library import run`.

    with run("opensnoop", options={"pid": 1234}) as events:
        for event in events:
            print(event.comm, event.fname)

The package is found and verified as `ecli run` does it. It runs in a process of its own, so that no fault of the
package, of libbpf or of the kernel's answer takes the host program down: it is raised as an error where the events are
read. Nobody is asked anything: what changes something needs `allow`, what nobody signed needs `unsigned`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..schemas import errors
from ..schemas.c_type import ENUM, CType
from ..schemas.errors import BadInput, HubError, NotTrusted
from ..schemas.package import PackageConfig
from ..schemas.permissions import permissions_of_package
from ..signing.verified import VerifiedPackage
from .arguments import parse_arguments
from .attach_options import attach_options, check_targets, take_targets
from .consent import consent, parse_words
from .fitting import types_for
from .frames import Frame, Kind, read_frame, unpack
from .home import Home
from .launch import attach_points, no_program
from .loader.kernel import Kernel
from .output.decode import Decoder, enum_name, nested
from .output.things import labels
from .program_process import job
from .programs import about_program, program_for
from .requirements import require_architecture
from .run_options import RunOptions
from .settings import Settings, load_settings
from .store import Installed
from .unsigned import UnsignedProgram

if TYPE_CHECKING:
    from .programs import Program

END_SECONDS = 10.0  # that a program may take to end before it is killed


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Fields are attributes and items: integers, floats, booleans, texts, names of enumerators, lists.

    `stream` names the kind of event; a member of a nested struct has a dotted name. A malformed event's missing fields
    are None.
    """

    stream: str
    fields: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"the event {self.stream} has no field {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class Look:
    """What a map held at one moment: (key, value) pairs of plain values. A value of each processor is one of a list."""

    map: str
    entries: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What an iterator program wrote."""

    text: str


def run(
    target: str,
    *,
    options: Mapping[str, object] | None = None,
    attach: Mapping[str, object] | None = None,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    unsigned: bool = False,
    refresh: bool = False,
    identity: str = "",
    issuer: str = "",
    domain: str = "",
    max_events: int | None = None,
    timeout: float | None = None,
    home: Path | None = None,
) -> Run:
    """Start a program, and return what yields its events once it is attached.

    `target` is what `ecli run` takes; `options` are the program's own by their long names, `attach` what it is attached
    to (`{"interface": "eth0"}`); `timeout` in seconds. `identity`, `issuer` and `domain` say who must have signed an
    `oci://` image or a package file. `home` is ecli's state folder, by default the user's.

    Raises: HubError and its kinds, as `ecli run` ends with them.
    """
    place = Home(home) if home is not None else Home.find()
    settings = load_settings(place)
    wanted = RunOptions(target, refresh=refresh, unsigned=unsigned, identity=identity, issuer=issuer, domain=domain)
    found = program_for(wanted, place, settings)
    program = found.redeem() if isinstance(found, Installed) else found
    if isinstance(program, UnsignedProgram) and not unsigned:
        raise NotTrusted(f"nobody has signed {program.choice}", check="signature", where=target, todo="unsigned=True")
    if program.bpf_object is None and program.wasm is None:
        raise no_program(program.config)
    if program.bpf_object is None or program.wasm is not None:
        raise BadInput("only packages without a Wasm user space yield events to a library", where=target)
    consent(
        program.config.name,
        permissions_of_package(None, program.bpf_object),
        policies=about_program(settings, program).policies,
        allow=parse_words(",".join(allow), where="allow") if allow else (),
        deny=parse_words(",".join(deny), where="deny") if deny else (),
        answers=False,
    )
    require_architecture(program.config.architectures)
    return Run(program, _job(program, place, settings, options or {}, attach or {}, max_events, timeout))


def _job(
    program: Program,
    home: Home,
    settings: Settings,
    options: Mapping[str, object],
    attach: Mapping[str, object],
    max_events: int | None,
    timeout: float | None,
) -> bytes:
    usage, elf = program.config.usage, program.bpf_object or b""
    values = parse_arguments([f"--{name}={_word(value)}" for name, value in options.items()], usage)
    points = usage.attach or attach_points(elf)
    known = attach_options(points, ())
    rest, targets = take_targets([f"--{name}={_word(value)}" for name, value in attach.items()], points, known)
    if rest:
        raise BadInput(f"{rest[0].partition('=')[0]} is nothing that this program is attached to", where="attach")
    check_targets(points, targets, known)
    first = () if isinstance(program, VerifiedPackage) else program.settings
    facts: dict[str, object] = {
        "targets": [{"program": name, **target._asdict()} for name, target in targets.items()],
        "max_events": max_events or 0,
        "timeout_ms": round(1000 * (timeout or 0)),
        "btf_path": types_for(program, elf, home=home, settings=settings, kernel=Kernel()),
    }
    return job(program.config, elf, [*first, *values], facts)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Run:
    """A running program: iterate over it for Events, Looks and Texts; the iteration ends with the program.

    `lost` is how many events are known to be lost so far. Close it, or use `with`.
    """

    def __init__(self, program: Program, task: bytes) -> None:
        self.config: PackageConfig = program.config
        self.reference = "" if isinstance(program, UnsignedProgram) else program.reference
        self.publisher = "" if isinstance(program, UnsignedProgram) else program.publisher
        self.lost = 0
        self.notices: list[str] = []
        usage = self.config.usage
        self._names = labels(usage.events)
        self._decoders = [Decoder(stream.type) for stream in usage.events]
        command = [sys.executable, "-P", "-m", f"{__package__}.program_process"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stopped = False
        try:
            self._begin(task)
        except BaseException:
            self.close()
            raise

    def _begin(self, task: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 — it is a pipe
        try:
            self._process.stdin.write(task)
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # how it ended is found out below
        while (frame := self._next()) is not None and frame.kind is not Kind.STARTED:
            self._heard(frame)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event | Look | Text]:
        while (frame := self._next()) is not None:
            yield from self._heard(frame)

    def stop(self) -> None:
        """Ask the program to end; what it has already seen is still yielded. From any thread."""
        self._stopped = True
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """End the program; afterwards nothing is attached. A second call does nothing."""
        self.stop()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _next(self) -> Frame | None:
        assert self._process.stdout is not None  # noqa: S101 — it is a pipe
        frame = None if self._process.stdout.closed else read_frame(self._process.stdout)
        if frame is None and not self._process.stdout.closed:
            code = self._process.wait()
            if code and not self._stopped:
                how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
                raise BadInput(f"the program's process ended with {how}", where=self.config.package)
        return frame

    def _heard(self, frame: Frame) -> Iterator[Event | Look | Text]:
        match frame.kind:
            case Kind.RECORDS:
                return self._events(frame.number, unpack(frame.body))
            case Kind.LOOKED:
                return iter((self._look(frame.number, unpack(frame.body)),))
            case Kind.TEXT:
                return iter((Text(frame.body.decode("utf-8", "replace")),))
            case Kind.NOTICE:
                self.notices.append(frame.body.decode("utf-8", "replace"))
            case Kind.LOST | Kind.ENDED:
                self.lost = frame.number
            case Kind.FAILED:
                raise _error(*(item.decode() for item in unpack(frame.body)))
        return iter(())

    def _events(self, number: int, records: list[bytes]) -> Iterator[Event]:
        decoder, name = self._decoders[number], self._names[number]
        rows, _ = decoder.rows(records)
        for row in rows:
            pairs = zip(decoder.fields, row, strict=True)
            yield Event(name, {field.name: _plain(field.type, value) for field, value in pairs})

    def _look(self, number: int, parts: list[bytes]) -> Look:
        view = self.config.usage.views[number]
        entries = []
        for key, packed in zip(parts[::2], parts[1::2], strict=True):
            values = [nested(view.value, value) for value in unpack(packed)]
            entries.append((nested(view.key, key), values[0] if len(values) == 1 else values))
        return Look(view.map, tuple(entries))


def _plain(kind: CType, value: Any) -> Any:
    if isinstance(value, bytes):
        return nested(kind, value)
    return enum_name(kind, value) if kind.kind == ENUM else value


def _error(kind: str, what: str, where: str, todo: str) -> HubError:
    kinds = {item.kind: item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, HubError)}
    return kinds.get(kind, HubError)(what, where=where, todo=todo)
