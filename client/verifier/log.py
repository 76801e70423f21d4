"""Read the verifier's log: where it stopped, what it said there, what it knew of registers, the line that it quotes.

Text in, facts out, for any text: logs of kernels from 5.10 on are read, and what is not understood is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..output.text import visible

MAX_CHARS = 256 * 1024  # of a log, from its end
MAX_LINE_CHARS = 2048
MAX_WORDS = 16  # lines that the verifier says where it stops
MAX_KEPT = 64  # last lines of the log that are kept for showing
MAX_STEPS = 4096  # last instructions on the way

_STEP = re.compile(r"(\d{1,7}): (?:\(([0-9a-f]{2})\) (?=\S)(.*)|(<invalid .*))")
_QUOTE = re.compile(r"; (.*?)(?: @ ([^@\s]{1,255}):(\d{1,9}))?")
_STATE_BEHIND = re.compile(r"\s+(?:;|(?:from \d{1,7} to )?\d{1,7}:)\s*(?=(?:frame\d+: )?(?:R\d|fp|refs=|safe|cb)).*")
_REGISTER = re.compile(r"\b(R\d{1,2})(?:_[a-z]+)?=([^\s(=]*(?:\((?:[^()]|\([^()]*\))*\))?)")
_STATE = re.compile(r"(?:from \d+ to \d+: ?|\d+: ?)?(?:frame\d+: ?)?\s*(?:R\d{1,2}(?:_[a-z]+)?=|safe$).*")
_ASIDE = re.compile(  # what it tells on its way, and how much work it was
    r"processed \d|verification time|stack depth|(?:cur|old) state:|mark_precise|last_idx|regs=|parent (?:state|didn)|"
    r"arg#\d+ reference type|func#\d+ @|Live regs|propagating|max_states|Validating .* func#|"
    r"Func#\d+ .* is (?:safe|global)|\s*\d+: [.0-9]{10} "
)
_AT = re.compile(r"(?:at insn|from insn \d+ to|insn) (\d{1,7})\b")
_TAKEN = re.compile(r"alloc_insn=(\d{1,7})|acquired at insn (\d{1,7})")


@dataclass(frozen=True, slots=True)
class Quote:
    """A line of source as the log quotes it; kernels before 6.9 name no file, and 0 is then the line."""

    text: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the verifier stopped. `instruction` is None where it blames the program as a whole.

    `words` is what it said, `registers` what it knew last of each, `taken` the instruction that took what was never
    given back, `steps` the instructions on the way there, `lines` the end of the log.
    """

    words: tuple[str, ...]
    instruction: int | None
    code: str
    quote: Quote | None
    registers: dict[str, str]
    taken: int | None
    taken_quote: Quote | None
    steps: tuple[int, ...]
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Reader:
    quotes: dict[int, Quote] = field(default_factory=dict)  # by instruction
    codes: dict[int, str] = field(default_factory=dict)
    registers: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    quote: Quote | None = None
    steps: list[int] = field(default_factory=list)

    def line(self, line: str) -> None:
        if found := _STEP.match(line):
            self.begin(int(found[1]), _STATE_BEHIND.sub("", found[3] or found[4]).strip())
            self.note(line)
        elif line.startswith("; "):
            self.quoted(line)
        elif _STATE.fullmatch(line):
            self.note(line)
        elif line.strip() and not _ASIDE.match(line):
            self.words.append(line.strip())

    def begin(self, number: int, code: str) -> None:
        self.steps.append(number)
        self.codes[number] = code
        if self.quote is not None:
            self.quotes[number] = self.quote
        self.words.clear()

    def quoted(self, line: str) -> None:
        if found := _QUOTE.fullmatch(line):
            self.quote = Quote(found[1].strip(), found[2] or "", int(found[3] or 0))

    def note(self, line: str) -> None:
        self.registers.update(_REGISTER.findall(line))


def read_log(log: str) -> Stop:
    """Read the end of a log, at most MAX_CHARS of it."""
    lines = list(_lines(log))
    reader = _Reader()
    for line in lines:
        reader.line(line)
    words = reader.words[-MAX_WORDS:]
    step, code = _stopped_at(words, reader)
    taken = _number(_TAKEN, words)
    return Stop(
        tuple(words),
        step,
        code,
        reader.quotes.get(step) if step is not None else None,
        dict(reader.registers),
        taken,
        reader.quotes.get(taken) if taken is not None else None,
        tuple(reader.steps[-MAX_STEPS:]),
        tuple(line for line in lines if line.strip())[-MAX_KEPT:],
    )


def _lines(log: str) -> Iterator[str]:
    for line in log[-MAX_CHARS:].splitlines():
        yield visible(line[:MAX_LINE_CHARS].expandtabs(1).rstrip())


def _stopped_at(words: list[str], reader: _Reader) -> tuple[int | None, str]:
    """The instruction that the words name, or the last one of the log."""
    named = _number(_AT, words)
    if named is not None:
        return named, reader.codes.get(named, "")
    last = reader.steps[-1] if reader.steps else None
    return last, reader.codes[last] if last is not None else ""


def _number(pattern: re.Pattern[str], words: list[str]) -> int | None:
    found = next((found for line in words if (found := pattern.search(line))), None)
    return int(next(text for text in found.groups() if text)) if found else None
