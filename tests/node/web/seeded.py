"""A hub with packages for pages: opensnoop in three versions, hostile ones, one with too much to say, one that changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ebpfhub

from ...hubs import ADMIN, OPENSNOOP, Ecli, RunningHub, build_opensnoop

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e&amp;"
HOSTILE_README = """# Hostile

<script>alert(1)</script> <img src=x onerror=alert(1)> <a href="javascript:alert(1)">a</a>

[script](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) [home](/packages) [good](https://example.org/a)
![spy](https://spy.example.net/pixel.png) <https://example.org/b>

###### deep

| a | b |
| --- | --- |
| `<b>` | \\<i\\> |

<style>body { display: none }</style>
"""
LATER = """
/// @description Stop this process
const volatile int stopped = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_creat")
int creat_entry(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (pid == stopped && !bpf_map_lookup_elem(&seen, &pid))
		bpf_send_signal(9);
	return 0;
}
"""
EXAMPLES = Path(ebpfhub.__path__[0]) / "examples"
OPTIONS = 60  # of the bulky package


@contextmanager
def hub_with_packages(folder: Path) -> Iterator[RunningHub]:
    """A serving hub with library/opensnoop 0.1.0, 0.2.0 and 1.0.0-rc.1, library/hostile, acme/bulky, acme/xdpdrop.

    Of hostile and xdpdrop there is a later pre-release that differs.
    """
    opensnoop = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub")
    with hub.serving():
        ecli = Ecli(folder / "home")
        ecli.login(hub, hub.token(ADMIN, role="admin"))
        ecli.publish(hub, opensnoop)
        for version in ("0.2.0", "1.0.0-rc.1"):
            ecli.publish(hub, opensnoop, "--version", version)
        ecli.publish(hub, _hostile(ecli, folder / "hostile"))
        ecli.publish(hub, _bulky(ecli, folder / "bulky"), "--namespace", "acme")
        ecli.run("build", EXAMPLES / "xdpdrop", "-o", folder / "xdpdrop.bpf")
        ecli.publish(hub, folder / "xdpdrop.bpf", "--namespace", "acme")
        ecli.publish(hub, _later(ecli, folder / "later"), "--namespace", "acme", "--version", "0.3.0-rc.1")
        ecli.publish(hub, _hostile(ecli, folder / "worse", HOSTILE[::-1]), "--version", "0.2.0-rc.1")
        yield hub


def _later(ecli: Ecli, folder: Path) -> Path:
    """xdpdrop, which signals processes too, and takes its port by another name."""
    shutil.copytree(EXAMPLES / "xdpdrop", folder)
    source = folder / "xdpdrop.bpf.c"
    source.write_text(source.read_text() + LATER)
    ecli.run("build", folder, "-o", folder.with_suffix(".bpf"))
    return folder.with_suffix(".bpf")


def _hostile(ecli: Ecli, folder: Path, text: str = HOSTILE) -> Path:
    _copy(folder, "hostile")
    _change_config(
        folder,
        description=text,
        keywords=[text[:60]],
        authors=[text],
        url="javascript:alert(1)",
        license=text,
    )
    (folder / "README.md").write_text(HOSTILE_README)
    shown = {name: HOSTILE.replace("\u202e", "") for name in ("command", "output", "kernel", "architecture")}
    example = shown | {"trigger": HOSTILE, "time": 1, "object": f"sha256:{'0' * 64}"}
    (folder / "example.json").write_text(json.dumps(example))
    source = folder / "hostile.bpf.c"
    source.write_text(source.read_text().replace("Only this process", text))
    ecli.run("build", folder)
    return folder


def _bulky(ecli: Ecli, folder: Path) -> Path:
    """Sixty options with a help text of 600 bytes each, and a README of 200 KB."""
    _copy(folder, "bulky")
    (folder / "README.md").write_text("# bulky\n\n" + "很多很多的文字 & more <text>\n\n" * 6000)
    _change_config(folder, description="长" * 4000)
    source = folder / "bulky.bpf.c"
    options = "".join(
        f"/// @description {'说明' * 100}\nconst volatile int extra_{number} = {number};\n" for number in range(OPTIONS)
    )
    used = "".join(f"if (extra_{number} == 7777) return 0;\n" for number in range(OPTIONS))
    text = source.read_text().replace("/* A call that has started", options + "\n/* A call that has started", 1)
    source.write_text(text.replace("\tif (!failed_only || ", "\t" + used + "\tif (!failed_only || ", 1))
    ecli.run("build", folder)
    return folder


def _copy(folder: Path, name: str) -> None:
    """opensnoop under another name."""
    shutil.copytree(OPENSNOOP, folder)
    (folder / "opensnoop.bpf.c").rename(folder / f"{name}.bpf.c")
    _change_config(folder, name=name)


def _change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
