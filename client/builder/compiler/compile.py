"""Run the compiler on one BPF source file. What to compile, and with which types, is decided
by the caller; the object still holds its debug sections."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ....schemas.errors import BadInput, StorageFailed, Unsupported
from .diagnostics import Diagnostic, failure, located, read_diagnostics
from .toolchain import Toolchain

TIMEOUT_SECONDS = 120
MAX_OUTPUT_BYTES = 256 * 1024  # of the compiler's messages
MAX_RAW_OBJECT_BYTES = 128 * 1024 * 1024  # with DWARF
_STEERING = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "CFLAGS", "ZIG_")


@dataclass(frozen=True, slots=True)
class Compiled:
    """An object as the compiler wrote it, and its warnings."""

    data: bytes
    warnings: tuple[Diagnostic, ...]


def compile_source(
    source: str, *, file_name: str, folder: Path, types: Path, cache: Path, toolchain: Toolchain,
    includes: Sequence[Path] = (), defines: Sequence[str] = (),
) -> Compiled:  # fmt: skip
    """Compile `source`, the text of `folder`/`file_name`, for the BPF virtual machine, version 2 of its instructions.

    Headers come from `folder`, `includes`, `types` (vmlinux.h), libbpf's, in this order. The object holds no path of
    this machine.
    Raises: BadInput with file, line, column and source line; Unsupported where the compiler cannot run; StorageFailed.
    """
    with work_folder(cache) as work:
        (work / file_name).write_text(source, encoding="utf-8")  # unchanged: BTF quotes its lines by their numbers
        search = (*(place.resolve() for place in includes), folder.resolve(), types)
        command = _command(toolchain, work=work, file_name=file_name, search=search, defines=defines)
        status, output = run_compiler(command, work=work, cache=cache)
        found = [located(item, folder, types=types) for item in read_diagnostics(output, file_name=file_name)]
        made = work / "out.o"
        if status or not made.is_file():
            raise failure([item for item in found if item.is_error], output, where=str(folder / file_name))
        if made.stat().st_size > MAX_RAW_OBJECT_BYTES:
            raise BadInput("the compiled program is too large", where=str(folder / file_name))
        return Compiled(made.read_bytes(), tuple(item for item in found if not item.is_error))


def _command(
    toolchain: Toolchain, *, work: Path, file_name: str, search: tuple[Path, ...], defines: Sequence[str]
) -> list[str]:
    """The command; `search` are folders of headers, of which the last two are the program's and the types'."""
    target = "bpfel-freestanding" if toolchain.is_zig else "bpfel"
    *includes, folder, types = search
    machine_headers = Path(f"/usr/include/{os.uname().machine}-linux-gnu")  # Debian keeps <asm/types.h> there
    maps = {place: f"include-{number}" for number, place in enumerate(includes, 1)}
    maps |= {work: ".", work.resolve(): ".", folder: ".", types: "types", toolchain.headers: "include"}
    return [
        *toolchain.compiler,
        *("-target", target, "-mcpu=v2", "-O2", "-g", "-std=gnu11", "-Wall", "-ferror-limit=20"),
        "-Werror=implicit-function-declaration",  # nothing in the kernel could be meant; an error since clang 16
        *("-Wno-unknown-warning-option", "-Wno-default-const-init-var-unsafe"),  # libbpf's own macros before 1.6 do it
        *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"),
        *("-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-diagnostics-fixit-info"),
        f"-D__TARGET_ARCH_{toolchain.architecture}",
        *(f"-D{text}" for text in defines),
        *("-iquote", str(folder)),
        *(word for place in includes for word in ("-I", str(place))),
        *("-iquote", str(types), "-I", str(types), "-I", str(folder), "-isystem", str(toolchain.headers)),
        *(("-idirafter", str(machine_headers)) if machine_headers.is_dir() else ()),
        *(f"-ffile-prefix-map={path}={name}" for path, name in maps.items()),
        *("-c", file_name, "-o", "out.o"),
    ]


def run_compiler(command: list[str], *, work: Path, cache: Path) -> tuple[int, str]:
    """Run in its own process group, so that nothing is left running after the time is up; status and messages.

    Raises: Unsupported where it cannot start, BadInput after TIMEOUT_SECONDS.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    zig = str((cache / "zig").resolve())
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
            status = process.wait(TIMEOUT_SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise BadInput(f"the compiler was not done after {TIMEOUT_SECONDS} seconds") from error
            raise
    with log.open("rb") as messages:
        return status, messages.read(MAX_OUTPUT_BYTES).decode("utf-8", "replace")


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
