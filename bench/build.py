"""S6: how long `ecli build` takes for opensnoop, warm, beside clang alone with the same source and types."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..client.builder.architecture import Architecture
from ..client.builder.vmlinux.shipped import shipped_types
from ..tests.hubs import OPENSNOOP
from .measure import Row, median, spread
from .peers import find
from .stage import Stage

RUNS = 11
_EXTRA = ("cyclonedx-python-lib", "ziglang")  # of the extra `build`


def rows(stage: Stage) -> list[Row]:
    """Both build the opensnoop of the tests; `ecli` makes a whole package of it, with provenance and SBOM."""
    pip = stage.ecli.with_name("pip")
    subprocess.run([pip, "install", "--quiet", "--disable-pip-version-check", *_EXTRA], check=True)
    env = {"ECLI_HOME": str(stage.folder / "building")}
    project = stage.folder / "built" / "opensnoop"
    shutil.copytree(OPENSNOOP, project)
    types = shipped_types(Architecture.here() or Architecture.X86_64, stage.folder / "types")
    ours: list[str | Path] = [stage.ecli, "build", project]
    clang = _clang(project, types, stage.folder / "clang.o")
    times: dict[str, list[float]] = {"ours": [], "clang": []}
    for turn in range(-1, RUNS):
        for name, command in (("ours", ours), ("clang", clang)):
            took = _seconds(command, env)
            if turn >= 0:
                times[name].append(took)
    ratio = median(times["ours"]) / median(times["clang"])
    return [
        Row(
            "S6",
            "`ecli build opensnoop`, warm",
            spread(times["ours"], unit="s"),
            f"clang alone {spread(times['clang'], unit='s')}",
            f"{ratio:.2f} x clang",
            "≤ 1.5",
            ratio <= 1.5,
        )
    ]


def _clang(project: Path, types: Path, target: Path) -> list[str | Path]:
    flags = ("-target", "bpf", "-mcpu=v2", "-O2", "-g", "-std=gnu11", "-D__TARGET_ARCH_x86")
    return [find("clang"), *flags, "-I", types, "-c", project / "opensnoop.bpf.c", "-o", target]


def _seconds(command: Sequence[str | Path], env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **env})
    return time.perf_counter() - began
