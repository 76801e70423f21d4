"""Steps 1 to 3: a hub with its own Sigstore; a package from C; its release in the hub's log."""

from __future__ import annotations

import hashlib
import urllib.request

from .hubs import Hub
from .stage import Stage, demand

PUBLISHER = "publisher@example.org"
ROBOT = "robot@example.org"


def start_hub(stage: Stage, hub: Hub) -> None:
    """Step 1: make and serve a hub; sign with it by an unmodified Sigstore client."""
    told = stage.run(f"ebpfhub init {hub.name} --origin hub.test --listen {hub.address} --authority")
    demand("fingerprint: " in told, "init tells no fingerprint")
    hub.serve()
    stage.say(
        "The hub has a Sigstore of its own. The unmodified `sigstore` package signs with it, and verifies offline."
    )
    stage.run(f"ebpfhub token create {hub.name} --identity {ROBOT} > robot.token")
    stage.run(f"python $DEMO/sigstore_files.py {hub.url} < robot.token")
    stage.run("echo hello > hello.txt")
    sigstore = "sigstore --trust-config trust_config.json"
    sign = f'{sigstore} sign --identity-token "$(cat identity.token)" --bundle hello.bundle hello.txt'
    stage.run(f"{sign} | tail -n 1")
    verify = f"verify identity --offline --cert-identity {ROBOT} --cert-oidc-issuer {hub.url}/sigstore/oidc"
    told = stage.run(f"unshare -n {sigstore} {verify} --bundle hello.bundle hello.txt")
    demand("OK: hello.txt" in told, "sigstore did not verify its own signature")


def build_package(stage: Stage, hub: Hub) -> None:
    """Step 2: log in, copy a package of examples/, build it. Types come with ecli."""
    stage.export(ECLI_HOME="$PWD/publisher")
    told = stage.run(
        f"ebpfhub token create {hub.name} --identity {PUBLISHER} --role admin | ecli login {hub.url} --token-stdin"
    )
    demand(f"as {PUBLISHER}" in told, "the login does not say who logged in")
    stage.run("cp -r $DEMO/../opensnoop .")
    told = stage.run("ecli build opensnoop")
    demand("observes files" in told, "the build does not tell what the program may see")
    demand((stage.folder / "opensnoop/dist/opensnoop-0.1.0.bpf").is_file(), "there is no package file")


def publish(stage: Stage, hub: Hub) -> None:
    """Step 3: sign, push, log; then ask the hub's log whether it is so."""
    told = stage.run(f"ecli publish opensnoop --to {hub.url}")
    for word in ("library/opensnoop:0.1.0", "sha256:", PUBLISHER, "log index"):
        demand(word in told, f"publish does not tell {word!r}")
    digest = told.partition("sha256:")[2].split()[0]
    blob = hub.folder / "data/blobs/sha256" / digest[:2] / digest
    demand(hashlib.sha256(blob.read_bytes()).hexdigest() == digest, "the manifest is not on the hub's disk")
    with urllib.request.urlopen(f"{hub.url}/log/checkpoint", timeout=5) as answer:
        origin, size, *_ = answer.read().decode().splitlines()
    demand(origin == "hub.test" and int(size) > int(told.split()[-1]), "the release is not in the published log")
    with urllib.request.urlopen(f"{hub.url}/api/v1/search?q=opensnoop", timeout=5) as answer:
        demand("opensnoop" in answer.read().decode(), "search does not find the release")
