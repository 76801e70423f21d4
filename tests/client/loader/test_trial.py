"""Loading every program of an object once: one verdict each, and no trace in the kernel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.client.loader.trial import KEPT_LOG_BYTES, Trial, try_programs
from ebpfhub.schemas.errors import BadInput


@pytest.fixture(scope="module")
def trial(compiled: Any) -> Trial:
    return try_programs(compiled("verdicts"), "verdicts", kernel=Kernel())


def test_every_program_has_its_own_verdict(trial: Trial) -> None:
    assert trial.whole is None
    tried = {verdict.name: (verdict.tried, verdict.rejected is None) for verdict in trial.verdicts}
    assert tried == {
        "taken": (True, True),
        "careless": (True, False),
        "spare": (False, True),
        "endless": (True, False),
        "lost": (True, False),
    }


def test_accepted_programs_tell_how_much_was_verified(trial: Trial) -> None:
    told = {verdict.name: verdict.instructions for verdict in trial.verdicts}
    assert told["taken"] == 2
    assert told["careless"] == told["spare"] == 0


def test_a_verifiers_log_is_kept_from_its_end(trial: Trial) -> None:
    logs = {verdict.name: verdict.rejected.log for verdict in trial.verdicts if verdict.rejected}
    assert "R0 invalid mem access 'ringbuf_mem_or_null'" in logs["careless"]
    assert "BPF program is too large" in logs["endless"]
    assert len(logs["endless"]) == KEPT_LOG_BYTES


def test_the_last_words_are_known_where_a_kernel_cuts_them_off(compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As kernels before 6.4 do; newer ones do it for those who ask (BPF_LOG_FIXED)."""
    monkeypatch.setattr("ebpfhub.client.loader.trial._LEVELS", (1 | 8, 4))
    monkeypatch.setattr("ebpfhub.client.loader.trial.LOG_BYTES", 4096)
    found = try_programs(compiled("verdicts"), "verdicts", kernel=Kernel())
    log = next(verdict.rejected.log for verdict in found.verdicts if verdict.rejected and verdict.name == "endless")
    assert "BPF program is too large" in log
    assert len(log) < 1024


def test_what_libbpf_refuses_by_itself_has_its_words(trial: Trial) -> None:
    lost = next(verdict.rejected for verdict in trial.verdicts if verdict.name == "lost")
    assert lost
    assert lost.log == ""
    assert any("no_such_tracepoint" in line for line in lost.said)


def test_what_stands_against_the_whole_object_is_no_programs_fault(compiled: Any) -> None:
    found = try_programs(compiled("verdicts", "MAP_REFUSED"), "verdicts", kernel=Kernel())
    assert found.whole
    assert found.verdicts == ()
    assert any("map 'odd': failed to create" in line for line in found.whole.said)


def test_nothing_stays_loaded(compiled: Any, kernel: Any) -> None:
    name = kernel.fresh_name()
    try_programs(compiled("attach", f"FIRST={name}"), name, kernel=Kernel())
    assert kernel.forgot(name)


def test_an_object_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        try_programs(b"\x7fELF nothing else", "none", kernel=Kernel())


def test_a_user_without_rights_is_told_what_is_needed(compiled: Any, tmp_path: Path) -> None:
    path = tmp_path / "object.o"
    path.write_bytes(compiled("verdicts"))
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from ebpfhub.client.loader.kernel import Kernel\nfrom ebpfhub.client.loader.trial import try_programs\n"
        "elf = Path(sys.argv[1]).read_bytes()\nos.setresuid(65534, 65534, 65534)\n"
        "try: try_programs(elf, 'x', kernel=Kernel())\nexcept Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("Denied loading a BPF program needs root or CAP_BPF and CAP_PERFMON")
    assert "sudo" in done.stdout
