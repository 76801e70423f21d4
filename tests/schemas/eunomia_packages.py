"""Packages as eunomia's ecc writes them, made by hand here: nothing of the reader under test is used.

The object is programs/eunomia.bpf.c, compiled once. `changed(path, value)` of a description names a place in it.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "programs" / "eunomia.bpf.c"
GONE = object()

META: dict[str, Any] = {
    "bpf_skel": {
        "data_sections": [
            {
                "name": ".rodata",
                "variables": [
                    {
                        "name": "pid_target",
                        "type": "pid_t",
                        "cmdarg": {"short": "p", "long": "pid"},
                        "description": "Process ID to trace",
                    },
                    {
                        "name": "targ_failed",
                        "type": "bool",
                        "cmdarg": {"default": False, "long": "failed", "short": "x"},
                    },
                    {"name": "quiet", "type": "bool", "value": True},
                    {"name": "prefix", "type": "char[16]"},
                    {"name": "min_duration_ns", "size": 4, "type": "unsigned long"},
                    {"name": "ratio", "type": "float"},
                    {"name": "paint", "type": "enum colour"},
                    {"name": "list", "type": "int[4]"},
                ],
            },
            {"name": ".data", "variables": [{"name": "threshold", "type": "int"}]},
            {
                "name": ".bss",
                "variables": [
                    {"name": "lost_events", "type": "unsigned long long"},
                    {"name": "__eunomia_dummy_event_ptr", "type": "struct event *"},
                    {"name": "__eunomia_dummy_trace_ptr", "type": "struct trace *"},
                ],
            },
        ],
        "doc": {"version": "1.2.3", "brief": "Trace kill()", "details": "At length.", "description": "unused"},
        "maps": [
            {"ident": "hists", "name": "hists"},
            {"ident": "events", "name": "events"},
            {"ident": "rb", "name": "rb"},
            {"ident": "rodata", "mmaped": True, "name": "eunomia_.rodata"},
        ],
        "obj_name": "eunomia_bpf",
        "progs": [
            {"attach": "tp/syscalls/sys_enter_kill", "link": True, "name": "handle_kill"},
            {"attach": "xdp", "flags": 2, "ifindex": 1, "link": True, "name": "pass", "xdpopts": {"old_prog_fd": 0}},
            {
                "attach": "tc",
                "link": True,
                "name": "tc_ingress",
                "tchook": {"attach_point": "BPF_TC_EGRESS", "ifindex": 3},
                "tcopts": {"handle": 7, "priority": 2},
            },
        ],
    },
    "eunomia_version": "0.3.4",
    "export_types": [
        {"members": [{"name": "pid", "type": "pid_t"}], "name": "event", "size": 32, "type_id": 1},
        {"members": [], "name": "trace", "size": 136, "type_id": 2},
    ],
}


@cache
def compiled() -> bytes:
    """The object, with its debug sections."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "eunomia.o"
        command = [sys.executable, "-m", "ziglang", "cc", "-target", "bpfel-freestanding", "-mcpu=v2", "-g", "-O2"]
        subprocess.run([*command, "-c", str(SOURCE), "-o", str(target)], check=True)
        return target.read_bytes()


def changed(path: str = "", value: Any = GONE, meta: dict[str, Any] = META) -> dict[str, Any]:
    """A copy of a description with what is at `a.0.b` replaced, or taken out."""
    made = copy.deepcopy(meta)
    if path:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        at: Any = made
        for part in way:
            at = at[part]
        if value is GONE:
            del at[last]
        else:
            at[last] = value
    return made


def package(meta: dict[str, Any] = META, **more: Any) -> bytes:
    """A package.json, as ecc writes it; `more` replaces its fields."""
    data = compiled()
    packed = base64.b64encode(zlib.compress(data, 6)).decode()
    document = {"bpf_object": packed, "bpf_object_size": len(data), "meta": meta} | more
    return json.dumps(
        {key: value for key, value in document.items() if value is not GONE}, sort_keys=True, separators=(",", ":")
    ).encode()


def tar(*files: tuple[str, bytes]) -> bytes:
    """A tar as ecc writes it: GNU headers, and the folders too."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders = sorted(
            {"/".join(name.split("/")[:depth]) for name, _ in files for depth in range(1, name.count("/") + 1)}
        )
        for folder in folders:
            member = tarfile.TarInfo(folder)
            member.type = tarfile.DIRTYPE
            archive.addfile(member)
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()
