"""Steps 11 and 12: a third hub that never sees a network is fed by files; and the hub's pages."""

from __future__ import annotations

import json
import urllib.request

from .hubs import Hub
from .mirroring import Mirroring
from .running import BOUNDS, check_report
from .stage import Stage, demand

NEWEST = "0.3.0"


class Island:
    """The steps beyond the network."""

    def __init__(self, mirroring: Mirroring) -> None:
        self._mirroring = mirroring

    def feed(self, stage: Stage, hub: Hub) -> None:
        """Step 11: export from the mirror, import on the island; then only what is new travels."""
        mirror, island, key = self._mirroring.mirror, Hub(stage, "island"), self._mirroring.fingerprint
        stage.run(f"ebpfhub export {mirror.name} all.hubx")
        stage.run(f"ebpfhub init {island.name} --origin island.test --listen {island.address}")
        island.serve()
        stage.run(f"ebpfhub import {island.name} all.hubx --fingerprint {key} --dry-run")
        told = stage.run(f"ebpfhub import {island.name} all.hubx --fingerprint {key}")
        demand("2 releases" in told, f"the import does not tell what it added: {told}")
        stage.export(ECLI_HOME="$PWD/islander")
        stage.run(f"ecli trust add {island.url} --origin hub.test --fingerprint {key}")
        check_report(stage.run(f"ecli run --verify {BOUNDS} opensnoop"))
        size = self._size(stage, island)
        stage.say("A new release travels by an archive that begins where the island stands:")
        stage.export(ECLI_HOME="$PWD/publisher")
        stage.run(f"ecli publish opensnoop --version {NEWEST} --to {hub.url}")
        stage.run(f"ebpfhub mirror sync {mirror.name}")
        stage.run(f"ebpfhub export {mirror.name} news.hubx --origin hub.test --since {size}")
        stage.run("ls -l *.hubx")
        told = stage.run(f"ebpfhub import {island.name} news.hubx")
        demand("1 release" in told and f":{NEWEST}" in told, f"the import does not tell what it added: {told}")
        stage.export(ECLI_HOME="$PWD/islander")
        told = stage.run(f"ecli run --verify {BOUNDS} opensnoop:{NEWEST}")
        check_report(told)
        stage.say("The first archive again changes nothing:")
        size = self._size(stage, island)
        told = stage.run(f"ebpfhub import {island.name} all.hubx")
        demand("nothing new" in told and self._size(stage, island) == size, "an older archive changed something")
        stage.run(f"ebpfhub fsck {island.name}")
        island.stop()

    def look(self, stage: Stage, hub: Hub) -> None:
        """Step 12: the hub's pages."""
        stage.say("The hub has pages for people:")
        for path, words in (
            ("/packages?q=opensnoop", ("opensnoop", "Search")),
            ("/packages/library/opensnoop", ("opensnoop", "ecli run", "publisher@example.org", NEWEST)),
        ):
            print(f"  {hub.url}{path}", flush=True)
            with urllib.request.urlopen(f"{hub.url}{path}", timeout=10) as answer:
                page = answer.read().decode()
            demand(all(word in page for word in words), f"{path} lacks one of {words}")
        self._mirroring.finish(stage)

    @staticmethod
    def _size(stage: Stage, island: Hub) -> int:
        status = json.loads(stage.ask(f"ebpfhub mirror status {island.name} --json"))
        return int(status["origins"][0]["size"])
