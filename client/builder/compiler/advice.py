"""What to do about well-known mistakes that the compiler complains of: a table of its messages, and words for people.

It reads one message at a time, and knows nothing of files but their names. Messages are those of clang 14 to 22.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from .undeclared import header_of, instead_of_function, instead_of_name


@dataclass(frozen=True, slots=True)
class Advice:
    """`text` for messages in which `pattern` is found, its groups as {0}, {1}; a function makes the text of them.

    `source` and `file` must be found in the line of source and the file's name, where they are given.
    """

    pattern: str
    text: str | Callable[..., str]
    source: str = ""
    file: str = ""


_HEADERS_FIRST = 'the types are missing here: #include "vmlinux.h" before all headers of libbpf'


def _not_built_in(name: str) -> str:
    if re.search(r"(?:sf|df|tf)[a-z]{0,2}\d?$", name):
        return (
            "BPF has no floating point: count in integers of a smaller unit (percent, microseconds), and divide later"
        )
    if re.search(r"ti\d?$", name):
        return "BPF has no numbers of 128 bits: use u64, and divide before you multiply where it could overflow"
    if name.startswith("mem"):
        return f"__builtin_{name}() takes at most 1024 bytes here, and their number must be constant: use a loop"
    return f"the compiler would call {name}() of its own library, which the kernel does not have: write it in C here"


def _of_libbpf(name: str) -> str:
    return f"{name} is a macro of libbpf: #include {header_of(name)}"


_HELPERS_H = r"(?:^|/)bpf_\w+\.h$"
_CALLED = r"\b(BPF_(?:PROG2?|KPROBE|KRETPROBE|UPROBE|URETPROBE|KSYSCALL|USDT))\("
_KERNEL_HEADER = r"'(?:uapi|linux|net|asm)/[^']+' file not found"
_UNDECLARED = r"(?:call to undeclared|implicit declaration of|implicitly declaring) (?:library )?function '(\w+)'"
_NO_LITERAL = r"must be an initializer list or string literal|'sizeof' to an incomplete type 'const char\[\]'"

_HEADERS = (
    Advice(
        r"gnu/stubs(?:-\w+)?\.h' file not found",
        "headers of the C library do not work in the kernel: take the #include out. Types are in vmlinux.h; what stands"
        " in for a function is said where you use one",
    ),
    Advice(
        _KERNEL_HEADER,
        "kernel headers are not needed: vmlinux.h has the kernel's types, so take the #include out; write #define"
        " yourself for the macros that you need",
    ),
    Advice(r"'bpf/[^']+' file not found", "libbpf's headers here do not have it: install a newer libbpf-dev"),
    Advice(
        r"'([^']+)' file not found",
        'put {0} beside the program and write #include "{0}", or name the folder that it is in: ecli build -I DIR',
    ),
    Advice(r"unknown type name '(?:__[us]\d+|[us]\d+|__be\d+|__wsum|bool|size_t)'", _HEADERS_FIRST),
    Advice(r"unknown type name|cannot return function type", _HEADERS_FIRST, file=_HELPERS_H),
    Advice(
        r"typedef redefinition|redefinition of '",
        "a type is defined twice: vmlinux.h has all of the kernel, so #include no header of the kernel or of the C"
        " library beside it. What is missing then is only macros: #define those that you need",
        file=r"^/|(?:^|/)vmlinux\.h$",
    ),
    Advice(
        r"redefinition of '(\w+)' as in vmlinux\.h",
        "vmlinux.h has a {0} too, a type of the kernel: give yours another name",
    ),
)
_NAMES = (
    Advice(_UNDECLARED, instead_of_function),
    Advice(
        r"expected string literal as argument of 'section'|use of undeclared identifier",
        'put the section\'s name into quotes: SEC("tracepoint/…")',
        source=r"\bSEC\([^\"]",
    ),
    Advice(r"expected", _of_libbpf, source=_CALLED),
    Advice(r"expected|specifier", _of_libbpf, source=r"^\s*(SEC|__uint|__type)\("),
    Advice(
        r"too few arguments provided to function-like macro",
        "write BPF_CORE_READ(pointer, field), or BPF_CORE_READ(pointer, field, field_of_that) for a chain",
        source=r"BPF_CORE_READ",
    ),
    Advice(
        r"too few arguments provided to function-like macro",
        "write bpf_core_read(&to, sizeof(to), &pointer->field)",
        source=r"bpf_core_read",
    ),
    Advice(r"undeclared identifier 'BPF_CORE_READ'", "", source=r"BPF_CORE_READ"),  # said where arguments are missing
    Advice(
        r"is not a pointer; did you mean to use '\.'|cannot take the address of an rvalue",
        "BPF_CORE_READ follows a pointer: give it the pointer itself, BPF_CORE_READ(task, pid)",
        source=r"BPF_CORE_READ",
    ),
    Advice(
        r"cast to 'const void \*' from smaller integer",
        "the third argument is where to read, an address: &pointer->field",
        source=r"bpf_core_read|bpf_probe_read",
    ),
    Advice(
        r"__builtin_preserve_field_info argument \d not a field access",
        "ask for a field: bpf_core_field_exists(task->pid)",
    ),
    Advice(r"use of undeclared identifier '(\w+)'", instead_of_name),
    Advice(
        r"'struct bpf_map_def'",
        "maps are declared otherwise since libbpf 1.0: struct {{ __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries,"
        ' 64); __type(key, u32); __type(value, u64); }} name SEC(".maps");',
    ),
    Advice(
        r"incomplete (?:definition of )?type '((?:struct|union|enum) \w+)'",
        "{0} is neither in your program nor in vmlinux.h, which has the types of one kernel: see how it is spelt;"
        " define it if it is yours; of a struct of a kernel module, define the fields that you read, with"
        " __attribute__((preserve_access_index))",
    ),
    Advice(
        r"no member named '(\w+)' in '(struct (\w+))'",
        "the {1} of these types has no such field; other kernels may have it. Ask bpf_core_field_exists() which one is"
        " there, and read the other from a struct {2}___old {{ … }} __attribute__((preserve_access_index)) with that"
        " field alone",
    ),
    Advice(
        _NO_LITERAL,
        'the format must stand in the call itself: bpf_printk("pid %d", pid)',
        source=r"bpf_printk|BPF_SNPRINTF|BPF_SEQ_PRINTF",
    ),
    Advice(
        r"static(?:_| )assert(?:ion)? failed",
        "sizeof counts what the compiler puts between fields: order them from the largest to the smallest, or fill the"
        " gaps with fields of your own",
        source=r"sizeof|offsetof",
    ),
)
_MACHINE = (
    Advice(
        r"BPF stack limit|stack limit of 512 bytes",
        "the stack has 512 bytes for all functions of a call chain: keep what is large in a map of type"
        " BPF_MAP_TYPE_PERCPU_ARRAY with one entry, or build the event in the room that bpf_ringbuf_reserve() gives",
    ),
    Advice(r"dynamic stack allocation", "an array's size must be constant: char text[64]; and no alloca()"),
    Advice(r"call to built-in function '(\w+)' is not supported", _not_built_in),
    Advice(
        r"[Uu]nsupported signed division|= s(?:div|rem) ",
        "BPF before its version 4 divides unsigned numbers only: cast both to u32 or u64, and handle the sign yourself",
    ),
    Advice(
        r"too many arg|defined with too many args|stack arguments are not supported",
        "a BPF function takes at most 5 arguments: pass a pointer to a struct, or make it static __always_inline, so"
        " that it is no function any more",
    ),
    Advice(
        r"VarArgs or StructRet|variadic functions|= vaarg ",
        "functions with … or struct results do not exist in BPF: pass a pointer, or write a macro",
    ),
    Advice(
        r"pass by value not supported|aggregate returns are not supported|only small returns supported",
        "BPF functions take and return numbers and pointers: pass a pointer to the struct",
    ),
    Advice(r"= brind ", "BPF jumps to fixed places only: use if or switch in place of goto *"),
    Advice(
        r"= Atomic\w+<|[Uu]nsupported atomic operation",
        "atomic operations work on numbers of 32 or 64 bits: make the variable a u32 or u64",
    ),
)
_TABLE = (*_HEADERS, *_NAMES, *_MACHINE)


def advice_for(message: str, *, file: str, source: str) -> str:
    """Say what to do about a message, in one line; nothing where it is not known."""
    for item in _TABLE:
        found = _compiled(item.pattern).search(message)
        beside = _compiled(item.source).search(source)
        if found is None or beside is None or not _compiled(item.file).search(file):
            continue
        groups = [text for text in (*found.groups(), *beside.groups()) if text]
        return item.text.format(*groups) if isinstance(item.text, str) else item.text(*groups)
    return ""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
