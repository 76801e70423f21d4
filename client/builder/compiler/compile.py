"""Run the compiler on one BPF source file and read its complaints. What to compile, and with which types, is decided
by the caller; the object still holds its debug sections."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ....schemas.errors import BadInput, StorageFailed, Unsupported
from .toolchain import Toolchain

TIMEOUT_SECONDS = 120
MAX_OUTPUT_BYTES = 256 * 1024  # of the compiler's messages
MAX_RAW_OBJECT_BYTES = 128 * 1024 * 1024  # with DWARF
MAX_ERRORS_SHOWN = 5
_DIAGNOSTIC = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>fatal error|error|warning): (?P<text>.*)"
)
_STEERING = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "CFLAGS", "ZIG_")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint of the compiler: file as the author knows it, line and column from 1, the line itself."""

    file: str
    line: int
    column: int
    is_error: bool
    text: str
    source: str = ""

    def __str__(self) -> str:
        kind = "error" if self.is_error else "warning"
        text = f"{self.file}:{self.line}:{self.column}: {kind}: {self.text}"
        if not self.source:
            return text
        caret = "".join("\t" if char == "\t" else " " for char in self.source[: self.column - 1]) + "^"
        return f"{text}\n  {self.source}\n  {caret}"


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
        (work / file_name).write_text(f'#line 1 "{file_name}"\n{source}', encoding="utf-8")
        search = (*(place.resolve() for place in includes), folder.resolve(), types)
        command = _command(toolchain, work=work, file_name=file_name, search=search, defines=defines)
        status, output = run_compiler(command, work=work, cache=cache)
        found = [_located(item, folder) for item in _diagnostics(output)]
        made = work / "out.o"
        if status or not made.is_file():
            raise _failure([item for item in found if item.is_error], output, where=str(folder / file_name))
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


def _diagnostics(output: str) -> Iterator[Diagnostic]:
    for line in output.splitlines():
        found = _DIAGNOSTIC.fullmatch(line)
        if found:
            yield Diagnostic(
                found["file"], int(found["line"]), int(found["column"]), found["kind"] != "warning", found["text"]
            )


def _located(item: Diagnostic, folder: Path) -> Diagnostic:
    """Name the file as the author does, and add the line."""
    path = folder / item.file
    name = item.file
    resolved = folder.resolve()
    if Path(item.file).is_relative_to(resolved):
        name = str(Path(item.file).relative_to(resolved))
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            line = next((text for number, text in enumerate(file, 1) if number == item.line), "")
    except OSError:
        line = ""
    return Diagnostic(name, item.line, item.column, item.is_error, item.text, line.rstrip()[:400])


def _failure(errors: list[Diagnostic], output: str, *, where: str) -> BadInput:
    if not errors:
        tail = "\n".join(output.strip().splitlines()[-MAX_ERRORS_SHOWN:]) or "and said nothing"
        return BadInput(f"the compiler failed: {tail}", where=where)
    shown = "\n".join(str(item) for item in errors[:MAX_ERRORS_SHOWN])
    more = len(errors) - MAX_ERRORS_SHOWN
    return BadInput(
        "the program does not compile\n" + shown + (f"\n… and {more} more" if more > 0 else ""), where=where
    )


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
