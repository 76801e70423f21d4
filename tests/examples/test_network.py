"""The network's packages: connections, datagrams and drops that the test causes are seen, and what is forbidden fails."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ..hubs import BIN
from .conftest import Built, Events
from .network import Cable, cable, closed_port, converse, echo_server

ME = os.getpid()
LOOPBACK = "127.0.0.1"
QUESTION = (
    bytes.fromhex("1234 0100 0001 0000 0000 0000") + b"\x03www\x07example\x04test\x00" + struct.pack(">HH", 28, 1)
)


@pytest.fixture
def wire() -> Iterator[Cable]:
    """A cable between two namespaces."""
    with cable() as made:
        yield made


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A control group of cgroup2 that is empty."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    root = next((Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)
    assert root is not None, "this test needs cgroup2: mount -t cgroup2 none /sys/fs/cgroup"
    folder = Path(tempfile.mkdtemp(prefix="ebpfhub-", dir=root))
    yield folder
    folder.rmdir()


def in_cgroup(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python as the only process of a control group."""
    enter = f"import os; open({str(folder / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    return subprocess.run([sys.executable, "-c", enter + code], check=False, capture_output=True, text=True, timeout=30)


def test_tcpstates_sees_a_connection_come_and_go(events: Events) -> None:
    with echo_server() as port:
        found = events(
            "tcpstates", "--port", port,
            trigger=lambda: converse(port), where=lambda event: event["rport"] == port, count=4,
        )  # fmt: skip
    assert [event["new_state"] for event in found[:3]] == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1"]
    assert {event["raddr"] for event in found} == {LOOPBACK}
    assert found[0]["pid"] == ME
    assert found[0]["spent"] == 0 < found[2]["spent"]


def test_tcplife_tells_how_much_a_connection_carried(events: Events) -> None:
    with echo_server() as port:
        found = events("tcplife", "-p", port, trigger=lambda: converse(port), count=2)
    ours = next(event for event in found if event["rport"] == port)
    theirs = next(event for event in found if event["lport"] == port)
    assert (ours["pid"], ours["opened_here"], theirs["opened_here"]) == (ME, True, False)
    assert (ours["laddr"], ours["raddr"], ours["family"]) == (LOOPBACK, LOOPBACK, socket.AF_INET)
    assert {ours["received"], theirs["received"]} <= {5000, 5001}  # TCP counts the end as one
    assert ours["lasted"] > 0


def test_tcptrouble_sees_a_connection_that_is_reset(events: Events) -> None:
    def disturb(port: int) -> None:
        with socket.create_server((LOOPBACK, 0)) as server:
            client = socket.create_connection(server.getsockname())
            other, _ = server.accept()
            ports.append(server.getsockname()[1])
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            other.close()  # with a reset
            client.close()

    ports: list[int] = []
    found = events("tcptrouble", trigger=lambda: disturb(0), where=lambda event: event["rport"] in ports)
    assert (found[0]["what"], found[0]["state"], found[0]["raddr"]) == ("RESET_BY_PEER", 1, LOOPBACK)


def test_tcptrouble_sees_what_is_sent_again(events: Events, wire: Cable) -> None:
    """A first packet to where nobody takes it is sent again after a second."""
    command = ("ip", "-n", wire.near, "neighbor", "add", "198.51.100.9", "lladdr", "02:00:00:00:00:09")
    subprocess.run([*command, "dev", wire.interface], check=True)
    code = "import socket; s = socket.socket(); s.settimeout(5); s.connect_ex(('198.51.100.9', 9))"
    started: list[subprocess.Popen[bytes]] = []

    def knock() -> None:
        if not started:
            started.append(subprocess.Popen([*wire.in_near, sys.executable, "-c", code]))

    try:
        found = events("tcptrouble", trigger=knock, where=lambda event: event["raddr"] == "198.51.100.9")
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert (found[0]["what"], found[0]["state"], found[0]["rport"]) == ("SENT_AGAIN", 2, 9)


def test_tcprtt_measures_connections_of_a_cgroup(events: Events, cgroup: Path) -> None:
    talk = "import socket\nwith socket.create_connection(('127.0.0.1', {})) as s:\n for _ in range(9): s.sendall(b'x'); s.recv(1)"
    with echo_server() as port:
        found = events(
            "tcprtt", "--cgroup", cgroup,
            allow="changes:decisions", trigger=lambda: in_cgroup(cgroup, talk.format(port)),
        )  # fmt: skip
    assert (found[0]["rport"], found[0]["raddr"], found[0]["family"]) == (port, LOOPBACK, socket.AF_INET)
    assert all(0 < event["smoothed"] < 10e9 for event in found)


def test_bindsnoop_sees_address_and_port(events: Events) -> None:
    port = closed_port()

    def take() -> None:
        with socket.socket() as first, socket.socket() as second:
            first.bind((LOOPBACK, port))
            with suppress(OSError):
                second.bind((LOOPBACK, port))

    found = events("bindsnoop", "--pid", ME, trigger=take, where=lambda event: event["port"] == port, count=2)
    assert [(event["ret"], event["addr"], event["family"]) for event in found[:2]] == [
        (0, LOOPBACK, socket.AF_INET), (-98, LOOPBACK, socket.AF_INET),
    ]  # fmt: skip


