"""Publishes version after version of a package, several at once, and prints each one when the hub has answered.

usage: release_loop.py FILE.bpf URL PREFIX (ECLI_HOME holds the login). It goes on through failures until it is ended.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from ebpfhub.client.credentials import Credentials
from ebpfhub.client.home import Home
from ebpfhub.client.publish import HubSession, publish, renamed
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.federation.transport import Transport
from ebpfhub.schemas.errors import HubError

AT_ONCE = 3


async def main(file: PackageFile, url: str, prefix: str) -> None:
    """Publish until killed."""
    token = Credentials(Home.find()).get(url)
    numbers = itertools.count(1)

    async def work() -> None:
        while True:
            version = f"0.0.{next(numbers)}-{prefix}"
            made = renamed(file, namespace="crash", version=version)
            try:
                async with Transport() as transport:
                    done = await publish(made, HubSession(transport, url, token), progress=lambda _: None)
            except HubError as error:
                print("failed", version, f"{error.kind}: {error.what}".replace("\n", " "), flush=True)
                await asyncio.sleep(0.05)
            else:
                print("published", version, done.manifest, done.log_index, flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


asyncio.run(main(PackageFile.read(Path(sys.argv[1]).read_bytes()), sys.argv[2], sys.argv[3]))
