"""Causes of refusals before the verifier: what libbpf says where a section, map, hook or symbol is wrong or missing."""

from __future__ import annotations

from .cause import Cause

LOADER_CAUSES = (
    Cause(
        "section-unknown",
        (r"missing BPF prog type, check ELF section name",),
        "libbpf does not know what a program with this section's name is for.",
        "Write the name as libbpf has it: kprobe/FUNCTION, tracepoint/CATEGORY/NAME, raw_tp/NAME, fentry/FUNCTION,"
        " uprobe/FILE:FUNCTION, xdp, tc, cgroup_skb/egress …",
        'SEC("tracepoint/syscalls/sys_enter_openat")',
    ),
    Cause(
        "map-refused",
        (r"map '.*': failed to create",),
        "The kernel does not make this map: its type is unknown here, or sizes and flags do not fit the type.",
        "Give it max_entries above 0, a key of 4 bytes for arrays, none for queues, stacks and ring buffers, and for a"
        " ring buffer a power of 2 of at least 4096 as max_entries.",
        "struct {\n\t__uint(type, BPF_MAP_TYPE_HASH);\n\t__uint(max_entries, 1024);\n\t__type(key, u32);\n"
        '\t__type(value, u64);\n} counts SEC(".maps");',
    ),
    Cause(
        "hook-missing",
        (r"failed to find kernel BTF type ID of",),
        "This kernel has no such function or tracepoint: kernels rename functions, the compiler inlines them, and"
        " those of modules are there only while the module is loaded.",
        "See what it has: grep NAME /proc/kallsyms, or ls /sys/kernel/tracing/events. A program that is not needed"
        ' everywhere is marked with a question mark: SEC("?fentry/NAME").',
        lacks=True,
    ),
    Cause(
        "kfunc-missing",
        (r"extern \(func ksym\) .*(?:not found|not resolved)",),
        "This kernel has no such function for programs.",
        "Declare it weak, and ask first whether it is there.",
        "extern int bpf_example(void *) __ksym __weak;\n\nif (bpf_ksym_exists(bpf_example))\n\tbpf_example(ctx);",
        lacks=True,
    ),
    Cause(
        "symbol-missing",
        (r"extern \(var ksym\) .*(?:not found|not resolved)", r"extern .*ksym.*incompatible"),
        "This kernel has no such variable.",
        "Declare it weak, and ask whether its address is 0.",
        "extern const int example __ksym __weak;",
        lacks=True,
    ),
    Cause(
        "option-missing",
        (r"extern '.*' \(strong\): not resolved", r"extern \(kcfg\)"),
        "This kernel was built without that option, or does not tell.",
        "Declare it weak: it is 0 then.",
        "extern int CONFIG_EXAMPLE __kconfig __weak;",
        lacks=True,
    ),
    Cause(
        "function-undefined",
        (r"failed to find BTF for extern", r"extern .*: not resolved", r"unsupported extern"),
        "A function or variable is declared, but nowhere defined.",
        "Define it in the program, or in a header as static; functions of the kernel need __ksym behind their"
        " declaration.",
    ),
    Cause(
        "relocation-unknown",
        (
            r"(?:bad|unexpected|unsupported|unrecognized|invalid) (?:\w+ )?relo",
            r"relo\S* .*(?:unexpected|unsupported|unrecognized|invalid)",
        ),
        "The program uses the address of something that has none in the kernel: a function in a table, a variable of a"
        " section that is no map.",
        "Take addresses of maps and global variables only; choose functions with switch.",
    ),
    Cause(
        "types-missing",
        (r"failed to find valid kernel BTF", r"vmlinux BTF is not found", r"Error loading vmlinux BTF"),
        "This kernel does not describe its types, and the program needs them.",
        "Load it on a kernel with CONFIG_DEBUG_INFO_BTF=y, or name a file of its types in BTF_FILE_PATH.",
        lacks=True,
    ),
)
NOT_PERMITTED = Cause(  # known by the error alone: the kernel says nothing
    "not-permitted",
    (),
    "A locked-down kernel, a container or a missing capability forbids this kind of program, even for root.",
    "Load it on a kernel that permits it, for example in a virtual machine; or hook something else.",
    lacks=True,
)
