"""A hub that is restored from an old backup asks its mirrors, and does not sign a second history."""

import hashlib
import json
import shutil
from pathlib import Path

from ebpfhub.tests.hubs import Ecli, RunningHub, build_opensnoop, ebpfhub
from ebpfhub.tests.mirrors import fsck


def test_restored_backup_takes_no_push_until_the_lost_entries_are_back(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    mirror = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    publisher = Ecli(tmp_path / "publisher")
    package = build_opensnoop(tmp_path / "source")
    with mirror.serving():
        hub.start()
        publisher.login(hub, hub.token("admin@example.org", role="admin"))
        ebpfhub("mirror", "add", mirror.folder, hub.url, "--fingerprint", hub.fingerprint)
        hub.stop()
        shutil.copytree(hub.folder, tmp_path / "backup")
        hub.start()
        publisher.run("publish", package, "--to", hub.url)
        ebpfhub("mirror", "sync", mirror.folder)
        hub.stop()
        shutil.rmtree(hub.folder)
        (tmp_path / "backup").rename(hub.folder)
        with hub.serving():
            assert hub.ask("/log/checkpoint").status == 200
            refused = publisher.run("publish", package, "--version", "9.0.0", "--to", hub.url, expect=5)
            assert "entries that this hub signed" in refused.stderr
            assert "Traceback" not in hub.log.read_text()
            size = int(hub.ask("/readyz").json()["size"])
            assert hub.ask("/v2/library/opensnoop/manifests/0.1.0").status == 404
            wrong = ebpfhub("origin", "recover", hub.folder, hub.url, expect=None)
            assert wrong.returncode != 0 and "Traceback" not in wrong.stderr
            told = json.loads(ebpfhub("origin", "recover", hub.folder, mirror.url, "--json").stdout)
            assert told["entries"] > 0 and told["size"] == size + told["entries"]
            assert mirror.ask(f"/mirror/{hashlib.sha256(hub.origin.encode()).hexdigest()}/checkpoint").status == 200
            publisher.run("publish", package, "--version", "9.0.0", "--to", hub.url)
            for version in ("0.1.0", "9.0.0"):
                assert hub.ask(f"/v2/library/opensnoop/manifests/{version}").status == 200
            reader = Ecli(tmp_path / "reader")
            reader.trust(hub)
            reader.run("pull", "opensnoop:0.1.0")
            assert [item["version"] for item in hub.ask("/api/v1/search?q=opensnoop").json()["results"]] == ["9.0.0"]
            ebpfhub("mirror", "sync", mirror.folder)
            (told,) = json.loads(ebpfhub("mirror", "status", mirror.folder, "--json").stdout)["origins"]
            assert (told["state"], told["rekor"]["reason"]) == ("ok", None)
            assert fsck(hub)[0] == []
            assert json.loads(ebpfhub("origin", "recover", hub.folder, mirror.url, "--json").stdout)["entries"] == 0
