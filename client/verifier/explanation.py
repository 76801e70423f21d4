"""Why a program was refused: the verifier's or libbpf's words, the line of source behind them, usual cause and fix.

It puts together what log.py, source.py and the tables of causes know; it loads nothing and prints nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...schemas.btf_lines import SourceLine
from .call_causes import CALL_CAUSES
from .cause import Cause, find_cause
from .flow_causes import FLOW_CAUSES
from .loader_causes import LOADER_CAUSES
from .log import Stop, read_log
from .memory_causes import MEMORY_CAUSES
from .source import ObjectSource

CAUSES = (*MEMORY_CAUSES, *CALL_CAUSES, *FLOW_CAUSES)  # of the verifier; the first that fits is taken
MAX_REGISTERS = 3
MAX_WAY = 8  # lines
_MISSING_FIELD = re.compile(r"CO-RE relocation <\w+> \[\d+\] .*[. ](\w+) \(")
_PROGRAM = re.compile(r"prog '(\w+)'")
_SYMBOL = re.compile(r"extern (?:\([a-z ]+\) )?'(\w+)'")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One refusal. `message` is the sentence that says most; empty, `None` and () where something is not known.

    `code` is the rejected instruction, `registers` what the verifier knew of those that matter ("R0=…"), `place` the
    line behind it, `taken` the line that took what was never given back, `way` the numbers of the last lines on the way
    to an end of the program, `log` the end of the verifier's log.
    """

    message: str
    instruction: int | None = None
    code: str = ""
    registers: tuple[str, ...] = ()
    place: SourceLine | None = None
    taken: SourceLine | None = None
    way: tuple[int, ...] = ()
    cause: Cause | None = None
    log: tuple[str, ...] = ()

    @property
    def is_of_the_kernel(self) -> bool:
        """Whether the kernel lacks something, as far as that is known, and the program is not wrong."""
        return self.cause.lacks if self.cause else not self.log


def explain_log(log: str, *, program: str, section: str, source: ObjectSource | None) -> Explanation:
    """Explain the verifier's log of a rejected program; `source` is what its object knows of lines."""
    stop = read_log(log)
    cause, line = find_cause(CAUSES, stop.words, code=stop.code, section=section)
    return Explanation(
        line or (stop.words[0] if stop.words else "the verifier does not say why"),
        stop.instruction,
        stop.code,
        tuple(_registers(stop)),
        _place(stop, program, source),
        _taken(stop, program, source),
        _way(stop, program, source),
        cause,
        stop.lines,
    )


def explain_said(said: Sequence[str], *, program: str = "", source: ObjectSource | None) -> Explanation | None:
    """Explain what libbpf said before the verifier was asked; None where it is nothing that is known."""
    cause, line = find_cause(LOADER_CAUSES, said)
    if cause is None:
        return None
    return Explanation(line, place=_said_place(line, program, source), cause=cause)


def _said_place(line: str, program: str, source: ObjectSource | None) -> SourceLine | None:
    """Where a symbol that libbpf names is used; else where the program begins."""
    if source is None:
        return None
    symbol, named = _SYMBOL.search(line), _PROGRAM.search(line)
    return source.use_of(symbol[1]) if symbol else source.at(named[1] if named else program, 0)


def _registers(stop: Stop) -> list[str]:
    """What was known of the registers in the words; where they name none, of those in the instruction."""
    named = re.findall(r"\bR\d{1,2}\b", " ".join(stop.words))
    named = named or [f"R{number}" for number in re.findall(r"\br(\d{1,2})\b", stop.code)]
    known = [f"{name}={stop.registers[name]}" for name in dict.fromkeys(named) if name in stop.registers]
    return known[:MAX_REGISTERS]


def _place(stop: Stop, program: str, source: ObjectSource | None) -> SourceLine | None:
    if source is None:
        return _quoted(stop, None)
    if stop.instruction is None:
        called = source.indirect_call(program) if any("opcode 8d" in line for line in stop.words) else None
        return called or source.at(program, 0)
    field = next((found for line in stop.words if (found := _MISSING_FIELD.search(line))), None)
    named = source.mention(program, field[1]) if field else None
    return named or source.at(program, stop.instruction) or _quoted(stop, source)


def _quoted(stop: Stop, source: ObjectSource | None) -> SourceLine | None:
    if stop.quote is None:
        return None
    if source is not None:
        return source.quoted(stop.quote)
    return SourceLine(stop.quote.file, stop.quote.line, 0, stop.quote.text) if stop.quote.file else None


def _way(stop: Stop, program: str, source: ObjectSource | None) -> tuple[int, ...]:
    """Compilers let all ways end in one place, so that line alone does not tell which of them it is."""
    if source is None or stop.code != "exit":
        return ()
    numbers: list[int] = []
    for step in stop.steps:
        found = source.at(program, step)
        if found and numbers[-1:] != [found.line]:
            numbers.append(found.line)
    return tuple(numbers[-MAX_WAY:])


def _taken(stop: Stop, program: str, source: ObjectSource | None) -> SourceLine | None:
    if stop.taken is None or source is None:
        return None
    found = source.at(program, stop.taken)
    return found or (source.quoted(stop.taken_quote) if stop.taken_quote else None)
