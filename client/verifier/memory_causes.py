"""Causes of rejections about memory and pointers: what is read or written where, and whether it may be."""

from __future__ import annotations

from .cause import Cause

_PACKETS = r"^(?:xdp|tc|tcx|classifier|action|lwt|sk_skb|netfilter|flow_dissector|cgroup_skb)"

MEMORY_CAUSES = (
    Cause(
        "null-not-checked",
        (r"'\w+_or_null'", r"type=\S*_or_null\S* expected=", r"arithmetic on \S+_or_null", r"Possibly NULL pointer"),
        "This pointer may be NULL: the key is not in the map, or there was no room. It is used before it is compared"
        " with NULL.",
        "Compare it right behind the call that gave it; the verifier follows the branch.",
        "u64 *count = bpf_map_lookup_elem(&counts, &key);\n\nif (!count)\n\treturn 0;\n*count += 1;",
    ),
    Cause(
        "packet-pointer-void",
        (r"invalid mem access '(?:scalar|inv)'",),
        "This is no pointer any more. A helper that may move the packet (bpf_xdp_adjust_head, bpf_skb_pull_data,"
        " bpf_skb_store_bytes and others) makes all pointers into it void; or an address is followed that was read"
        " from somewhere.",
        "Take data and data_end from the context again behind such a call, and compare again.",
        "data = (void *)(long)ctx->data;\ndata_end = (void *)(long)ctx->data_end;\n"
        "if (data + sizeof(*eth) > data_end)\n\treturn XDP_PASS;",
        section=_PACKETS,
    ),
    Cause(
        "address-followed",
        (r"invalid mem access '(?:scalar|inv)'",),
        "A number is followed as if it were a pointer. An address that was read from registers, arguments or memory"
        " may be anything, so a program must not follow it directly.",
        "Read it with BPF_CORE_READ(), which asks bpf_probe_read_kernel(); use bpf_probe_read_user() for memory of a"
        " process.",
        "struct pt_regs *regs = (void *)ctx->args[0];\nu64 ip = BPF_CORE_READ(regs, ip);",
    ),
    Cause(
        "size-unbounded",
        (
            r"unbounded memory access, use 'var &= const'",
            r"min value is negative, either use unsigned",
            r"zero-sized read",
        ),
        "The size that is given to this helper may be negative, zero or larger than the buffer, for all that the"
        " verifier knows.",
        "Keep it in an unsigned variable, and bring it into bounds right before the call.",
        "u32 size = length;\n\nif (size > sizeof(buffer))\n\tsize = sizeof(buffer);\n"
        "bpf_probe_read_kernel(buffer, size, from);",
    ),
    Cause(
        "index-unbounded",
        (
            r"unbounded memory access, make sure to bounds check",
            r"makes \w+ pointer be out of bounds",
            r"math between \S+ pointer and register with unbounded",
            r"min value is negative",
            r"max value is outside of the allowed memory range",
        ),
        "This index may lie outside of the array, for all that the verifier knows: it was not compared with the length,"
        " only from one side, or the compiler compares a copy of it.",
        "Make it unsigned, and bring it into bounds right before it is used: with &, where the length is a power of 2,"
        " or with if.",
        "u32 index = number;\n\nif (index >= sizeof(table))\n\treturn 0;\nvalue = table[index];",
    ),
    Cause(
        "beyond-the-value",
        (r"invalid access to map value", r"invalid access to memory", r"outside of the allowed memory range"),
        "This access reaches beyond what the pointer points to: the map's value is smaller than the struct that is"
        " read, or the size that is given is too large.",
        "Declare the map with the type that you read (__type(value, struct …)), and use sizeof of the same type.",
    ),
    Cause(
        "stack-not-initialized",
        (r"invalid (?:indirect )?read from stack (?:R\d+ )?off -?\d+\+\d+ size",),
        "Bytes of the stack are read that were never written: a field, or what the compiler leaves between fields."
        " Older kernels do not allow that.",
        "Set everything to zero where the variable is declared.",
        "struct key key = {};  /* or: __builtin_memset(&key, 0, sizeof(key)); */",
    ),
    Cause(
        "stack-index-unbounded",
        (r"variable[- ]offset", r"variable stack (?:access|read|write)"),
        "An array on the stack is indexed with a number that may lie outside of it, for all that the verifier knows.",
        "Bring the index into bounds right before; or keep the array in a map, where lengths are checked more kindly.",
        "room[index & (sizeof(room) - 1)] = 1;  /* its length is a power of 2 */",
    ),
    Cause(
        "beyond-the-stack",
        (r"invalid (?:indirect )?(?:read from|write to|access to) stack", r"invalid stack type"),
        "This access reaches beyond the variable on the stack: the size that is given is larger than the variable, or"
        " the stack's 512 bytes are used up.",
        "Give sizeof of the variable itself; keep what is large in a BPF_MAP_TYPE_PERCPU_ARRAY.",
        "bpf_probe_read_kernel(buffer, sizeof(buffer), from);",
    ),
    Cause(
        "packet-end-moved",
        (r"arithmetic on pkt_end", r"pkt_end\S* prohibited"),
        "data_end is changed. The verifier compares with data_end itself only.",
        "Move the sum to the other side: compare data plus a length with data_end.",
        "if (data + sizeof(struct ethhdr) > data_end)\n\treturn XDP_PASS;",
    ),
    Cause(
        "packet-not-checked",
        (r"invalid access to packet",),
        "The packet may end before what is read here: it was not compared with data_end, or only for a smaller header.",
        "Compare the end of each header with data_end before you read it.",
        "struct iphdr *ip = (void *)(eth + 1);\n\nif ((void *)(ip + 1) > data_end)\n\treturn XDP_PASS;",
    ),
    Cause(
        "context-moved",
        (r"dereference of modified ctx", r"variable ctx access"),
        "The pointer to the context was changed before it is read. Fields of the context have fixed places only.",
        "Read fields by their names; choose between them with if or switch, not by an index.",
        "u32 value = index ? ctx->cb[1] : ctx->cb[0];",
    ),
    Cause(
        "no-such-argument",
        (r"doesn't have \d+-th argument", r"has no \d+-th argument"),
        "The function or tracepoint that the program hooks has fewer arguments on this kernel than the program takes.",
        "Look up what it has here: bpftool btf dump file /sys/kernel/btf/vmlinux format c, and take only these.",
        lacks=True,
    ),
    Cause(
        "context-field",
        (r"invalid bpf_context access",),
        "This field of the context cannot be read or written so: it is not there for this kind of program, it is read"
        " with another size, or it is read-only.",
        "Read fields of the right struct (xdp_md for xdp, __sk_buff for tc …) by their names, whole; see bpf-helpers(7)"
        " for helpers that change what is read-only.",
    ),
    Cause(
        "read-only",
        (r"write into map forbidden", r"only read is supported", r"cannot write into", r"rdonly"),
        "This memory is read-only for programs: constants (const volatile), strings, maps made with BPF_F_RDONLY_PROG,"
        " structs of the kernel.",
        "Write to a variable of your own, a map, or a buffer on the stack; kernel structs are changed by helpers only.",
    ),
    Cause(
        "misaligned",
        (r"misaligned \S*\s*access",),
        "A number is read or written at an address that is not a multiple of its size, which is not allowed here"
        " (atomic additions, some processors).",
        "Order fields from the largest to the smallest without packed, or copy the bytes with __builtin_memcpy()"
        " first.",
    ),
    Cause(
        "atomic-target",
        (r"BPF_ATOMIC \w+ into R\d+ \S+ is not allowed",),
        "Atomic operations work on values of maps and on global variables only.",
        "Count in a map or a global variable.",
    ),
    Cause(
        "beyond-the-struct",
        (r"access beyond (?:the end of )?(?:struct|\w+)", r"beyond the end of"),
        "This read reaches beyond the kernel's struct.",
        "Read fields by their names; follow pointers to other memory with bpf_probe_read_kernel().",
    ),
    Cause(
        "pointer-leaked",
        (r"leaks addr", r"leak\w* (?:kernel )?pointer", r"pointer leak"),
        "An address of the kernel would get to where a program without CAP_PERFMON could read it.",
        "Keep the number that you need, not the pointer; or load it as root.",
    ),
    Cause(
        "pointer-arithmetic",
        (
            r"arithmetic with \S+ operator prohibited",
            r"(?:pointer arithmetic|bitwise operator|subtraction|comparison) .*prohibited",
            r"pointer subtraction",
            r"bit pointer arithmetic prohibited",
        ),
        "Pointers can be moved forward and back, and compared; everything else with them is not allowed.",
        "Do sums with numbers first, and add the result to the pointer once.",
    ),
)
