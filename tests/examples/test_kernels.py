"""Every package of examples/ on kernels of Debian, in a guest that is emulated: it sees what a script there causes.

So kprobes, fentry, LSM and modules are tested wherever the tests run. All packages run in one boot of each kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..kernels.debian import SERIES, debian_kernel
from ..kernels.machine import Case, Outcome, run_cases
from .conftest import PACKAGES, Built, Event
from .test_runtimes import interpreter, mapped

Outcomes = Mapping[str, Outcome]

NAMES = sorted(path.parent.name for path in PACKAGES.glob("*/*.bpf.c"))
LIBRARY_OF_TLS = mapped(r"/libssl\.so")

pytestmark = pytest.mark.timeout(1200)  # the first test of a kernel builds all packages and boots

# What makes most of them speak: processes, files, signals, memory, a connection that is refused.
ANYTHING = """
cp /init /tmp/a.$$; stat /tmp/a.$$; mv /tmp/a.$$ /tmp/b.$$; sync; rm /tmp/b.$$
sleep 5 & kill $!
mkdir -p /tmp/m.$$ && mount -t tmpfs none /tmp/m.$$ && umount /tmp/m.$$
echo | nc -w 1 127.0.0.1 7
"""
KNOCK = "echo | nc -w 1 127.0.0.1 7"
TALK = "(echo heard | timeout 5 nc -l -p 7070 >/dev/null &) ; sleep 0.3; echo said | timeout 2 nc 127.0.0.1 7070"
PYTHON_AT_A_TERMINAL = """python3 -S -c '
import os, pty, time
child, terminal = pty.fork()
if not child:
    os.execv("/usr/bin/bash", ["bash", "--norc", "-i"])
time.sleep(0.5)
os.write(terminal, b"echo typed\\n")
time.sleep(0.5)
'"""
PYTHON_TLS = """python3 -c '
import ssl
def end(protocol, server):
    context = ssl.SSLContext(protocol)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    hears, says = ssl.MemoryBIO(), ssl.MemoryBIO()
    return context.wrap_bio(hears, says, server_side=server), hears, says
one, one_hears, one_says = end(ssl.PROTOCOL_TLS_CLIENT, False)
two, two_hears, two_says = end(ssl.PROTOCOL_TLS_SERVER, True)
for _ in range(4):
    for side in (one, two):
        try: side.do_handshake()
        except ssl.SSLWantReadError: pass
        two_hears.write(one_says.read()); one_hears.write(two_says.read())
one.write(b"a secret"); two_hears.write(one_says.read()); two.read()
'"""

DISK = """
truncate -s 1M /tmp/disk; losetup /dev/loop0 /tmp/disk
dd if=/dev/zero of=/dev/loop0 bs=4096 count=8 conv=fsync
"""


@dataclass(frozen=True, slots=True)
class Row:
    """How a package is run in a guest, and what its first good event has."""

    options: tuple[str, ...] = ()
    trigger: str = ANYTHING
    until: str = r"\n"
    has: Event | None = None
    allow: str = ""
    after: str = ""


