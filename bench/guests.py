"""S3, the guests' part: records a second from the kernel into the callback of a Wasm guest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .measure import Row, median
from .stage import SOURCE, Stage
from .storm import compiled

RUNS = 5
OPENS, BURST = 20_000, 64
RECORDS = OPENS * BURST
_ZIG = (sys.executable, "-m", "ziglang", "cc")
_BPF = (
    "-target",
    "bpfel-freestanding",
    "-mcpu=v2",
    "-g",
    "-O2",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
)
_GUEST = ("-target", "wasm32-wasi", "-Os", "-s", "-Wl,--export-table")


def rows(stage: Stage) -> list[Row]:
    """All records of a storm, counted by the guest itself."""
    guest, storm = built(stage.folder), compiled(stage.folder)
    seen = [watch([str(stage.ecli), "run", "--unsigned", str(guest), str(RECORDS)], storm) for _ in range(RUNS)]
    rate, kept = median([rate for rate, _ in seen]), min(kept for _, kept in seen)
    return [
        Row(
            "S3",
            f"a storm of {RECORDS:,} records of 32 bytes into a guest's callback",
            f"{rate / 1e6:.2f} M/s, {100 * kept:.1f} % of the records",
            "",
            "",
            "≥ 0.5 M/s, nothing lost",
            rate >= 500_000 and kept == 1,
        )
    ]


def built(folder: Path) -> Path:
    """The guest with its BPF object inside."""
    place = folder / "guest"
    (place / "headers").mkdir(parents=True)
    (place / "headers" / "bpf").symlink_to("/usr/include/bpf")
    object_, target = place / "burst.o", place / "burst.wasm"
    here = SOURCE / "bench"
    words = (f"-DBURST={BURST}", f"-I{place / 'headers'}", "-c", here / "burst.bpf.c", "-o", object_)
    subprocess.run([*_ZIG, *_BPF, *words], check=True)
    numbers = ",".join(map(str, object_.read_bytes()))
    (place / "object.h").write_text(f"static const unsigned char object[] = {{{numbers}}};\n")
    header = SOURCE / "tests" / "client" / "wasm" / "programs"
    subprocess.run([*_ZIG, *_GUEST, f"-I{place}", f"-I{header}", here / "burst.c", "-o", target], check=True)
    return target


def watch(words: Sequence[str], storm: Path) -> tuple[float, float]:
    """Run the guest, let the storm go; records a second, and the part of them that was seen."""
    env = os.environ | {"ECLI_HOME": str(storm.parent / "guest-home")}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=env, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "attached\n":
            raise SystemExit("the guest did not start")
        subprocess.run([storm, str(OPENS), "/tmp/storm-of-the-benchmark", "0"], check=True)
        count, lost, nanoseconds = map(int, process.stdout.readline().split())
    return count / nanoseconds * 1e9, count / (count + lost)
