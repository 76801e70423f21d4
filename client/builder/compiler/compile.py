"""Run the compiler on one BPF source file. What to compile, and with which types, is decided
by the caller; the object still holds its debug sections."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ....schemas.errors import BadInput, StorageFailed, Unsupported
from .diagnostics import Diagnostic, failure, located, read_diagnostics
from .prepared import begins_with_types, prepared_types
from .toolchain import Toolchain

TIMEOUT_SECONDS = 120.0
MAX_OUTPUT_BYTES = 256 * 1024  # of the compiler's messages
MAX_RAW_OBJECT_BYTES = 128 * 1024 * 1024  # with DWARF
ZIG_CACHE = "zig"  # the folder that zig keeps in ours
LATER = Path(__file__).with_name("later")  # stands before libbpf's headers: what later versions of them define
CPU, ATOMIC_CPU = "-mcpu=v2", "-mcpu=v3"  # versions of the instructions: 2 is every kernel's, 3 has all of C's atomics
OUTPUT, READ = "out.o", "read.d"  # in the work folder: what it makes, and what it has read, as a rule for make
_STEERING = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "CFLAGS", "ZIG_")
_NO_ATOMIC = re.compile(r"= Atomic\w+<|[Uu]nsupported atomic operation|XADD return value")


@dataclass(frozen=True, slots=True)
class Compiled:
    """An object as the compiler wrote it, its warnings, and the headers that it read, in the order of their use.

    `has_atomics`: version 2 of the instructions did not do, for what atomic operations return, or for other than sums.
    """

    data: bytes
    warnings: tuple[Diagnostic, ...]
    headers: tuple[Path, ...]
    has_atomics: bool = False


def compile_source(
    source: str, *, file_name: str, folder: Path, types: Path, cache: Path, toolchain: Toolchain,
    includes: Sequence[Path] = (), defines: Sequence[str] = (),
) -> Compiled:  # fmt: skip
    """Compile `source`, the text of `folder`/`file_name`, for the BPF virtual machine.

    Version 2 of its instructions is taken, and 3 only where the source has atomic operations that 2 cannot do.
    Headers come from `folder`, `includes`, `types` (vmlinux.h), libbpf's, in this order. The object holds no path of
    this machine.
    Raises: BadInput with file, line, column and source line; Unsupported where the compiler cannot run; StorageFailed.
    """
    with work_folder(cache) as work:
        # unchanged, in its own encoding: BTF quotes its lines by their numbers
        (work / file_name).write_bytes(source.encode("utf-8", "surrogateescape"))
        search = (*(place.resolve() for place in includes), folder.resolve(), types)
        command = _command(toolchain, work=work, file_name=file_name, search=search, defines=defines)
        quick = [] if defines else _quicker(command, source, toolchain, work=work, types=types, cache=cache)
        status, output = run_compiler(quick or command, work=work, cache=cache)
        if status and quick:  # whether the source is at fault or what was prepared: this one tells
            status, output = run_compiler(command, work=work, cache=cache)
        if has_atomics := bool(status and _NO_ATOMIC.search(output)):
            newer = [ATOMIC_CPU if word == CPU else word for word in command]
            status, output = run_compiler(newer, work=work, cache=cache)
        compiled = read_compiled(work, status, output, where=folder / file_name, types=types)
        return replace(compiled, has_atomics=has_atomics)


def read_compiled(
    work: Path, status: int, output: str, *, where: Path, types: Path, in_kernel: bool = True
) -> Compiled:
    """Read what a compiler made of the author's file `where`, and its complaints, with advice for programs `in_kernel`.

    Raises: BadInput.
    """
    found = [located(item, where.parent, types=types) for item in read_diagnostics(output, file_name=where.name)]
    found = found if in_kernel else [replace(item, help="") for item in found]
    made = work / OUTPUT
    if status or not made.is_file():
        raise failure([item for item in found if item.is_error], output, where=str(where))
    if made.stat().st_size > MAX_RAW_OBJECT_BYTES:
        raise BadInput("the compiled program is too large", where=str(where))
    warnings = tuple(item for item in found if not item.is_error)
    return Compiled(made.read_bytes(), warnings, tuple(_headers(work / READ, work, where.name)))


def _command(
    toolchain: Toolchain, *, work: Path, file_name: str, search: tuple[Path, ...], defines: Sequence[str]
) -> list[str]:
    """The command; `search` are folders of headers, of which the last two are the program's and the types'."""
    *includes, folder, types = search
    first, *others = toolchain.folders
    maps = {place: f"include-{number}" for number, place in enumerate(includes, 1)}
    maps |= {
        work: ".",
        work.resolve(): ".",
        folder: ".",
        types: "types",
        LATER: "include",
        toolchain.headers: "include",
    }
    return [
        *toolchain.compiler,
        *_flags(toolchain),
        *(f"-D{text}" for text in defines),
        *("-iquote", str(folder)),
        *(word for place in includes for word in ("-I", str(place))),
        *("-iquote", str(types), "-I", str(types), "-I", str(folder)),
        *("-isystem", str(LATER), "-isystem", str(first)),
        *(word for path in others for word in ("-idirafter", str(path))),
        *(f"-ffile-prefix-map={path}={name}" for path, name in maps.items()),
        *("-MD", "-MF", READ, "-c", file_name, "-o", OUTPUT),
    ]


def _flags(toolchain: Toolchain) -> tuple[str, ...]:
    """What is the same for every source."""
    return (
        *("-target", "bpfel-freestanding" if toolchain.is_zig else "bpfel", CPU, "-O2", "-g", "-std=gnu11"),
        *("-Wall", "-Werror=date-time", "-ferror-limit=20"),
        "-Werror=implicit-function-declaration",  # nothing in the kernel could be meant; an error since clang 16
        *("-Wno-unknown-warning-option", "-Wno-default-const-init-var-unsafe"),  # libbpf's own macros before 1.6 do it
        *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"),
        *("-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-diagnostics-fixit-info"),
        f"-D__TARGET_ARCH_{toolchain.architecture}",
    )


def _quicker(
    command: list[str], source: str, toolchain: Toolchain, *, work: Path, types: Path, cache: Path
) -> list[str]:
    """The same command with types that are read already; empty where they cannot be used."""
    if not types.is_relative_to(cache) or not begins_with_types(source):
        return []

    def run(words: list[str]) -> int:
        return run_compiler(words, work=work, cache=cache)[0]

    made = prepared_types(types, toolchain, _flags(toolchain), run)
    return [*command, "-include-pch", str(made)] if made else []


def run_compiler(command: list[str], *, work: Path, cache: Path, seconds: float = 0) -> tuple[int, str]:
    """Run in its own process group, so that nothing is left running after the time is up; status and messages.

    Raises: Unsupported where it cannot start, BadInput after `seconds`, or TIMEOUT_SECONDS where none are said.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    zig = str((cache / ZIG_CACHE).resolve())
    environment |= {"LC_ALL": "C", "ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}
    log = work / "messages"
    with log.open("wb") as messages:
        try:
            process = subprocess.Popen(
                command,
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                start_new_session=True,
            )
        except OSError as error:
            raise Unsupported(f"the compiler cannot be started: {error.strerror}", where=command[0]) from error
        try:
            status = _status(process, seconds or TIMEOUT_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    with log.open("rb") as messages:
        return status, messages.read(MAX_OUTPUT_BYTES).decode("utf-8", "replace")


def _status(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Wait for the end of a process. Popen's wait with a time limit looks only every 50 milliseconds.

    Raises: BadInput when the time is up.
    """
    handle = os.pidfd_open(process.pid)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        ended = waiting.poll(seconds * 1000)
    finally:
        os.close(handle)
    if not ended:
        raise BadInput(f"the compiler was not done after {seconds:.0f} seconds")
    return process.wait()


def _headers(rule: Path, work: Path, file_name: str) -> Iterator[Path]:
    """The files behind the colon of a rule for make, but for the source itself."""
    text = rule.read_text(encoding="utf-8", errors="surrogateescape").partition(": ")[2].replace("\\\n", " ")
    for word in re.findall(r"(?:\\.|[^\s\\])+", text):
        name = re.sub(r"\\(.)", r"\1", word).replace("$$", "$")
        if name != file_name:
            yield work / name


@contextmanager
def work_folder(cache: Path) -> Iterator[Path]:
    """A folder for one compilation, gone afterwards. Raises: StorageFailed."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="build-", dir=cache.resolve()))
    except OSError as error:
        raise StorageFailed(f"the build cannot start: {error.strerror}", where=str(cache)) from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