def test_bindsnoop_shows_addresses_of_ipv6(events: Events) -> None:
    def take() -> None:
        with socket.socket(socket.AF_INET6) as taken:
            taken.bind(("::1", 0))

    found = events("bindsnoop", "-p", ME, trigger=take, where=lambda event: event["family"] == socket.AF_INET6)
    assert (found[0]["addr"], found[0]["port"], found[0]["ret"]) == ("::1", 0, 0)


def test_dnssnoop_reads_names_off_the_wire(events: Events, wire: Cable) -> None:
    found = events(
        "dnssnoop", "--interface", wire.interface,
        prefix=wire.in_near, trigger=lambda: wire.send(53, QUESTION),
    )  # fmt: skip
    event = found[0]
    assert (event["what"], event["name"], event["type"], event["id"]) == (
        "QUESTION",
        "www.example.test",
        "AAAA",
        0x1234,
    )
    assert (event["saddr"], event["daddr"], event["dport"]) == (wire.far_address, wire.near_address, 53)


def test_dnssnoop_is_not_misled_by_messages_that_are_cut(events: Events, wire: Cable) -> None:
    """Whatever is cut short makes an event with less in it, or none; the whole message is still seen."""

    def send() -> None:
        for size in (0, 5, 11, 12, 13, 20, 30):
            wire.send(53, QUESTION[:size])
        wire.send(53, QUESTION)

    found = events(
        "dnssnoop", "--interface", wire.interface,
        prefix=wire.in_near, trigger=send, where=lambda event: event["type"] == "AAAA",
    )  # fmt: skip
    assert found[0]["name"] == "www.example.test"


def test_xdpdrop_drops_one_port_until_it_ends(events: Events, wire: Cable) -> None:
    with wire.listening() as listener, wire.listening() as other:
        port, open_port = listener.getsockname()[1], other.getsockname()[1]
        wire.send(port)
        assert listener.recv(100) == b"hello"

        def send() -> None:
            wire.send(port, b"dropped")
            wire.send(open_port, b"passes")

        found = events(
            "xdpdrop", "--interface", wire.interface, "--mode", "generic", "--port", port,
            allow="changes:packets", prefix=wire.in_near, trigger=send, count=2,
        )  # fmt: skip
        assert {(event["protocol"], event["dport"], event["saddr"]) for event in found} == {
            ("UDP", port, wire.far_address)
        }
        assert other.recv(100) == b"passes"
        wire.send(port, b"after")
        heard = set()
        while b"after" not in heard:
            heard.add(listener.recv(100))  # what came before it was attached is there too


def test_xdpdrop_drops_nothing_without_consent(built: Built, wire: Cable) -> None:
    words = ("--interface", wire.interface, "--port", "9")
    command = [*wire.in_near, str(BIN / "ecli"), "run", "--unsigned", str(built("xdpdrop")), *words]
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 7
    assert "--allow changes:packets" in done.stderr


def test_tccount_counts_both_directions(events: Events, wire: Cable) -> None:
    with wire.listening() as listener:
        port = listener.getsockname()[1]

        def talk() -> None:
            wire.send(port, b"x" * 1000)
            with suppress(TimeoutError):
                _, sender = listener.recvfrom(2000)
                listener.sendto(b"y" * 100, sender)

        found = events(
            "tccount", "--interface", wire.interface, allow="changes:packets", prefix=wire.in_near, trigger=talk,
            where=lambda seen: seen["protocol"] == "UDP" and seen["packets_out"],
        )  # fmt: skip
    seen = found[0]
    assert (seen["address"], seen["family"]) == (wire.far_address, socket.AF_INET)
    assert seen["bytes_in"] == seen["packets_in"] * (14 + 20 + 8 + 1000)
    assert seen["bytes_out"] == seen["packets_out"] * (14 + 20 + 8 + 100)


def test_connectguard_refuses_one_port_to_a_cgroup(events: Events, cgroup: Path) -> None:
    connect = "import socket\nprint(socket.socket().connect_ex(('127.0.0.1', {})))"
    with echo_server() as port, echo_server() as open_port:
        answers: list[str] = []

        def knock() -> None:
            answers.append(in_cgroup(cgroup, connect.format(port)).stdout)
            assert in_cgroup(cgroup, connect.format(open_port)).stdout == "0\n"
            converse(port)  # who is not in the cgroup may

        found = events("connectguard", "--cgroup", cgroup, "--port", port, allow="changes:decisions", trigger=knock)
        assert (found[0]["refused"], found[0]["port"], found[0]["addr"]) == (True, port, LOOPBACK)
        assert found[0]["comm"].startswith("python")
        assert answers[-1] == "1\n"  # EPERM
        assert in_cgroup(cgroup, connect.format(port)).stdout == "0\n"
