"""What `ecli run` was asked, and how its options are spelled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from ..schemas.errors import BadInput
from .output.duration import parse_duration

MAX_WORDS = 64  # of one list that an option takes


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`target` is a reference, file or address, `arguments` are the program's; `timeout` in seconds.

    `form` is "table", "json" or "csv"; `metrics` is HOST:PORT. A Wasm guest gets `folders` (HOST:GUEST), `variables`
    (NAME=VALUE), and may attach to `interfaces` and `cgroups`. `kind` is what a file is said to be: json, tar or wasm.
    `identity` (a pattern), `issuer` and `domain` say who must have signed it, where no hub's log does.
    """

    target: str
    arguments: tuple[str, ...] = ()
    verify: bool = False
    refresh: bool = False
    unsigned: bool = False
    timings: bool = False
    form: str = "table"
    max_events: int | None = None
    timeout: float | None = None
    fields: tuple[str, ...] = ()
    where: str = ""
    sort: str = ""
    metrics: str = ""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()
    kind: str = ""
    identity: str = ""
    issuer: str = ""
    domain: str = ""


def _form(options: RunOptions, form: str) -> RunOptions:
    if options.form not in ("table", form):
        raise BadInput("--json and --csv contradict each other", where="ecli run")
    return replace(options, form=form)


def _max_events(options: RunOptions, text: str) -> RunOptions:
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 19 or int(text) == 0:
        raise BadInput(f"{text[:40]!r} is not a number above 0", where="--max-events")
    return replace(options, max_events=int(text))


def _fields(options: RunOptions, text: str) -> RunOptions:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not 0 < len(words) <= MAX_WORDS:
        raise BadInput(f"names no field, or more than {MAX_WORDS}", where="--fields")
    return replace(options, fields=words)


def _permissions(name: str) -> Callable[[RunOptions, str], RunOptions]:
    def more(options: RunOptions, text: str) -> RunOptions:
        from .consent import parse_words

        words = parse_words(text, where=f"--{name}")
        if name == "allow":
            return replace(options, allow=options.allow + words)
        return replace(options, deny=options.deny + words)

    return more


def _granted(options: RunOptions, word: str, text: str) -> RunOptions:
    name, form, mark = _GRANTS[word]
    held: tuple[str, ...] = getattr(options, name)
    if not text.partition(mark)[0] or len(held) >= MAX_WORDS:
        raise BadInput(f"{text[:80]!r} is not {form}", where=word)
    grown: dict[str, Any] = {name: (*held, text)}
    return replace(options, **grown)


_GRANTS = {
    "--mount": ("folders", "HOST:GUEST", ":"),
    "--env": ("variables", "NAME=VALUE", "="),
    "--interface": ("interfaces", "an interface", "\0"),
    "--cgroup": ("cgroups", "a control group", "\0"),
}
_FLAGS: dict[str, Callable[[RunOptions], RunOptions]] = {
    "--verify": lambda options: replace(options, verify=True),
    "--refresh": lambda options: replace(options, refresh=True),
    "--unsigned": lambda options: replace(options, unsigned=True),
    "--timings": lambda options: replace(options, timings=True),
    "--json": lambda options: _form(options, "json"),
    "-j": lambda options: _form(options, "json"),
    "--csv": lambda options: _form(options, "csv"),
}
_VALUES: dict[str, Callable[[RunOptions, str], RunOptions]] = {
    "--max-events": _max_events,
    "--timeout": lambda options, text: replace(options, timeout=parse_duration(text, where="--timeout")),
    "--fields": _fields,
    "--filter": lambda options, text: replace(options, where=text),
    "--sort": lambda options, text: replace(options, sort=text),
    "--metrics": lambda options, text: replace(options, metrics=text),
    "--allow": _permissions("allow"),
    "--deny": _permissions("deny"),
    "--mount": lambda options, text: _granted(options, "--mount", text),
    "--env": lambda options, text: _granted(options, "--env", text),
    "--interface": lambda options, text: _granted(options, "--interface", text),
    "--cgroup": lambda options, text: _granted(options, "--cgroup", text),
    "--prog-type": lambda options, text: replace(options, kind=text),
    "-p": lambda options, text: replace(options, kind=text),
    "--identity": lambda options, text: replace(options, identity=text),
    "--issuer": lambda options, text: replace(options, issuer=text),
    "--domain": lambda options, text: replace(options, domain=text),
}
FLAGS, VALUES = tuple(_FLAGS), tuple(_VALUES)
# what changes only how events are shown may stand after the package's name too
_ANYWHERE = ("--json", "--csv", "--timings", "--max-events", "--timeout", "--fields", "--filter", "--sort", "--metrics")
# what decides whether something may run at all stands before it, where no program's option can hide it
_BEFORE = (
    "--verify", "--refresh", "--unsigned", "--allow", "--deny", "--mount", "--env",
    "--identity", "--issuer", "--domain",
)  # fmt: skip


def set_flag(options: RunOptions, word: str) -> RunOptions:
    """The options with one of FLAGS set. Raises: BadInput."""
    return _FLAGS[word](options)


def set_value(options: RunOptions, word: str, text: str) -> RunOptions:
    """The options with one of VALUES set. Raises: BadInput."""
    if not text:
        raise BadInput("needs a value", where=word)
    return _VALUES[word](options, text)


def take_own(options: RunOptions, names: Collection[str]) -> RunOptions:
    """Take ecli's output options out of the program's arguments, but for those named like one of the program's.

    `names` are the program's long options, without dashes. Raises: BadInput.
    """
    own = [word for word in _ANYWHERE if word[2:] not in names and word[2:].replace("-", "_") not in names]
    kept: list[str] = []
    rest = list(options.arguments)
    while rest:
        argument = rest.pop(0)
        word, given, value = argument.partition("=")
        if word in _BEFORE and word[2:] not in names:
            raise BadInput("stands before the package's name", where=word, todo=f"ecli run {word} … {options.target}")
        if word not in own or (word in FLAGS and given):
            kept.append(argument)
        elif word in FLAGS:
            options = set_flag(options, word)
        elif given or rest:
            options = set_value(options, word, value if given else rest.pop(0))
        else:
            raise BadInput("needs a value", where=word)
    return replace(options, arguments=tuple(kept))
