"""Steps 4 and 6: a reader verifies and runs the package, from the hub and from a file without any network."""

from __future__ import annotations

import json

from .hubs import Hub
from .stage import Process, Stage, demand

CHECKS = (
    *("origin", "checkpoint", "consistency", "age", "index", "inclusion", "owner"),
    *("signature", "digests", "names", "permissions"),
)
BOUNDS = "--max-events 8 --timeout 20s"
OPENED = "opened-by-the-demo.txt"
_OPENER = "import time\nwhile True:\n    open({path!r}).close()\n    time.sleep(0.02)"


def run_verified(stage: Stage, hub: Hub) -> None:
    """Step 4: trust the hub, verify, run; the table shows what is opened on this machine now."""
    opener = start_opener(stage)
    stage.export(ECLI_HOME="$PWD/reader")
    stage.run(f"ecli trust add {hub.url} --yes")
    told = stage.run(f"ecli run --verify {BOUNDS} opensnoop")
    check_report(told)
    demand(len(table(told)) == 8, f"the table has {len(table(told))} rows, not 8")
    stage.say(f"Process {opener.pid} opens {OPENED} again and again; the package's own option shows it alone.")
    told = stage.run(f"ecli run --max-events 3 --timeout 20s opensnoop --pid {opener.pid}")
    rows = table(told)
    demand(len(rows) == 3 and all(OPENED in row and str(opener.pid) in row for row in rows), "a wrong file was shown")
    stage.stop(opener)


def run_offline(stage: Stage, hub: Hub) -> None:
    """Step 6: one file, verified and run in a network namespace without a network."""
    opener = start_opener(stage)
    stage.run("ecli export opensnoop -o opensnoop.bpf")
    told = stage.run("unshare -n ecli verify ./opensnoop.bpf")
    check_report(told)
    told = stage.run(f"unshare -n ecli run --verify {BOUNDS} ./opensnoop.bpf --pid {opener.pid}")
    check_report(told)
    demand(len(table(told)) == 8 and OPENED in told, "the file of the background process was not shown")
    stage.stop(opener)
    verdict = json.loads(stage.ask("unshare -n ecli verify --json ./opensnoop.bpf"))
    demand(verdict["verified"] is True, "the JSON verdict differs")


def start_opener(stage: Stage) -> Process:
    """A process that opens one file of the stage 50 times a second, until it is stopped."""
    path = stage.folder / OPENED
    path.touch()
    script = stage.folder / "opener.py"
    script.write_text(_OPENER.format(path=str(path)))
    return stage.start("python opener.py", shown="")


def check_report(told: str) -> None:
    """Demand the report of a verification: every check with its evidence. Raises: Failed."""
    demand("verified hub.test/library/opensnoop:" in told, "the report does not name the package")
    for check in CHECKS:
        demand(f"  ok  {check} " in told, f"the report lacks the check {check!r}")


def table(told: str) -> list[str]:
    """The rows of an event table, without its head."""
    lines = told.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("TIME ")]
    return lines[heads[0] + 1 :] if heads else []


def package_programs(stage: Stage) -> set[str]:
    """Names of the BPF programs that the package loads."""
    facts = json.loads(stage.ask("ecli inspect --json ./opensnoop/dist/opensnoop-0.1.0.bpf"))
    return {program["name"] for program in facts["programs"]}
