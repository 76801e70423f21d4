"""Every package of examples/ on kernels of Debian, in a guest that is emulated: its own tests, as `ecli test` runs them.

So kprobes, fentry, LSM and modules are tested wherever the tests run. All packages run in one boot of each kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from ebpfhub.client.builder.project import read_project
from ebpfhub.client.package_tests.kernels.debian import debian_kernel
from ebpfhub.client.package_tests.kernels.machine import try_in_guest
from ebpfhub.client.package_tests.outcome import Outcome, State
from ebpfhub.client.package_tests.subject import Subject
from ebpfhub.client.unsigned import UnsignedProgram
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas.package_tests import Expected, PackageTest

from ..guest_kernels import SERIES, kernel_cache
from .conftest import PACKAGES, Built
from .test_runtimes import interpreter, mapped

Outcomes = Mapping[tuple[str, str], Outcome]

NAMES = sorted(path.parent.name for path in PACKAGES.glob("*/*.bpf.c"))

pytestmark = pytest.mark.timeout(1200)  # the first test of a kernel builds all packages and boots

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

# What is no test of the package itself: it depends on where this machine has its libraries, or harms a machine.
MORE: Mapping[str, PackageTest] = {
    "modsnoop": PackageTest(
        "sees-a-module", trigger="rmmod veth; insmod /modules/veth*",
        expect=(Expected(fields=(("name", "veth"), ("change", "LOADED"))),),
    ),
    "oomkill": PackageTest(
        "sees-a-victim", trigger="sleep 9 & echo 1000 >/proc/$!/oom_score_adj; echo f >/proc/sysrq-trigger",
        expect=(Expected(fields=(("score_adjust", 1000),)),),
    ),
    "pyexceptions": PackageTest(
        "sees-an-exception", ("--binary", interpreter()), "python3 -S -c 'int(\"x\")'",
        (Expected(fields=(("name", "ValueError"),)),),
    ),
    "sslsnoop": PackageTest(
        "sees-plain-text", ("--binary", mapped(r"/libssl\.so")), PYTHON_TLS,
        (Expected(fields=(("way", "RECEIVED"), ("data", "a secret"), ("size", 8))),),
    ),
}  # fmt: skip


def wanted(name: str) -> tuple[PackageTest, ...]:
    """The tests of a package: its own, or the one of MORE."""
    return read_project(PACKAGES / name).config.tests or (MORE[name],)


@pytest.fixture(scope="module")
def guests(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[Outcomes]]]:
    """What comes of all packages on each kernel; the guests run beside each other, with one processor each."""
    subjects = [subject(name, built(name)) for name in NAMES]

    def boot(series: str) -> Outcomes:
        runs = try_in_guest(debian_kernel(series, kernel_cache()), subjects, tmp_path_factory.mktemp("guest"))
        return {
            (name, outcome.name): outcome for name, run in zip(NAMES, runs, strict=True) for outcome in run.outcomes
        }

    with ThreadPoolExecutor(len(SERIES)) as pool:
        yield {series: pool.submit(boot, series) for series in SERIES}


def subject(name: str, package: Path) -> Subject:
    """A built package with its tests."""
    held = PackageFile.read(package.read_bytes(), where=str(package)).contents
    return Subject(UnsignedProgram(held.config, held.bpf_object("amd64"), name), wanted(name), own=True)


@pytest.fixture(scope="module", params=SERIES)
def guest(request: pytest.FixtureRequest, guests: Mapping[str, Future[Outcomes]]) -> Outcomes:
    """What came of all packages on one kernel."""
    return guests[request.param].result()


@pytest.mark.parametrize(("name", "test"), [(name, test.name) for name in NAMES for test in wanted(name)])
def test_package_sees_what_happens(guest: Outcomes, name: str, test: str) -> None:
    outcome = guest[name, test]
    assert outcome.state is State.OK, outcome
