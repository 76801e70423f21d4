"""The verifier's log: where it stopped and what it said is found in logs of old and new kernels, and in any text."""

from __future__ import annotations

from ebpfhub.client.output.text import columns
from ebpfhub.client.verifier.explanation import explain_log, explain_said
from ebpfhub.client.verifier.log import MAX_KEPT, MAX_WORDS, Quote, read_log
from ebpfhub.client.verifier.shown import facts_of, lines_of
from hypothesis import given
from hypothesis import strategies as st

LINUX_6_18 = """\
0: R1=ctx() R10=fp0
; u32 key = 1; @ demo.bpf.c:17
0: (63) *(u32 *)(r10 -4) = r1         ; R1=1 R10=fp0 fp-8=mmmm????
; u64 *count = bpf_map_lookup_elem(&counts, &key); @ demo.bpf.c:18
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)
; if (!count) @ demo.bpf.c:19
10: (55) if r0 != 0x0 goto pc+3 14: R0=1 R6=ringbuf_mem(ref_obj_id=2,sz=8) R10=fp0 refs=2
; *count += 1; @ demo.bpf.c:20
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
"""
LINUX_5_10 = """\
Unrecognized arg#0 type PTR
; int enter(void *ctx)
0: (b7) r1 = 1
; u64 *count = bpf_map_lookup_elem(&counts, &key);
6: (85) call bpf_map_lookup_elem#1
; *count += 1;
7: (79) r1 = *(u64 *)(r0 +0)
 R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""


def test_a_new_kernels_log_names_file_and_line() -> None:
    stop = read_log(LINUX_6_18)
    assert (stop.instruction, stop.code) == (7, "r1 = *(u64 *)(r0 +0)")
    assert stop.words == ("R0 invalid mem access 'map_value_or_null'",)
    assert stop.quote == Quote("*count += 1;", "demo.bpf.c", 20)
    assert stop.steps == (0, 6, 10, 7)


def test_an_old_kernels_log_quotes_the_line() -> None:
    stop = read_log(LINUX_5_10)
    assert (stop.instruction, stop.code) == (7, "r1 = *(u64 *)(r0 +0)")
    assert stop.quote == Quote("*count += 1;")
    assert stop.registers["R0"] == "map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)"
    found = explain_log(LINUX_5_10, program="enter", section="raw_tp/sys_enter", source=None)
    assert found.cause
    assert found.cause.name == "null-not-checked"
    assert found.message == "R0 invalid mem access 'map_value_or_null'"


def test_a_state_on_a_branch_is_no_part_of_the_instruction() -> None:
    stop = read_log("\n".join(LINUX_6_18.splitlines()[:7]))
    assert stop.code == "if r0 != 0x0 goto pc+3"
    assert stop.registers["R6"] == "ringbuf_mem(ref_obj_id=2,sz=8)"


def test_what_was_never_given_back_is_traced_to_where_it_was_taken() -> None:
    log = (
        "; a = take(); @ x.c:3\n4: (85) call bpf_ringbuf_reserve#131\n; return 0; @ x.c:9\n8: (95) exit\n"
        "Unreleased reference id=2 alloc_insn=4\nBPF_EXIT instruction in main prog would lead to reference leak\n"
    )
    stop = read_log(log)
    assert (stop.instruction, stop.taken, stop.taken_quote) == (8, 4, Quote("a = take();", "x.c", 3))


def test_the_instruction_that_the_words_name_is_taken() -> None:
    log = "2: (61) r2 = *(u32 *)(r1 +0)\n5: (05) goto pc-4\ninfinite loop detected at insn 2\ncur state: R1=0 R2=0\n"
    stop = read_log(log)
    assert (stop.instruction, stop.code) == (2, "r2 = *(u32 *)(r1 +0)")
    assert stop.words == ("infinite loop detected at insn 2",)


def test_a_long_log_is_read_from_its_end() -> None:
    turns = "".join(f"{number % 9}: (07) r1 += 1   ; R1={number}\n" for number in range(100_000))
    stop = read_log(turns + "BPF program is too large. Processed 1000001 insn\n")
    assert stop.registers["R1"] == "99999"
    assert len(stop.lines) == MAX_KEPT


@given(st.text())
def test_any_text_is_read_and_shown(text: str) -> None:
    for log in (text, f"0: (95) exit\n{text}", f"; {text} @ x.c:1\n1: (07) {text}\n{text * 20}", LINUX_6_18 + text):
        stop = read_log(log)
        assert len(stop.words) <= MAX_WORDS
        found = explain_log(log, program=text, section=text, source=None)
        facts_of(found)
        for line in lines_of(found):
            assert line.isprintable()
            assert columns(line) <= 82
        explain_said(log.splitlines(), source=None)
