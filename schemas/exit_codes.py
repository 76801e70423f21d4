"""One table from kinds of errors to exit codes, for `ecli` and `ebpfhub` alike. 0 is success, 1 anything unforeseen."""

from __future__ import annotations

from .errors import HubError

EXIT_CODES = {
    "bad-input": 2,  # as every command line has it for wrong usage
    "not-found": 3,
    "not-trusted": 4,
    "peer-failed": 5,
    "unsupported": 6,
    "denied": 7,
    "storage-failed": 8,
    "conflict": 9,
    "unavailable": 10,
}


def exit_code(error: HubError) -> int:
    """The exit code of an error."""
    return EXIT_CODES.get(error.kind, 1)
