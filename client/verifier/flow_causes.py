"""Causes of rejections about the way through a program: loops, its size, locks, references, stack, what it returns."""

from __future__ import annotations

from .cause import Cause

FLOW_CAUSES = (
    Cause(
        "endless-loop",
        (r"infinite loop detected", r"back-edge from insn"),
        "This loop may never end, for all that the verifier knows. (Kernels before 5.3 allow no loops.)",
        "Give it an end that does not depend on data: a constant number of turns, and break before it.",
        "for (int i = 0; i < 64; i++) {\n\tif (!next)\n\t\tbreak;\n\t…\n}",
    ),
    Cause(
        "too-many-instructions",
        (
            r"BPF program is too large",
            r"too many (?:instructions|jumps)",
            r"jumps is too complex",
            r"processed 1000001",
        ),
        "The verifier walks every way through a program, and gave up after a million instructions: a loop has too many"
        " turns, or its end is unknown.",
        "Make loops shorter, or let bpf_loop() (Linux 5.17) call a function: the verifier looks at it once, however"
        " many turns there are.",
        "static long step(u32 index, void *context)\n{\n\t…\n\treturn 0;  /* 1 ends the loop */\n}\n\n"
        "bpf_loop(count, step, &context, 0);",
    ),
    Cause(
        "lock-not-given-back",
        (r"bpf_spin_lock-ed region", r"bpf_spin_unlock is missing", r"lock\w* .* not released"),
        "On this way the program ends, or leaves a function, while it holds a lock.",
        "Call bpf_spin_unlock() on every way, before return.",
    ),
    Cause(
        "call-under-lock",
        (
            r"calls? (?:are|is) not allowed (?:while holding a lock|inside bpf_spin_lock)",
            r"not allowed while holding a lock",
        ),
        "A helper or a function is called while a lock is held, which is not allowed.",
        "Call it before bpf_spin_lock(), keep the result in a variable, and only store it under the lock.",
        "u64 now = bpf_ktime_get_ns();\n\nbpf_spin_lock(&value->lock);\nvalue->last = now;\n"
        "bpf_spin_unlock(&value->lock);",
    ),
    Cause(
        "lock-in-tracing",
        (r"tracing progs cannot use bpf_(?:spin_lock|timer|\w+)", r"(?:socket filter|tracing) progs cannot use"),
        "Programs of this kind may run anywhere, even inside the kernel's own locks, so they must not take locks or set"
        " timers.",
        "Count with __sync_fetch_and_add(), or in a map with one value for each processor (BPF_MAP_TYPE_PERCPU_HASH).",
    ),
    Cause(
        "lock-touched",
        (r"cannot be accessed directly", r"bpf_\w+ cannot be (?:accessed|moved)", r"access to special field"),
        "A lock, timer or another special field of a map's value is read or written directly.",
        "Use the field through its helpers only; copy other fields one by one, not the whole struct.",
    ),
    Cause(
        "not-released",
        (r"Unreleased reference", r"reference leak", r"reference has not been released"),
        "On this way the program ends without giving back what it took: room in a ring buffer, a socket, a task, an"
        " iterator or a dynptr.",
        "Give it back on every way: bpf_ringbuf_submit() or _discard() after _reserve(), bpf_sk_release() after a"
        " lookup, _destroy() after _new(). After bpf_ringbuf_reserve_dynptr(), even where it failed.",
        "if (!wanted) {\n\tbpf_ringbuf_discard(event, 0);\n\treturn 0;\n}",
    ),
    Cause(
        "released-twice",
        (r"must be referenced when passed", r"reference has not been acquired", r"release (?:helper|function)"),
        "Something is given back that was not taken, or was given back before.",
        "Release exactly what the lookup or reservation gave, once.",
    ),
    Cause(
        "callback-result",
        (r"At callback return",),
        "A function that the kernel calls for a program (of bpf_loop, bpf_for_each_map_elem, a timer) returns a number"
        " that it must not.",
        "Return 0 to go on, and 1 to stop; from a timer 0.",
    ),
    Cause(
        "return-value",
        (r"register R0 has", r"should have been in", r"R0 leaks addr as return value"),
        "Programs of this kind may return certain numbers only; the message says which.",
        "Return one of them on every way; bring what you compute into these bounds.",
        "return allowed ? 1 : 0;",
    ),
    Cause(
        "result-missing",
        (r"^R0 !read_ok",),
        "The program ends without a result: the register that holds it, R0, was never set.",
        "Return a number on every way.",
        "return 0;",
        code=r"^exit",
    ),
    Cause(
        "register-not-set",
        (r"^R\d+ !read_ok", r"!read_ok"),
        "A register is read that was never set: a variable without a value, or one that a call made void (R1 to R5).",
        "Give every variable a value where it is declared; in assembly, say which registers are changed.",
        "u64 total = 0;",
    ),
    Cause(
        "stack-of-calls",
        (r"combined stack size", r"tail_calls are not allowed when call stack"),
        "Functions that call one another have 512 bytes of stack together (256 where one makes a tail call), each"
        " rounded up to 32.",
        "Keep large variables in a BPF_MAP_TYPE_PERCPU_ARRAY, or make the functions static __always_inline so that the"
        " compiler shares the room.",
    ),
    Cause(
        "calls-too-deep",
        (r"frames is too deep", r"recursive call", r"the call stack of"),
        "Functions call one another more than 8 deep, or themselves.",
        "Write a loop in place of recursion; make small functions static __always_inline.",
    ),
    Cause(
        "division-by-zero",
        (r"div by zero",),
        "A number is divided by the constant 0.",
        "Divide by something else; by a variable it is allowed (the result is 0 where that is 0).",
    ),
    Cause(
        "shift-too-far",
        (r"invalid shift",),
        "A number is shifted by more bits than it has.",
        "Shift by 0 to 63, or 0 to 31 for numbers of 32 bits.",
    ),
    Cause(
        "indirect-call",
        (r"unknown opcode 8d", r"BPF_CALL uses reserved fields"),
        "A function is called through a pointer, which BPF cannot.",
        "Call functions by their names: choose with if or switch; for programs there is bpf_tail_call().",
        "value = kind ? first(x) : second(x);",
    ),
    Cause(
        "unreachable-code",
        (r"unreachable insn", r"last insn is not an exit", r"jump out of range", r"jump to .* out of range"),
        "There are instructions that no way leads to, or the code ends without return: mostly of assembly, or of a"
        " function that the compiler believes never to return.",
        "Return from every function; do not leave out return after an endless loop or __builtin_unreachable().",
    ),
)
