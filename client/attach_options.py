"""Options for what attach points leave open: an interface, a binary, a symbol, a process, a cgroup (`ecli run`).

A section says what its program needs; a package's config may have defaults; the command line has the last word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ..schemas.errors import BadInput
from ..schemas.program import AttachPoint
from .loader.target import Target, open_targets

_HELP = {
    "interface": ("NAME", "Network interface to attach to"),
    "direction": ("WAY", "Packets to look at: ingress or egress"),
    "mode": ("MODE", "How XDP is attached: native, generic or auto"),
    "binary": ("PATH", "Program or library whose function is traced; a name is looked up"),
    "symbol": ("NAME", "Function to trace"),
    "pid": ("PID", "Trace this process alone"),
    "cgroup": ("PATH", "Control group to attach to [default: all processes]"),
    "frequency": ("HZ", "Samples a second on each processor"),
    "priority": ("N", "Place among the filters of the interface"),
    "handle": ("N", "Number of the filter"),
}
_SAMPLES = {"interface": "eth0", "binary": "/bin/bash", "symbol": "readline"}
_NUMBERS = ("pid", "frequency", "priority", "handle")
_MOST = 2**31 - 1
_PREFIX = "attach-"
EACH = "--attach"


class AttachOption(NamedTuple):
    """An option for attach points: `name` is one of TARGETS, `word` how it is spelled, `programs` whom it concerns."""

    name: str
    word: str
    metavar: str
    help: str
    default: str
    required: bool
    programs: tuple[str, ...]


def attach_options(points: Sequence[AttachPoint], taken: Collection[str]) -> list[AttachOption]:
    """List the options that attach points need; `taken` are the program's own long options, which keep their names."""
    used = {name.replace("_", "-") for name in taken}
    made = []
    for name, (metavar, text) in _HELP.items():
        needs = [(point, targets[name]) for point in points if name in (targets := open_targets(point.section))]
        if not needs:
            continue
        defaults = {dict(point.defaults).get(name, "") for point, _ in needs}
        required = any(need and not dict(point.defaults).get(name) for point, need in needs)
        word = f"--{_PREFIX}{name}" if name in used else f"--{name}"
        default = defaults.pop() if len(defaults) == 1 else ""
        programs = tuple(point.program for point, _ in needs)
        made.append(AttachOption(name, word, metavar, text, default, required, programs))
    return made


def take_targets(
    arguments: Sequence[str], points: Sequence[AttachPoint], options: Sequence[AttachOption]
) -> tuple[tuple[str, ...], dict[str, Target]]:
    """Take attach options out of the arguments: what is left, and each program's target. Raises: BadInput.

    `--interface eth0` holds for all programs that can take it, `--attach PROGRAM:interface=eth0` for one.
    """
    given = {point.program: dict(point.defaults) for point in points}
    words = {option.word: option for option in options}
    kept: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        word, has_value, value = argument.partition("=")
        if (word not in words and (word != EACH or not points)) or argument == "--":
            kept.append(argument)
            continue
        if not has_value:
            if not rest:
                raise BadInput("needs a value", where=word)
            value = rest.pop(0)
        if word == EACH:
            program, name, value = _each(value, points)
            given[program][name] = value
        else:
            for program in words[word].programs:
                given[program][words[word].name] = value
    return tuple(kept), {program: _target(values, options) for program, values in given.items() if values}


def check_targets(
    points: Sequence[AttachPoint], targets: Mapping[str, Target], options: Sequence[AttachOption]
) -> None:
    """Refuse when something that a program cannot be attached without was not given. Raises: BadInput."""
    words = {option.name: option for option in options}
    for point in points:
        held = targets.get(point.program, Target())
        for name, required in open_targets(point.section).items():
            if required and getattr(held, name) == getattr(Target(), name):
                option = words[name]
                raise BadInput(
                    f"is needed: program {point.program!r} (section {point.section}) leaves it open",
                    where=option.word,
                    todo=f"For example: {option.word} {_SAMPLES.get(name, option.metavar)}",
                )


def help_rows(options: Sequence[AttachOption]) -> list[tuple[str, str]]:
    """The rows that a program's help shows for them."""
    rows = []
    for option in options:
        notes = f" [default: {option.default}]" if option.default else " (needed)" if option.required else ""
        rows.append((f"    {option.word} {option.metavar}", option.help + notes))
    return [*rows, (f"    {EACH} PROGRAM:NAME=VALUE", "The same for one of its programs")] if rows else []


def _each(text: str, points: Sequence[AttachPoint]) -> tuple[str, str, str]:
    program, colon, rest = text.partition(":")
    name, equals, value = rest.partition("=")
    found = next((point for point in points if point.program == program), None)
    if not colon or not equals:
        raise BadInput(f"{text[:80]!r} is not PROGRAM:NAME=VALUE", where=EACH, todo=f"{EACH} {_example(points)}")
    if found is None:
        names = ", ".join(point.program for point in points[:8])
        raise BadInput(f"there is no program {program[:80]!r}", where=EACH, todo=f"Its programs are: {names}")
    if name not in open_targets(found.section):
        names = ", ".join(open_targets(found.section)) or "nothing"
        raise BadInput(f"{program} (section {found.section}) takes {names}, not {name[:40]!r}", where=EACH)
    return program, name, value


def _example(points: Sequence[AttachPoint]) -> str:
    for point in points:
        for name in open_targets(point.section):
            return f"{point.program}:{name}={_HELP[name][0]}"
    return "PROGRAM:NAME=VALUE"


def _target(values: Mapping[str, str], options: Sequence[AttachOption]) -> Target:
    words = {option.name: option.word for option in options}
    fields: dict[str, Any] = {}
    for name, text in values.items():
        read = _number if name in _NUMBERS else _words
        fields[name] = read(text, where=words.get(name, f"--{name}"))
    return Target(**fields)


def _number(text: str, *, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= _MOST):
        raise BadInput(f"{text[:40]!r} is not a whole number from 0 to {_MOST}", where=where)
    return int(text)


def _words(text: str, *, where: str) -> str:
    if not text or len(text) > 4096 or "\0" in text:
        raise BadInput("must be a text of 1 to 4096 characters", where=where)
    return text
