"""What a user gets wrong, or the machine lacks: one clear message, an exit code of its own, nothing done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..hubs import BIN, Ecli, RunningHub, free_port
from .machine import assert_one_message, refused, rows, under, with_env

NO_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
# an ordinary user who may read every file, so that it does not matter where this checkout lies
NOBODY = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
)  # fmt: skip


def test_an_unknown_name_is_proven_to_be_absent(reader: Ecli) -> None:
    said = refused(reader, "run", "--verify", "nosuchthing", kind="not-found", says="no package library/nosuchthing")
    assert "proven" in said
    assert "ecli search" in said


@pytest.mark.parametrize("tag", ["9.9.9", "nightly"])
def test_an_unknown_version_or_tag_is_told_with_those_that_exist(reader: Ecli, tag: str) -> None:
    said = refused(reader, "run", f"opensnoop:{tag}", kind="not-found", says=f"no version or tag '{tag}'")
    assert "latest = 0.1.0" in said


def test_a_hub_that_is_not_there_is_told_with_its_address(hub: RunningHub, reader: Ecli) -> None:
    place = f"http://127.0.0.1:{free_port()}"
    refused(reader, "trust", "add", place, "--yes", kind="peer-failed", says=f"{place}.*cannot connect")
    pins = next((reader.home / "origins").iterdir())
    pins.write_text(pins.read_text().replace(hub.url, place))
    said = refused(reader, "run", "opensnoop", kind="peer-failed", says=f"{place}: cannot connect")
    assert "Is the hub running" in said
    refused(reader, "search", "opensnoop", kind="peer-failed", says="cannot connect")


def test_without_a_trusted_hub_the_first_step_is_told(tmp_path: Path) -> None:
    said = refused(Ecli(tmp_path / "home"), "run", "opensnoop", kind="not-found", says="no hub is trusted yet")
    assert "ecli trust add" in said


def test_an_origin_that_is_not_trusted_is_told(reader: Ecli) -> None:
    refused(reader, "run", "other.test/library/opensnoop", kind="not-found", says="other.test is not trusted")


def test_plain_http_beyond_loopback_is_refused(tmp_path: Path) -> None:
    for place in ("http://hub.example.org", "http://10.0.0.1:8801", "http://127.0.0.1.example.org"):
        refused(Ecli(tmp_path / "home"), "trust", "add", place, "--yes", kind="bad-input", says="loopback only")


def test_an_unsigned_file_is_never_run_under_verify(installed: Ecli, package: Path) -> None:
    refused(installed, "run", "--verify", package, kind="not-trusted", says="nobody has signed this")


def test_a_local_unsigned_file_runs_with_a_notice(installed: Ecli, package: Path) -> None:
    done = installed.run("run", "--max-events", 1, package)
    assert "not signed" in done.stderr
    assert len(rows(done.stdout)) == 1


def test_a_machine_may_forbid_unsigned_things(package: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    ecli.home.mkdir()
    (ecli.home / "ecli.toml").write_text("[policy]\nunsigned = false\n")
    refused(ecli, "run", "--unsigned", package, kind="not-trusted", says="policy of this machine forbids")


def test_settings_that_cannot_be_read_stop_everything(installed: Ecli, package: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    ecli.home.mkdir()
    (ecli.home / "ecli.toml").write_text("[policy]\nunsigend = false\n")
    refused(ecli, "run", package, kind="bad-input", says="ecli.toml.*unsigend")


def test_without_capabilities_nothing_is_loaded_and_sudo_is_told(installed: Ecli) -> None:
    for prefix in (NO_CAPABILITIES, NOBODY):
        said = refused(installed, "run", "opensnoop", kind="denied", says="CAP_BPF and CAP_PERFMON", prefix=prefix)
        assert "sudo" in said


def test_help_and_checks_need_no_capabilities(installed: Ecli, exported: Path) -> None:
    assert "--pid" in under(installed, *NO_CAPABILITIES, words=("run", "opensnoop", "-h")).stdout
    assert "verified" in under(installed, *NO_CAPABILITIES, words=("verify", exported)).stdout


def test_a_file_of_kernel_types_that_does_not_fit_is_told(installed: Ecli, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no types")
    (tmp_path / "short").write_bytes(Path("/sys/kernel/btf/vmlinux").read_bytes()[:100])
    cases = {
        "absent": ("not-found", "No such file"),
        "text": ("bad-input", "neither BTF nor"),
        "short": ("unsupported", "BTF"),
    }
    for name, (kind, says) in cases.items():
        refused(with_env(installed, BTF_FILE_PATH=tmp_path / name), "run", "opensnoop", kind=kind, says=says)


def test_a_kernel_without_types_of_its_own_is_told_before_loading(installed: Ecli) -> None:
    hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
    prefix = ("unshare", "--mount", "bash", "-c", hide, "bash")
    said = refused(installed, "run", "opensnoop", kind="unsupported", says="this kernel has no BTF", prefix=prefix)
    assert "BTF_FILE_PATH" in said


def test_a_question_without_an_answer_pins_nothing(hub: RunningHub, tmp_path: Path) -> None:
    for closed in ("</dev/null", "<&-"):
        ecli = Ecli(tmp_path / "home")
        done = _shell(ecli, f"ecli trust add {hub.url} {closed}")
        assert done.returncode == 7
        assert "Traceback" not in done.stderr
        assert hub.fingerprint in done.stderr
        assert "--fingerprint" in done.stderr.splitlines()[-1]
        assert not (ecli.home / "origins").exists()


def test_a_fingerprint_that_differs_pins_nothing(hub: RunningHub, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    other = "0" * 64
    refused(ecli, "trust", "add", hub.url, "--fingerprint", other, kind="not-trusted", says=hub.fingerprint)
    refused(ecli, "trust", "add", hub.url, "--origin", "other.test", "--yes", kind="not-found", says="other.test")
    assert not (ecli.home / "origins").exists()


def test_a_login_with_closed_or_strange_input_is_refused(hub: RunningHub, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    for words in (
        "<&-",
        "</dev/null",
        "< <(printf '\\xff\\xfe\\n')",
        "< <(printf 'a b\\n')",
        "< <(head -c 100000 /dev/zero)",
    ):
        done = _shell(ecli, f"ecli login {hub.url} --token-stdin {words}")
        assert_one_message(done.stderr)
        assert done.returncode in (2, 7), words
    assert not (ecli.home / "credentials.json").exists()


def test_wrong_words_on_the_command_line_are_told(installed: Ecli) -> None:
    wrong = [
        ("run", "--max-events", "0", "opensnoop"), ("run", "--timeout", "soon", "opensnoop"),
        ("run", "--frobnicate", "opensnoop"), ("run", "--verify"), ("run", "--max-events"),
        ("run", "--verify", "--unsigned", "opensnoop"), ("run", "Opensnoop!"), ("run", "a/b/c/d/e"),
        ("run", "opensnoop", "--pid", "one"), ("run", "opensnoop", "--pid"), ("run", "opensnoop", "stray"),
        ("run", "opensnoop:"), ("run", "x" * 5000), ("run", ""), ("run", "\x1b[31mred"),
    ]  # fmt: skip
    for words in wrong:
        done = installed.run(*words, expect=2)
        assert_one_message(done.stderr)
        assert len(done.stderr) < 1000


def test_what_cannot_be_fetched_is_told_so(installed: Ecli) -> None:
    for target in ("https://127.0.0.1:9/app.wasm", "oci://127.0.0.1:9/x:1"):
        refused(installed, "run", target, kind="peer-failed", says="cannot connect")
    refused(installed, "run", "ftp://hub.example.org/x", kind="bad-input", says="no kind of address")
    refused(installed, "run", "-", kind="bad-input", says="standard input: .*empty")


def test_a_missing_file_or_a_folder_is_told(installed: Ecli, tmp_path: Path) -> None:
    for command in ("run", "verify", "inspect"):
        for path in (tmp_path / "none.bpf", tmp_path / "folder.bpf"):
            (tmp_path / "folder.bpf").mkdir(exist_ok=True)
            done = installed.run(command, path, expect=None)
            assert_one_message(done.stderr)
            assert str(path) in done.stderr
            assert done.returncode in (2, 3)


def test_a_home_that_cannot_be_written_is_told(hub: RunningHub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused(Ecli(tmp_path / "file" / "home"), "trust", "add", hub.url, "--yes", kind="storage-failed", says="ECLI_HOME")


def test_a_damaged_home_is_told_and_not_guessed_at(hub: RunningHub, reader: Ecli) -> None:
    pin = next((reader.home / "origins").iterdir())
    pin.write_text(pin.read_text()[:-20])
    refused(reader, "run", "opensnoop", kind="bad-input", says=str(pin))


def test_a_missing_toolchain_is_told(tmp_path: Path) -> None:
    """The plain install has no compiler: `ecli build` names the extra that brings one."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "p.bpf.c").write_text("int x;")
    code = (
        "import sys; sys.modules['ziglang'] = None; from ebpfhub.client.cli import main; sys.argv[0] = 'ecli'; main()"
    )
    env = {"PATH": "/nowhere", "ECLI_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "build", tmp_path / "p"],
        check=False,
        capture_output=True,
        text=True,
        env=env,
        timeout=60,
    )
    assert done.returncode == 6
    assert_one_message(done.stderr)
    assert "[build]" in done.stderr


def _shell(ecli: Ecli, line: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{BIN}:/usr/bin:/bin", "ECLI_HOME": str(ecli.home), "HOME": "/nonexistent"}
    return subprocess.run(
        [shutil.which("bash") or "bash", "-c", line], check=False, capture_output=True, text=True, env=env, timeout=60
    )
