"""Causes of rejections about what is called: helpers, kfuncs and functions, what they take, and who may call them."""

from __future__ import annotations

from .cause import Cause

CALL_CAUSES = (
    Cause(
        "field-missing",
        (r"CO-RE relocation", r"unknown#195896080"),
        "A field, type or enum value that the program reads is not in this kernel's types: kernels rename and remove"
        " them.",
        "Ask first whether it is there; the verifier then leaves out the way that this kernel does not need.",
        "if (bpf_core_field_exists(task->__state))\n\tstate = BPF_CORE_READ(task, __state);\nelse\n"
        "\tstate = BPF_CORE_READ((struct task_struct___old *)task, state);",
        lacks=True,
    ),
    Cause(
        "licence",
        (r"GPL-restricted", r"GPL[- ]compatible", r"non-GPL"),
        "This helper or function is for programs under a licence compatible with the GPL only, and the object names"
        " another one or none.",
        "If your licence allows it, name a compatible one: GPL, GPL v2, Dual BSD/GPL or Dual MIT/GPL.",
        'char LICENSE[] SEC("license") = "Dual BSD/GPL";',
    ),
    Cause(
        "helper-not-here",
        (r"program of this type cannot use helper", r"helper call is not allowed in probe"),
        "Programs of this kind cannot call this helper: bpf-helpers(7) says who can.",
        "Hook something else that can (the section decides), or use another helper: for user memory, sockets and"
        " packets there are several.",
    ),
    Cause(
        "helper-unknown",
        (r"invalid func unknown#\d+", r"unknown func \w+#\d+"),
        "This kernel has no such helper, or not for programs of this kind.",
        "Use an older helper, or ask first: bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_…).",
        lacks=True,
    ),
    Cause(
        "kfunc-not-here",
        (r"calling kernel function \S+ is not allowed", r"kernel function \S+ is not allowed"),
        "Programs of this kind cannot call this function of the kernel.",
        "Hook something else that can (the section decides), or use a helper.",
    ),
    Cause(
        "may-sleep",
        (r"might sleep in (?:a )?non-sleepable", r"is sleepable within", r"sleepable .* non-sleepable"),
        "This call may wait, for example until memory of a process was read from disk, and the program must not.",
        "Put .s into the section's name where the kernel allows it (fentry.s, lsm.s, uprobe.s, iter.s), or use what"
        " does not wait: bpf_probe_read_user().",
        'SEC("uprobe.s//bin/bash:readline")',
    ),
    Cause(
        "map-kind",
        (r"cannot pass map_type \d+ into func", r"map_type \d+ .* func"),
        "This helper is for maps of another type.",
        "Declare the map with the type that the helper needs: bpf_ringbuf_… takes BPF_MAP_TYPE_RINGBUF,"
        " bpf_perf_event_output BPF_MAP_TYPE_PERF_EVENT_ARRAY, bpf_map_push_elem queues and stacks.",
    ),
    Cause(
        "dynptr-misused",
        (r"dynptr",),
        "A dynptr is used before it was made, made twice, or touched directly.",
        "Make it once with bpf_dynptr_from_mem() or bpf_ringbuf_reserve_dynptr(), use it through its helpers only, and"
        " give a reserved one back with bpf_ringbuf_submit_dynptr().",
        "struct bpf_dynptr room;\n\nbpf_dynptr_from_mem(buffer, sizeof(buffer), 0, &room);\n"
        "bpf_dynptr_read(&value, sizeof(value), &room, 0, 0);",
    ),
    Cause(
        "iterator-misused",
        (r"initialized iter_", r"iter_\w+ .* (?:expected|state)", r"expected .*iter"),
        "An iterator is used before it was made, made twice, or after it was destroyed.",
        "Call _new once, _next until it gives NULL, and _destroy at the end, on every way.",
        "bpf_iter_num_new(&it, 0, 100);\nwhile ((number = bpf_iter_num_next(&it)))\n\t…\nbpf_iter_num_destroy(&it);",
    ),
    Cause(
        "function-argument",
        (r"Caller passes invalid args into func", r"func#\d+ .* args"),
        "A function that is not static is checked on its own, for all that could be passed; what is passed here does"
        " not fit its arguments.",
        "Make it static, so that it is checked where it is called; or pass a pointer to memory of the program, not an"
        " address that was read.",
        "static __noinline int look(struct item *item)",
    ),
    Cause(
        "argument-kind",
        (
            r"R\d+ type=\S+ expected=",
            r"arg ?#?\d+ (?:is|must|expected|pointer)",
            r"expected pointer to",
            r"Unsupported reg type",
        ),
        "What is passed is not what this function takes: a number in place of a pointer, or a pointer to something"
        " else.",
        "Pass the address of a variable, a map, or what a lookup gave: the message says what it takes, fp being the"
        " stack.",
        "u32 key = 5;\n\nvalue = bpf_map_lookup_elem(&counts, &key);",
    ),
)
