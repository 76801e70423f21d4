"""`ecli run`: its own small command line, because an installed program should start as fast as a compiled one.

Nothing heavy is imported here: what verifies and fetches is imported only when there is something to fetch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...schemas.errors import BadInput, HubError
from ..failure import report
from ..launch import RunOptions, launch
from ..output.duration import parse_duration

USAGE = """\
Usage: ecli run [OPTIONS] REF|FILE [ARGS of the program]

Find, verify, load and run a package. Events go to standard output, everything else to standard error.

  REF    [origin/][namespace/]name[:tag][@sha256:...], from a hub that you trust (`ecli trust add`)
  FILE   a package file (./name-1.0.0.bpf) or a BPF object (./name.o)

Options:
  --verify          Demand signature and log, and show the checks with their evidence.
  --refresh         Ask the hub again even if the package was verified today.
  --unsigned        Run something that nobody signed; never together with --verify.
  --json            Print each event as a JSON object, one a line.
  --max-events N    End after N events.
  --timeout TIME    End after TIME: 20s, 500ms, 2m.
  -h, --help        Show this; after REF: the program's own options.

Examples:
  ecli run opensnoop
  ecli run --verify opensnoop --pid 1234
  ecli run --json --max-events 10 hub.example.org/library/opensnoop:1.0.0
  ecli run ./dist/opensnoop-0.1.0.bpf
  ecli run opensnoop -h
"""
_FLAGS = {"--verify": "verify", "--refresh": "refresh", "--unsigned": "unsigned", "--json": "json"}
_VALUES = ("--max-events", "--timeout")


def run(arguments: Sequence[str]) -> int:
    """Run `ecli run` with its arguments; returns the exit code."""
    try:
        if not arguments or arguments[0] in ("-h", "--help"):
            sys.stdout.write(USAGE)
            return 0 if arguments else 2
        return launch(parse(arguments))
    except HubError as error:
        return report(error)
    except KeyboardInterrupt:
        return 130


def parse(arguments: Sequence[str]) -> RunOptions:
    """Read the command line: ecli's options, the target, the program's arguments. Raises: BadInput."""
    found: dict[str, bool] = {}
    values: dict[str, str] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word, given, value = rest.pop(0).partition("=")
        if word in ("-h", "--help"):
            raise BadInput("--help stands alone, or after the package's name", where="ecli run")
        if word in _FLAGS and not given:
            found[_FLAGS[word]] = True
        elif word in _VALUES:
            if not given and not rest:
                raise BadInput("needs a value", where=word)
            values[word] = value if given else rest.pop(0)
        else:
            raise BadInput(f"{word!r} is not an option", where="ecli run", todo="See `ecli run --help`.")
    if not rest:
        raise BadInput("names nothing to run", where="ecli run", todo="For example: ecli run opensnoop")
    if found.get("verify") and found.get("unsigned"):
        raise BadInput("--verify and --unsigned contradict each other", where="ecli run")
    return RunOptions(
        target=rest[0],
        arguments=tuple(rest[1:]),
        max_events=_count(values.get("--max-events")),
        timeout=parse_duration(values["--timeout"], where="--timeout") if "--timeout" in values else None,
        **found,
    )


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 19 or int(text) == 0:
        raise BadInput(f"{text[:40]!r} is not a number above 0", where="--max-events")
    return int(text)
