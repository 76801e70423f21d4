"""Steps 7 to 10: a second hub mirrors the first; readers take the nearest, and believe neither."""

from __future__ import annotations

import hashlib
import json
import shutil
import urllib.request

from .attacks import NOT_TRUSTED, bpf_blob
from .hubs import Hub
from .running import BOUNDS, check_report, start_opener, table
from .stage import Process, Stage, demand

RELEASE = "0.2.0"


class Mirroring:
    """The steps with a mirror, in their order. `mirror` serves from the first of them on."""

    def __init__(self) -> None:
        self.fingerprint = ""
        self._mirror: Hub | None = None
        self._opener: Process | None = None

    @property
    def mirror(self) -> Hub:
        """The second hub."""
        demand(self._mirror, "there is no mirror yet")
        assert self._mirror is not None
        return self._mirror

    def add(self, stage: Stage, hub: Hub) -> None:
        """Step 7: the second hub replays the first one's log, checks everything, cosigns, and serves it."""
        self._mirror = mirror = Hub(stage, "mirror")
        self._opener = start_opener(stage)  # so that tables fill quickly on a quiet machine too
        trusted = json.loads(stage.ask("ecli trust list --json"))
        self.fingerprint = trusted[0]["fingerprint"]
        stage.run(f"ebpfhub init {mirror.name} --origin mirror.test --listen {mirror.address}")
        mirror.serve()
        told = stage.run(f"ebpfhub mirror add {mirror.name} {hub.url} --fingerprint {self.fingerprint}")
        demand("verified and cosigned" in told, "the mirror does not tell what it did")
        stage.run(f"ebpfhub mirror status {mirror.name}")
        status = json.loads(stage.ask(f"ebpfhub mirror status {mirror.name} --json"))["origins"][0]
        demand((status["origin"], status["state"]) == ("hub.test", "ok"), f"the status is {status}")
        stage.say("It serves the origin's log under the origin's name, with its own cosignature beside the origin's:")
        place = f"{mirror.url}/mirror/{hashlib.sha256(b'hub.test').hexdigest()}/checkpoint"
        shown = stage.run(f"curl -s {place}")
        demand(shown.startswith("hub.test\n") and shown.count("\u2014 ") == 3, "the mirror's checkpoint differs")
        told = _get(f"{mirror.url}/v2/hub.test/library/opensnoop/manifests/latest")
        demand("vnd.ebpfhub.package" in told, "an OCI client does not find the mirrored package")

    def finish(self, stage: Stage) -> None:
        """End the mirror, and what ran beside it."""
        self.mirror.stop()
        if self._opener is not None:
            stage.stop(self._opener)

    def prefer(self, stage: Stage, hub: Hub) -> None:
        """Step 8: the origin is overloaded; the reader takes the mirror and says why."""
        stage.export(ECLI_HOME="$PWD/reader4")
        stage.run(f"ecli trust add {hub.url} --fingerprint {self.fingerprint}")
        stage.say("The origin's machine is overloaded: its process stands still most of the time.")
        slow = stage.start(f"python $DEMO/slow_down.py {hub.process_id}", shown="python slow_down.py ORIGIN")
        told = stage.run("ecli mirrors")
        demand(any(line.startswith("*") and self.mirror.url in line for line in told.splitlines()), "a wrong choice")
        told = stage.run(f"ecli run --verify {BOUNDS} opensnoop")
        check_report(told)
        demand(f"taking the mirror {self.mirror.url}" in told, "the reader does not say where it went, and why")
        stage.stop(slow)

    def survive(self, stage: Stage, hub: Hub) -> None:
        """Step 9: the origin is gone; a reader who never met it needs the mirror and the fingerprint alone."""
        stage.say("The origin stops. A reader with a new home has only the mirror's address and the fingerprint:")
        hub.stop()
        stage.export(ECLI_HOME="$PWD/reader5")
        stage.run(f"ecli trust add {self.mirror.url} --origin hub.test --fingerprint {self.fingerprint}")
        told = stage.run(f"ecli run --verify {BOUNDS} opensnoop")
        check_report(told)
        demand(len(table(told)) == 8, "the table has not 8 rows")

    def deceive(self, stage: Stage, hub: Hub) -> None:
        """Step 10: a mirror that lies, by a byte and by its age, is refused; then the origin is taken again."""
        byte = self._change_one_byte(stage)
        age = self._show_the_past(stage, hub)
        demand(byte != age, "two refusals have the same message")

    def _change_one_byte(self, stage: Stage) -> str:
        stage.say("One byte of the BPF object changes on the mirror's disk. A reader with a new home:")
        blob = stage.folder / bpf_blob(stage, self.mirror)
        good = blob.read_bytes()
        place = len(good) // 2
        blob.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        stage.export(ECLI_HOME="$PWD/reader6")
        stage.run(f"ecli trust add {self.mirror.url} --origin hub.test --fingerprint {self.fingerprint}")
        refusal = stage.run(f"ecli run --verify {BOUNDS} opensnoop", fails=NOT_TRUSTED)
        demand("holds other bytes than its digest says" in refusal, f"another refusal was due: {refusal}")
        blob.write_bytes(good)
        return refusal

    def _show_the_past(self, stage: Stage, hub: Hub) -> str:
        stage.say(f"The origin comes back and releases {RELEASE}; the mirror follows within a moment.")
        kept = stage.folder / "mirror.before"
        self.mirror.stop()
        shutil.copytree(self.mirror.folder, kept)
        self.mirror.serve()
        hub.serve()
        _release(stage, hub, self.mirror)
        stage.export(ECLI_HOME="$PWD/reader5")
        check_report(stage.run("ecli verify opensnoop"))
        stage.say("The origin stops again, and the mirror shows an older checkpoint: its disk of an hour ago.")
        hub.stop()
        self.mirror.stop()
        shutil.rmtree(self.mirror.folder)
        kept.rename(self.mirror.folder)
        self.mirror.serve()
        refusal = stage.run(f"ecli run --verify --refresh {BOUNDS} opensnoop", fails=NOT_TRUSTED)
        demand("were seen before" in refusal, f"another refusal was due: {refusal}")
        stage.say("With the origin back, the reader takes the origin instead, and says so:")
        hub.serve()
        stage.run(f"ecli trust add {hub.url}")
        told = stage.run(f"ecli run --verify --refresh {BOUNDS} opensnoop")
        check_report(told)
        demand(f"the origin, {hub.url}" in told, "the reader does not say that it took the origin")
        stage.run(f"ebpfhub mirror sync {self.mirror.name}")
        return refusal


def _release(stage: Stage, hub: Hub, mirror: Hub) -> None:
    stage.export(ECLI_HOME="$PWD/publisher")
    stage.run(f"ecli publish opensnoop --version {RELEASE} --to {hub.url}")
    place = f"{mirror.url}/v2/hub.test/library/opensnoop/manifests/{RELEASE}"
    stage.wait(lambda: "vnd.ebpfhub.package" in _get(place), "the mirror has the new release")
    stage.run(f"ebpfhub mirror status {mirror.name}")


def _get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
