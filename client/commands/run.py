"""`ecli run`: its own small command line, because an installed program should start as fast as a compiled one.

Nothing heavy is imported here: what verifies and fetches is imported only when there is something to fetch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from ...schemas.errors import BadInput, HubError
from ..failure import report
from ..launch import launch
from ..run_options import FLAGS, VALUES, RunOptions, set_flag, set_value

USAGE = """\
Usage: ecli run [OPTIONS] REF|FILE|URL|- [ARGS of the program]

Find, verify, load and run a program. Events go to standard output, everything else to standard error.

  REF    [origin/][namespace/]name[:tag][@sha256:...], from a hub that you trust (`ecli trust add`)
  FILE   ./name-1.0.0.bpf, a BPF object, package.json, tar or Wasm module; - is standard input
  URL    https://..., or oci://registry/repository:tag

What may run:
  --verify               Demand signature and log, and show the checks with their evidence.
  --refresh              Ask the hub again even if the package was verified today.
  --identity PATTERN     Demand a signature by this identity: of an oci:// image, or of a package file without a
                         hub's proofs. * stands for anything but a slash.
  --issuer URL           Who vouches for that identity; goes with --identity.
  --domain NAME          In which Sigstore (`ecli trust domain list`); without it: public.
  --unsigned             Run something from outside that nobody signed, without a question.
  --allow WORDS          Agree to what it changes: changes, changes:packets, persists (comma separated).
  --deny WORDS           Refuse to run what may do this: reads-memory:user, observes:network, ...
  -p, --prog-type KIND   What a file must be: json, tar or wasm.

What is shown:
  -j, --json             Print each event as a JSON object, one a line.
  --csv                  Print comma separated values, with a header.
  --fields A,B           Show these fields only, in this order.
  --filter EXPR          Show only what fits: 'pid == 1 and fname ~ "/etc/*"'.
  --sort [-]FIELD        Sort by a field; events are held back until the end for this.
  --metrics HOST:PORT    Serve the program's metrics for Prometheus at http://HOST:PORT/metrics.
  --max-events N         End after N events.
  --timeout TIME         End after TIME: 20s, 500ms, 2m.
  --timings              Show at the end where the time went.

What a Wasm program is given:
  --mount HOST:GUEST     Let it read the files of a folder.
  --env NAME[=VALUE]     Set an environment variable, or hand one on.
  --interface NAME       Let it attach to a network interface.
  --cgroup PATH          Let it attach to a control group.

  -h, --help             Show this; after REF: the program's own options.

After REF stand the program's own options, and where it is to be attached (--interface, --binary, --symbol, ...:
`ecli run REF -h` lists them). What is shown may be said there too, where the program has no option of that name.

Examples:
  ecli run opensnoop
  ecli run --verify opensnoop --pid 1234
  ecli run --json --max-events 10 hub.example.org/library/opensnoop:1.0.0
  ecli run opensnoop --filter 'ret < 0' --fields comm,ret,fname
  ecli run ./dist/opensnoop-0.1.0.bpf
  ecli run --allow changes:packets xdpdrop --interface eth0
  ecli run --identity you@example.org --issuer https://accounts.google.com oci://registry.example.org/tools/x:1
  ecli run opensnoop -h
"""


def run(arguments: Sequence[str]) -> int:
    """Run `ecli run` with its arguments; returns the exit code."""
    try:
        if not arguments or arguments[0] in ("-h", "--help"):
            sys.stdout.write(USAGE)
            return 0 if arguments else 2
        return launch(parse(arguments), arguments)
    except HubError as error:
        return report(error)
    except KeyboardInterrupt:
        return 130


def parse(arguments: Sequence[str]) -> RunOptions:
    """Read the command line: ecli's options, the target, the program's arguments. Raises: BadInput."""
    options, rest = _take(RunOptions(""), list(arguments))
    if not rest:
        raise BadInput("names nothing to run", where="ecli run", todo="For example: ecli run opensnoop")
    for name, given in (("--verify", options.verify), ("--identity", options.identity)):
        if given and options.unsigned:
            raise BadInput(f"{name} and --unsigned contradict each other", where="ecli run")
    if (options.issuer or options.domain) and not options.identity:
        raise BadInput("--issuer and --domain go with --identity", where="ecli run")
    return replace(options, target=rest[0], arguments=tuple(rest[1:]))


def _take(options: RunOptions, rest: list[str]) -> tuple[RunOptions, list[str]]:
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word, given, value = rest.pop(0).partition("=")
        if word in ("-h", "--help"):
            raise BadInput("--help stands alone, or after the package's name", where="ecli run")
        if word in FLAGS and not given:
            options = set_flag(options, word)
        elif word in VALUES:
            if not given and not rest:
                raise BadInput("needs a value", where=word)
            options = set_value(options, word, value if given else rest.pop(0))
        else:
            raise BadInput(f"{word!r} is not an option", where="ecli run", todo="See `ecli run --help`.")
    return options, rest