# What is not named here runs without options, and any event will do.
ROWS: Mapping[str, Row] = {
    "bashreadline": Row(trigger=PYTHON_AT_A_TERMINAL, has={"line": "echo typed"}),
    "bindsnoop": Row(trigger=TALK, until=r'"port":7070', has={"port": 7070, "ret": 0}),
    "biolatency": Row(trigger=DISK),
    "biosnoop": Row(trigger=DISK),
    "capable": Row(("--capability", "18"), "chroot / true", has={"capability": "CAP_SYS_CHROOT", "ret": 0}),
    "connectguard": Row(
        ("--port", "7"), KNOCK, has={"port": 7, "addr": "127.0.0.1", "refused": True}, allow="changes:decisions"
    ),
    "dnssnoop": Row(
        ("--interface", "lo"), "timeout 1 nslookup -type=a asked.test 127.0.0.1",
        until="asked", has={"what": "QUESTION", "name": "asked.test", "type": "A", "daddr": "127.0.0.1"},
    ),
    "fileguard": Row(
        ("--file", "/guest.py"), "cat /guest.py >/dev/null && echo was read; cat /init >/dev/null && echo other was read",
        until="/guest.py", has={"path": "/guest.py", "comm": "cat"}, allow="changes:decisions",
        after="cat /guest.py >/dev/null && echo free again",
    ),
    "funclatency": Row(("--symbol", "vfs_read"), until=r'"slots":\[[^]]*[1-9]'),
    "gethostlatency": Row(
        trigger="python3 -S -c 'import socket; socket.getaddrinfo(\"127.0.0.1\", 80)'", has={"host": "127.0.0.1", "ret": 0}
    ),
    "modsnoop": Row(trigger="rmmod veth; insmod /modules/veth*", until="LOADED", has={"name": "veth", "change": "LOADED"}),
    # Only what is long, for there a symbol takes long to find.
    "offcputime": Row(("--longer", "200000"), "sleep 0.5", until='"sleep"', has={"comm": "sleep"}),
    "oomkill": Row(trigger="sleep 9 & echo 1000 >/proc/$!/oom_score_adj; echo f >/proc/sysrq-trigger"),
    "pyexceptions": Row(
        ("--binary", interpreter()), "python3 -S -c 'int(\"x\")'", until="ValueError", has={"name": "ValueError"}
    ),
    "setuidsnoop": Row(trigger="su nobody -c true", until="65534", has={"wanted": 65534, "before": 0, "after": 65534}),
    "sslsnoop": Row(
        ("--binary", LIBRARY_OF_TLS), PYTHON_TLS, until="RECEIVED", has={"way": "RECEIVED", "data": "a secret", "size": 8}
    ),
    "tccount": Row(("--interface", "lo"), KNOCK, has={"address": "127.0.0.1", "protocol": "TCP"}, allow="changes:packets"),
    "tcpconnect": Row(trigger=KNOCK, has={"comm": "nc", "rport": 7, "raddr": "127.0.0.1", "ret": 0}),
    "tcplife": Row(("--port", "7070"), TALK, until=r"(?s)7070.*7070", has={"lport": 7070, "opened_here": False}),
    "tcprtt": Row(("--port", "7070"), TALK, has={"raddr": "127.0.0.1"}, allow="changes:decisions"),
    "tcpstates": Row(trigger=KNOCK, until="CLOSED", has={"new_state": "SYN_SENT", "rport": 7}),
    "tcptrouble": Row(trigger=KNOCK, has={"what": "RESET_BY_PEER", "rport": 7}),
    "vfsstat": Row(until="OPEN", has={"operation": "READ"}),
    "xdpdrop": Row(
        ("--interface", "lo", "--mode", "generic", "--port", "9"), "bash -c 'echo >/dev/udp/127.0.0.1/9'",
        has={"protocol": "UDP", "dport": 9, "saddr": "127.0.0.1"}, allow="changes:packets",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def guests(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[Outcomes]]]:
    """What comes of all packages on each kernel; the guests run beside each other, with one processor each."""
    cases = [_case(name, built(name)) for name in NAMES]
    with ThreadPoolExecutor(len(SERIES)) as pool:
        yield {
            series: pool.submit(run_cases, debian_kernel(series), cases, tmp_path_factory.mktemp("guest"))
            for series in SERIES
        }


@pytest.fixture(scope="module", params=SERIES)
def guest(request: pytest.FixtureRequest, guests: Mapping[str, Future[Outcomes]]) -> Outcomes:
    """What came of all packages on one kernel."""
    return guests[request.param].result()


def _case(name: str, package: Path) -> Case:
    row = ROWS.get(name, Row())
    return Case(name, package, row.options, row.trigger, row.until, row.after, row.allow)


@pytest.mark.parametrize("name", NAMES)
def test_package_sees_what_happens(guest: Outcomes, name: str) -> None:
    outcome, wanted = guest[name], ROWS.get(name, Row()).has or {}
    assert outcome.code == 0, outcome.told
    assert any(wanted.items() <= event.items() for event in outcome.events), (outcome.events[-9:], outcome)


def test_file_is_guarded_until_the_guard_ends(guest: Outcomes) -> None:
    outcome = guest["fileguard"]
    assert "/guest.py': Operation not permitted" in outcome.said
    assert "other was read" in outcome.said
    assert outcome.after == "free again\n"
