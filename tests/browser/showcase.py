"""A hub as a visitor finds it: packages of examples/ in several versions, with comments, mirrored by a second hub.

`python -P -m ebpfhub.tests.browser.showcase` serves it until Enter is pressed: for those who work on the pages.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import ebpfhub

from ..end_to_end.test_sign_in import PASSWORD, add_user
from ..hubs import ADMIN, Ecli, RunningHub
from ..mirrors import Mirror, mirror_of, size_of, wait_until
from ..visitor import Visitor

EXAMPLES = Path(ebpfhub.__path__[0]) / "examples"
SHOWN = (
    "execsnoop",
    "tcplife",
    "xdpdrop",
    "connectguard",
    "runqlat",
    "biolatency",
    "killsnoop",
    "fileguard",
    "dnssnoop",
)
RECORDED = frozenset({"execsnoop", "tcplife", "runqlat"})  # from a run of their own tests, as root
FEATURED = ("library/opensnoop", "library/tcplife")
PULLS = {"opensnoop": 7, "tcplife": 4, "runqlat": 2}
COMMENTED = "/packages/library/opensnoop"
COMMENTS = (
    (
        "li.na@example.net",
        "On 6.1 and 6.12 I could not measure that it runs. This found a missing certificate within a minute:\n\n"
        "```\necli run opensnoop -x -n nginx\n```",
    ),
    (
        "otto@example.net",
        "Names are as the process gave them, so relative ones need its folder too. Could that be **a column**?",
    ),
    (ADMIN, "Not yet: `bpf_d_path` may not be called in tracepoints. Until then: `ls -l /proc/PID/cwd`."),
)


class Showcase(NamedTuple):
    """The hub, and the one that mirrors it."""

    hub: RunningHub
    mirror: Mirror

    def settle(self) -> None:
        """Wait until the hub has counted its downloads and looked at its mirror."""
        wait_until(lambda: self.hub.ask("/api/v1/federation").json()["mirrors"] != [], "the mirror is announced")
        self.hub.stop()  # writes what it has counted
        self.hub.start()
        wait_until(lambda: self.hub.ask("/api/v1/federation").json()["mirrors"][0]["looked"], "the mirror is looked at")


@contextmanager
def showcase(folder: Path) -> Iterator[Showcase]:
    """Serve both hubs in `folder`, with everything published."""
    hub = RunningHub.make(folder / "hub", origin="hub.example.org")
    settings = hub.folder / "hub.toml"
    settings.write_text(settings.read_text().replace("featured = []", f"featured = {json.dumps(FEATURED)}"))
    with hub.serving():
        ecli = Ecli(folder / "home")
        ecli.login(hub, hub.token(ADMIN, role="admin"))
        for name in SHOWN:
            ecli.publish(hub, _built(ecli, folder, name))
        ecli.publish(hub, _built(ecli, folder, "opensnoop"))
        ecli.publish(hub, _later(ecli, folder, "opensnoop"), "--version", "0.2.0")
        for name, pulls in PULLS.items():
            for _ in range(pulls):
                hub.ask(f"/v2/library/{name}/manifests/latest")
        for who, text in COMMENTS:
            _comment(hub, who, text)
        mirror = mirror_of(hub, folder / "mirror", name="mirror.example.net")
        try:
            mirror.wait(size_of(hub))
            yield Showcase(hub, mirror)
        finally:
            mirror.hub.stop()


def _comment(hub: RunningHub, who: str, text: str) -> None:
    add_user(hub, who, "admin" if who == ADMIN else "reader")
    visitor = Visitor(hub.url)
    page = visitor.sign_in(who, PASSWORD, f"/login/?next={COMMENTED}")
    assert visitor.send(page, page.form(f"{COMMENTED}/comments"), text=text).status == 200


def _built(ecli: Ecli, folder: Path, name: str) -> Path:
    project, made = folder / name, folder / f"{name}.bpf"
    shutil.copytree(EXAMPLES / name, project)
    if name in RECORDED:
        ecli.run("test", project, "--record")
    ecli.run("build", project, "-o", made)
    return made


def _later(ecli: Ecli, folder: Path, name: str) -> Path:
    """A later version that may do more, less and other things than the first."""
    project = folder / f"{name}-later"
    shutil.copytree(EXAMPLES / name, project)
    source = project / f"{name}.bpf.c"
    source.write_text(source.read_text() + LATER)
    config = json.loads((project / "config.json").read_text())
    for test in config["tests"]:
        test["allow"] = ["changes:other-processes"]
    (project / "config.json").write_text(json.dumps(config))
    ecli.run("test", project, "--record")
    made = folder / f"{name}-later.bpf"
    ecli.run("build", project, "-o", made)
    return made


LATER = """
/// @description Stop whoever opens a file that begins with this
const volatile char guarded[16] = "";

SEC("tracepoint/syscalls/sys_enter_creat")
int creat_entry(void *ctx)
{
	if (guarded[0])
		bpf_send_signal(9);
	return 0;
}
"""


def main() -> None:
    """Serve until Enter."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-showcase-") as folder, showcase(Path(folder)) as shown:
        input(f"hub {shown.hub.url}\nmirror {shown.mirror.hub.url}\nEnter ends it. ")


if __name__ == "__main__":
    main()
