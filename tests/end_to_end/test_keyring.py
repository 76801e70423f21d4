"""Logins in a real keyring: GNOME's, over D-Bus, as desktops have it. The file names the hub and holds no token."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ebpfhub.tests.hubs import ADMIN, COMMAND_SECONDS, Ecli, RunningHub, build_opensnoop

# a session bus that starts no services by itself
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
PASSWORD = b"the user's own password"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("keyring") / "hub")
    with made.serving():
        yield made


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a session with a message bus and a home of its own."""
    for name in ("desk", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    env = {"HOME": str(tmp_path / "desk"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    (tmp_path / "bus.conf").write_text(CONFIG.format(path=tmp_path / "run" / "bus"))
    words = ["dbus-daemon", "--nofork", "--print-address", f"--config-file={tmp_path}/bus.conf"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        assert daemon.stdout is not None
        try:
            yield env | {"DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().decode().strip()}
        finally:
            daemon.terminate()


@contextmanager
def unlocked(env: dict[str, str]) -> Iterator[None]:
    """GNOME's keyring, unlocked as at a login to the desktop."""
    words = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, env=env) as ring:
        assert ring.stdin is not None
        ring.stdin.write(PASSWORD)
        ring.stdin.close()
        try:
            wait_for_the_name(env)
            yield
        finally:
            ring.terminate()


def wait_for_the_name(env: dict[str, str]) -> None:
    """Wait until the secret service answers on the bus."""
    ask = [
        "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.secrets",
    ]  # fmt: skip
    end = time.monotonic() + COMMAND_SECONDS
    while subprocess.run(ask, env=env, capture_output=True, check=False).returncode:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_login_is_in_the_keyring_and_publishes(hub: RunningHub, bus: dict[str, str], tmp_path: Path) -> None:
    opensnoop = build_opensnoop(tmp_path)
    token, ecli = hub.token(role="admin"), Ecli(tmp_path / "home", bus)
    with unlocked(bus):
        ecli.login(hub, token)
        kept = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in kept if token.encode() in path.read_bytes()]
        assert any("keyrings" in path.parts for path in kept)
        assert ecli.publish(hub, opensnoop)["identity"] == ADMIN
    told = ecli.run("publish", opensnoop, "--to", hub.url, expect=None)
    assert told.returncode and "the keyring " in told.stderr and f"ecli login {hub.url}" in told.stderr
    with unlocked(bus):  # the next session
        ecli.run("publish", opensnoop, "--to", hub.url)
        assert hub.url in ecli.run("logout", hub.url).stdout
        assert "ecli login" in ecli.run("publish", opensnoop, "--to", hub.url, expect=None).stderr
