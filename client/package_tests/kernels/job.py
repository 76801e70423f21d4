"""What a guest is given and what it tells: subjects as files of its file system, outcomes as lines of a serial port.

A line is a word and a text: `linux 6.1.0-56-cloud-amd64` first, then `<number of the subject> <outcome as JSON>`.
Anything in the guest can write there, a package's commands too, so what does not fit is an error of the guest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ....schemas.codec import canonical_json, decode_json
from ....schemas.errors import BadInput
from ....schemas.fields import Fields
from ....schemas.package import MAX_CONFIG_BYTES, PackageConfig
from ...unsigned import UnsignedProgram
from ..outcome import MAX_OUTCOME_BYTES, Outcome
from ..subject import Subject

JOB = "/job"
MAX_LINE_BYTES = MAX_OUTCOME_BYTES + 16
MAX_RELEASE_CHARS = 128
_LINUX = "linux"
_CONFIG, _SETTINGS = "config.json", "settings.json"
_PARTS = ("bpf_object", "wasm", "types")


class Told(NamedTuple):
    """One line: the guest's `release`, or the outcome of a test of subject number `subject`."""

    release: str = ""
    subject: int = -1
    outcome: Outcome | None = None


def write_line(told: Told) -> bytes:
    """A line, with its end."""
    if told.outcome is None:
        return f"{_LINUX} {told.release}\n".encode()
    return b"%d %b\n" % (told.subject, canonical_json(told.outcome.to_json()))


def read_line(line: bytes) -> Told:
    """Read a line, with or without its end. Raises: BadInput."""
    if len(line) > MAX_LINE_BYTES:
        raise BadInput(f"a line has more than {MAX_LINE_BYTES} bytes", where="guest")
    word, _, rest = line.rstrip(b"\r\n").partition(b" ")
    if word == _LINUX.encode():
        return Told(release=rest.decode("utf-8", "backslashreplace")[:MAX_RELEASE_CHARS])
    if not word.isdigit() or len(word) > 6:
        raise BadInput("a line is of no subject", where="guest")
    return Told(subject=int(word), outcome=Outcome.parse(rest, where="guest"))


def files(subject: Subject, number: int) -> Iterator[tuple[str, bytes]]:
    """The files of a subject by their paths in the guest."""
    program, folder = subject.program, f"{JOB}/{number:04}"
    yield f"{folder}/{_CONFIG}", replace(subject.config, tests=subject.tests).to_json()
    for part in _PARTS:
        data = getattr(program, part)
        if data is not None:
            yield f"{folder}/{part}", data
    if isinstance(program, UnsignedProgram) and program.settings:
        listed = [{"section": section, "offset": at, "value": value.hex()} for section, at, value in program.settings]
        yield f"{folder}/{_SETTINGS}", canonical_json({"settings": listed})


def subjects(folder: Path = Path(JOB)) -> list[Subject]:
    """The subjects of a guest, in their order. Raises: BadInput, OSError."""
    return [_subject(place) for place in sorted(folder.iterdir())]


def _subject(folder: Path) -> Subject:
    config = PackageConfig.parse((folder / _CONFIG).read_bytes())
    bpf_object, wasm, types = (_part(folder / part) for part in _PARTS)
    settings = tuple(_settings(folder / _SETTINGS)) if (folder / _SETTINGS).exists() else ()
    program = UnsignedProgram(config, bpf_object, "a package", wasm, types, settings=settings)
    return Subject(program, config.tests, own=True)


def _part(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _settings(path: Path) -> Iterator[tuple[str, int, bytes]]:
    fields = Fields(decode_json(path.read_bytes(), limit=MAX_CONFIG_BYTES), path.name)
    for item in fields.maps("settings", limit=1024):
        yield item.text("section", limit=64), item.integer("offset"), bytes.fromhex(item.text("value", limit=2**20))
