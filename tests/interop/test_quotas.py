"""oras, unmodified, meets a quota: its user reads what is used, what may be, and who can raise it."""

from __future__ import annotations

from pathlib import Path

from ..hubs import RunningHub
from .programs import oras

ALICE = "alice@example.org"


def test_oras_shows_the_refusal_of_a_push_beyond_a_quota(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub", "--plain")
    settings = hub.folder / "hub.toml"
    settings.write_text(settings.read_text().replace("namespace_bytes = 0", "namespace_bytes = 500000"))
    home = tmp_path / "home"
    home.mkdir()
    for number in range(2):
        (home / f"{number}.bin").write_bytes(bytes([number]) * 300_000)
    with hub.serving():
        registry = f"127.0.0.1:{hub.port}"
        words = ("--plain-http", registry, "--username", ALICE, "--password-stdin")
        oras(home, "login", *words, stdin=hub.token(ALICE))
        for repository in ("plain/files/x", "tools/x"):
            oras(home, "push", "--plain-http", f"{registry}/{repository}:latest", "0.bin:application/x-test")
            told = oras(
                home, "push", "--plain-http", f"{registry}/{repository}:latest", "1.bin:application/x-test", works=False
            )
            assert "500,000 bytes are used, this brings 300,000; the hub's admins can raise it" in told
