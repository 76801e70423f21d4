"""The `ecli` command. `ecli run` takes a short way of its own, so that a program starts as fast as a compiled one."""

from __future__ import annotations

import gc
import sys

from .home_folder import home_folder
from .quick_code import serve

TYPE_CHECKING = False  # as in schemas/named.py, which is not here yet
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal


def main() -> None:
    """Run `ecli`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        code = _run(arguments[1:])
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at something that is ending already changes nothing
        sys.exit(code)
    _find_libraries()
    from .commands.root import cli

    cli(prog_name="ecli")


def _run(words: list[str]) -> int:
    """Run by a plan, or the slow way. What the start makes lives to the end: collecting garbage finds nothing."""
    gc.disable()
    home = home_folder()
    serve(home)
    from .quick import run_planned

    code = run_planned(home, words)
    if code is None:
        gc.enable()
        _find_libraries()
        from .commands.run import run

        code = run(words)
    return code


def _find_libraries() -> None:
    """Do what Python was started without (bin/ecli): make known where libraries lie."""
    if sys.flags.no_site:
        import site

        site.main()
