"""The `ecli` command. `ecli run` takes a short way of its own, so that a program starts as fast as a compiled one."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `ecli`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        from .quick import run_planned

        code = run_planned(arguments[1:])
        if code is None:
            from .commands.run import run

            code = run(arguments[1:])
        sys.exit(code)
    from .commands.root import cli

    cli(prog_name="ecli")
