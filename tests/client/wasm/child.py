"""A process that runs one guest, for tests that end it: child.py MODULE CACHE WORD… . It says how the guest ended."""

from __future__ import annotations

import sys
from pathlib import Path

from ebpfhub.client.wasm.grants import Grants
from ebpfhub.client.wasm.guest import run_guest
from ebpfhub.schemas.errors import HubError


def main() -> int:
    """Run, and say how it ended."""
    module, cache, *words = sys.argv[1:]
    try:
        code = run_guest(
            Path(module).read_bytes(), words, name="guest", gate=lambda _elf: None, grants=Grants(), cache=Path(cache)
        )
    except HubError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"exit code {code}", file=sys.stderr)
    return 0


sys.exit(main())
