"""Sources that compilers take: in other encodings than UTF-8, and with lines of any length."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.schemas.btf import Btf
from ebpfhub.schemas.btf_lines import MAX_TEXT_BYTES, LineTable, read_lines
from ebpfhub.schemas.elf import ElfObject

Loads = Callable[[bytes], bool]

HEAD = b"""#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
"""
TAIL = b"""
char LICENSE[] SEC("license") = "GPL";
"""


def build(folder: Path, cache: Path, body: bytes, header: bytes = b"") -> BuiltPackage:
    include = b'#include "demo.h"\n' if header else b""
    (folder / "demo.bpf.c").write_bytes(HEAD + include + body + TAIL)
    if header:
        (folder / "demo.h").write_bytes(header)
    return build_project(folder, cache=cache)


def lines(built: BuiltPackage) -> LineTable:
    """What the built object says of the lines that its code comes from."""
    elf = ElfObject.parse(built.object)
    btf, ext = elf.section(".BTF"), elf.section(".BTF.ext")
    assert btf is not None
    assert ext is not None
    return read_lines(bytes(ext.data), Btf.parse(bytes(btf.data)).strings)


def test_comments_in_another_encoding_are_no_obstacle(tmp_path: Path, cache: Path, loads: Loads) -> None:
    body = """
/// 进程号
const volatile int wanted = 3;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	bpf_printk("进程 %d", wanted); // 输出
	return twice(wanted);
}
"""
    header = "static inline int twice(int number)\n{\n\treturn number * 2; /* 两倍 */\n}\n"
    built = build(tmp_path, cache, body.encode("gbk"), header.encode("gbk"))
    assert loads(built.object)
    assert "进程 %d".encode("gbk") in built.object
    told = [notice.partition(" ")[0] for notice in built.notices if "is not UTF-8" in notice]
    assert told == ["demo.bpf.c", "demo.h"]
    called = lines(built).named("demo.bpf.c", 11)
    assert called is not None
    assert called.text.startswith('\tbpf_printk("')


def test_line_of_any_length_is_kept_as_far_as_it_is_shown(tmp_path: Path, cache: Path, loads: Loads) -> None:
    steps = b" ".join(b"value = value * 3 + context[%d];" % (number % 2) for number in range(1000))
    body = b"""
SEC("raw_tp/sys_enter")
int enter(unsigned long *context)
{
	unsigned long value = 1; %s
	return value;
}
"""
    built = build(tmp_path, cache, body % steps)
    assert loads(built.object)
    found = lines(built).named("demo.bpf.c", 7)
    assert found is not None
    assert found.text == (b"\tunsigned long value = 1; " + steps)[:MAX_TEXT_BYTES].decode()


def test_plain_utf_8_is_said_nothing_of(tmp_path: Path, cache: Path) -> None:
    body = '/// 进程号 �\nconst volatile int wanted = 3;\nSEC("raw_tp/sys_enter")\nint enter(void *context) { return wanted; }\n'
    built = build(tmp_path, cache, body.encode())
    assert built.notices == ()
    assert built.config.usage.options[0].help == "进程号 �"
