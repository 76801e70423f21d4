"""A hub that is restored from an old backup asks its mirrors, and does not sign a second history."""

import shutil
from pathlib import Path

from ebpfhub.tests.hubs import Ecli, RunningHub, build_opensnoop, ebpfhub


def test_restored_backup_serves_reads_but_takes_no_push(tmp_path: Path) -> None:
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
            refused = publisher.run("publish", package, "--version", "9.0.0", "--to", hub.url, expect=10)
            assert "entries that this hub signed" in refused.stderr
            assert "Traceback" not in hub.log.read_text()
