"""Step 5: two attacks on the hub's disk, by one byte and by somebody who owns all of it. Every run must be refused."""

from __future__ import annotations

import json

from .hubs import Hub
from .running import BOUNDS, check_report
from .stage import Stage, demand

NOT_TRUSTED = 4  # the exit code of a failed check
BPF_LAYER = "application/vnd.ebpfhub.bpf.v1+zstd"
ADDED_PROGRAM = "watch_commands"
ADDED = f'SEC("tracepoint/syscalls/sys_enter_execve") int {ADDED_PROGRAM}(void *ctx) {{ return 0; }}'


def attack(stage: Stage, hub: Hub) -> None:
    """Step 5: change one byte; then replace a release with everything that names it."""
    seen = [change_one_byte(stage, hub), *replace_release(stage, hub)]
    demand(len(set(seen)) == len(seen), f"two refusals have the same message: {seen}")


def change_one_byte(stage: Stage, hub: Hub) -> str:
    """Flip a byte of the BPF object's blob, try to run it in a new home, flip it back; returns the refusal."""
    stage.say("One byte of the BPF object changes on the hub's disk. A reader with a new home runs it:")
    path = bpf_blob(stage, hub)
    blob = stage.folder / path
    place = blob.stat().st_size // 2
    byte = blob.read_bytes()[place]
    put = f"dd of={path} bs=1 seek={place} conv=notrunc status=none"
    stage.run(f"printf '\\x{byte ^ 1:02x}' | {put}")
    refusal = _refused(stage, hub, "reader2")
    demand("the blob sha256:" in refusal and blob.name in refusal, f"another refusal was due: {refusal}")
    stage.run(f"printf '\\x{byte:02x}' | {put}")
    stage.run(f"ebpfhub fsck {hub.name}")
    return refusal


def replace_release(stage: Stage, hub: Hub) -> list[str]:
    """Put another package in place of the released one, log and all; returns the refusals of both readers."""
    stage.say(
        "Somebody takes over the hub's whole disk, with the keys of its log, and builds a package that does more:"
    )
    hub.stop()
    stage.run(f"cp -a {hub.name} {hub.name}.before && cp -r opensnoop changed")
    stage.export(ECLI_HOME="$PWD/attacker")
    stage.run(f"echo '{ADDED}' >> changed/opensnoop.bpf.c")
    stage.run("ecli build changed -o changed.bpf")
    stage.say("It takes the place of the release: blobs, manifest, entry, tiles, map, head and checkpoint agree again.")
    stage.run(f"python $DEMO/attacker.py {hub.name} changed.bpf")
    stage.run(f"ebpfhub fsck {hub.name}", fails=1)
    hub.serve()
    stage.say("A reader who comes for the first time. The publisher's key was never on the hub:")
    first = _refused(stage, hub, "reader3")
    demand("signature" in first or "signed" in first, f"another refusal was due: {first}")
    stage.say("A reader who has seen the log before it was rewritten:")
    stage.export(ECLI_HOME="$PWD/reader")
    second = _refused_run(stage, "--refresh")
    stage.say("The operator brings the hub's folder back. Everything is as it was:")
    hub.stop()
    stage.run(f"rm -r {hub.name} && mv {hub.name}.before {hub.name}")
    hub.serve()
    check_report(stage.run("ecli verify opensnoop"))
    return [first, second]


def _refused(stage: Stage, hub: Hub, home: str) -> str:
    stage.export(ECLI_HOME=f"$PWD/{home}")
    stage.run(f"ecli trust add {hub.url} --yes")
    refusal = _refused_run(stage, "")
    demand(not (stage.folder / home / "packages").exists(), "something was installed")
    return refusal


def _refused_run(stage: Stage, option: str) -> str:
    words = " ".join(filter(None, ("ecli run --verify", option, BOUNDS, "opensnoop")))
    told = stage.run(words, fails=NOT_TRUSTED)
    demand(told.startswith("ecli: ") and "TIME " not in told, "more than a refusal was printed")
    return told


def bpf_blob(stage: Stage, hub: Hub) -> str:
    """The path, from the stage's folder, of the blob that holds the released BPF object."""
    blobs = f"{hub.name}/data/blobs/sha256"
    digest = json.loads(stage.ask("ecli verify --json opensnoop 2>/dev/null"))["manifest"].removeprefix("sha256:")
    manifest = json.loads((stage.folder / blobs / digest[:2] / digest).read_bytes())
    layer: str = next(
        item["digest"].removeprefix("sha256:") for item in manifest["layers"] if item["mediaType"] == BPF_LAYER
    )
    return f"{blobs}/{layer[:2]}/{layer}"
