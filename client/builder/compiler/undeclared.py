"""What to write instead of a function or a name that the compiler does not know: C's library, kernel macros, helpers.

Tables of words only. Other mistakes are in advice.py.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from ....schemas.bpf_helpers import HELPERS

_PRINT = 'print with bpf_printk("…", …) into /sys/kernel/tracing/trace_pipe, or send an event through a map'
_MEMORY = (
    "memory is what maps hold: an entry of a BPF_MAP_TYPE_PERCPU_ARRAY, or room that bpf_ringbuf_reserve() gives"
    " until the event is sent"
)
_COMPARE = 'compare with bpf_strncmp(text, sizeof(text), "constant") (Linux 5.17), or in a loop of fixed length'
_COPY = "copy with bpf_probe_read_kernel_str(to, sizeof(to), from), or bpf_probe_read_user_str() from a process"
_BLOCK = "write __builtin_{name}(…) with a constant size; the compiler puts the instructions in place"
_WAIT = "a BPF program cannot wait; bpf_timer_start() calls a function later"
_END = "return from the program instead"
_LENGTH = "bpf_probe_read_kernel_str() and bpf_probe_read_user_str() return the length of what they copied"

_LIBRARY = {
    **dict.fromkeys(("printf", "fprintf", "puts", "putchar", "perror", "printk", "pr_info"), _PRINT),
    **dict.fromkeys(("malloc", "calloc", "realloc", "free", "kmalloc", "kfree", "alloca"), _MEMORY),
    **dict.fromkeys(("strcmp", "strncmp", "strcasecmp", "strstr", "strchr"), _COMPARE),
    **dict.fromkeys(("strcpy", "strncpy", "strlcpy", "strscpy", "strcat", "strncat"), _COPY),
    **dict.fromkeys(("memcpy", "memset", "memmove"), _BLOCK),
    **dict.fromkeys(("strlen", "strnlen"), _LENGTH),
    **dict.fromkeys(("sleep", "usleep", "nanosleep", "msleep"), _WAIT),
    **dict.fromkeys(("exit", "abort", "assert"), _END),
    "memcmp": "compare in a loop of fixed length, or with __builtin_memcmp() where the size is a constant",
    "sprintf": 'write BPF_SNPRINTF(text, sizeof(text), "…", …) (Linux 5.13)',
    "snprintf": 'write BPF_SNPRINTF(text, sizeof(text), "…", …) (Linux 5.13)',
    "time": "bpf_ktime_get_ns() counts from the start of the machine",
    "clock_gettime": "bpf_ktime_get_ns() counts from the start of the machine",
    "gettimeofday": "bpf_ktime_get_ns() counts from the start of the machine",
    "getpid": "the process is bpf_get_current_pid_tgid() >> 32",
    "gettid": "the thread is (u32)bpf_get_current_pid_tgid()",
    "getuid": "the user is (u32)bpf_get_current_uid_gid()",
    "rand": "bpf_get_prandom_u32() gives a random number",
    "random": "bpf_get_prandom_u32() gives a random number",
    "atoi": "bpf_strtol(text, length, 10, &number) reads a number (Linux 5.15 for all programs)",
    "strtol": "bpf_strtol(text, length, 10, &number) reads a number (Linux 5.15 for all programs)",
}
_BYTE_ORDER = "<bpf/bpf_endian.h>"
_HEADERS = (  # macros and functions of libbpf, and where they are
    (r"BPF_CORE_\w+|BPF_PROBE_READ\w*|bpf_core_\w+", "<bpf/bpf_core_read.h>"),
    (r"bpf_(?:hton|ntoh|be|cpu_to_)\w+", _BYTE_ORDER),
    (r"PT_REGS_\w+|BPF_(?:PROG2?|KPROBE|KRETPROBE|UPROBE|URETPROBE|KSYSCALL|KPROBE_SYSCALL)", "<bpf/bpf_tracing.h>"),
    (r"BPF_USDT|bpf_usdt_\w+", "<bpf/usdt.bpf.h>"),
    (
        r"SEC|bpf_for(?:_each)?|bpf_repeat|bpf_ksym_exists|bpf_printk|BPF_SEQ_PRINTF|BPF_SNPRINTF|__uint|__type|__array|__always_inline",
        "<bpf/bpf_helpers.h>",
    ),
)
_VALUES = {  # of #defines that programs often want
    "ETH_P_IP": "0x0800", "ETH_P_IPV6": "0x86DD", "ETH_P_ARP": "0x0806", "ETH_HLEN": "14", "ETH_ALEN": "6",
    "AF_UNIX": "1", "AF_INET": "2", "AF_INET6": "10", "TC_ACT_OK": "0", "TC_ACT_SHOT": "2", "TC_ACT_UNSPEC": "(-1)",
    "PAGE_SIZE": "4096", "TASK_COMM_LEN": "16", "PATH_MAX": "4096", "NULL": "((void *)0)", "NSEC_PER_SEC": "1000000000",
    "EPERM": "1", "ENOENT": "2", "EAGAIN": "11", "ENOMEM": "12", "EACCES": "13", "EEXIST": "17", "EINVAL": "22",
    "O_CREAT": "0100", "O_WRONLY": "01", "O_RDWR": "02", "S_IFMT": "0170000", "S_IFREG": "0100000", "SIGKILL": "9",
}  # fmt: skip
_HELPER_NAMES = frozenset(f"bpf_{helper.name}" for helper in HELPERS.values())


def header_of(name: str) -> str:
    """Name libbpf's header that defines a macro or function; nothing where none does."""
    return next((header for names, header in _HEADERS if re.fullmatch(names, name)), "")


def instead_of_function(name: str) -> str:
    """Say what to write instead of an undeclared function; nothing where that is not known."""
    if name in _LIBRARY:
        return f"there is no C library in the kernel: {_LIBRARY[name].format(name=name)}"
    if name in ("htons", "htonl", "ntohs", "ntohl"):
        return f"write bpf_{name}(), and #include {_BYTE_ORDER}"
    if header := header_of(name):
        return f"{name} is a macro of libbpf: #include {header}"
    if name in _HELPER_NAMES:
        return f"{name}() is a helper of the kernel: #include <bpf/bpf_helpers.h>, behind vmlinux.h"
    return _perhaps_kfunc(name) if name.startswith("bpf_") else ""


def instead_of_name(name: str) -> str:
    """Say what to do about an undeclared name; nothing where that is not known."""
    if header := header_of(name):
        return f"{name} is a macro of libbpf: #include {header}"
    if not re.fullmatch(r"[A-Z][A-Z0-9_]+", name):
        return ""
    value = _VALUES.get(name, "…")
    return (
        f"vmlinux.h has types and enums of one kernel, and no macros: write #define {name} {value} yourself;"
        " for an enum of another kernel, bring that one's vmlinux.h (ecli build -I DIR)"
    )


def _perhaps_kfunc(name: str) -> str:
    near = get_close_matches(name, sorted(_HELPER_NAMES), 1, 0.8)
    meant = f"did you mean {near[0]}()? Otherwise: " if near else ""
    return (
        f"no helper of the kernel has this name: {meant}a kfunc is declared as the kernel has it, with __ksym at the"
        f" end: extern int {name}(…) __ksym;"
    )
