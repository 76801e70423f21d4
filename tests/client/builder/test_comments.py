"""Doc comments: eunomia's annotations and doxygen's, found by name without a C parser."""

from __future__ import annotations

import contextlib

import pytest
from ebpfhub.client.builder.comments import read_comments
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st


def test_description_and_argument_before_a_variable() -> None:
    text = """
/// @description "Process ID to trace"
/// @cmdarg {"default": 0, "short": "p", "long": "pid", "help": "only this process"}
const volatile pid_t target_pid = 0;
"""
    doc = read_comments(text, file="x.c").of("target_pid")
    assert doc.help == '"Process ID to trace"'
    assert doc.argument is not None
    assert (doc.argument.default, doc.argument.short, doc.argument.long) == (0, "p", "pid")
    assert doc.argument.help == "only this process"


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        ("const volatile int a = 0;", "a"),
        ("const volatile char prefix[16] = {};", "prefix"),
        ('struct { __uint(type, 1); } events SEC(".maps");', "events"),
        ('char LICENSE[] SEC("license") = "GPL";', "LICENSE"),
        ('int x __attribute__((section("y"))) = 1;', "x"),
        ("__u64 counters[MAX] __hidden;", "counters"),
        ("struct point origin = { .x = 1, };", "origin"),
        ('SEC("kprobe/x") int BPF_KPROBE(on_x, int fd) { return fd; }', "on_x"),
        ('SEC("tp/x")\nint on_tp(struct ctx *ctx)\n{ if (1) { return 0; } return 1; }', "on_tp"),
        ("static __always_inline int inner(void) { return 0; }", "inner"),
        ("unsigned long long value;", "value"),
    ],
)
def test_comment_belongs_to_the_name_behind_it(declaration: str, name: str) -> None:
    docs = read_comments(f"int before;\n/// what it is\n{declaration}\nint after;\n", file="x.c")
    assert docs.of(name).description == "what it is"
    assert docs.of("before").description == docs.of("after").description == ""


def test_plain_comments_strings_and_macros_are_no_docs() -> None:
    text = r"""
// not a doc
/* nor this */
int a;
//// nor this
int b;
/***** nor this *****/
int c;
#define TEXT "/// no" /* a macro
   over lines */ 1
const char *s = "/** no */ \" /// no";
/** yes */ int d;
"""
    docs = read_comments(text, file="x.c")
    assert {name: docs.of(name).description for name in "abcd"} == {"a": "", "b": "", "c": "", "d": "yes"}


def test_block_comment_of_several_lines_with_commands() -> None:
    text = """
/**
 * @brief Traces opens
 * and more
 * @details Long
 * @version 1.2.3
 * @sample {"interval": 1000}
 */
char LICENSE[] SEC("license") = "GPL";
"""
    doc = read_comments(text, file="x.c").of("LICENSE")
    assert (doc.brief, doc.details, doc.version) == ("Traces opens and more", "Long", "1.2.3")
    assert doc.unsupported == ("sample",)
    assert doc.where == "x.c:2"


def test_struct_members_have_docs_before_or_behind_them() -> None:
    text = """
/** An event */
struct event {
	/** the process */
	int pid;
	char comm[16]; ///< its name
	unsigned int flags; /**< open flags */
	int plain;
};
"""
    (found,) = read_comments(text, file="x.h").structs
    assert found.doc.description == "An event"
    assert {name: doc.description for name, doc in found.members.items()} == {
        "pid": "the process", "comm": "its name", "flags": "open flags",
    }  # fmt: skip


def test_event_annotation_names_a_struct() -> None:
    text = '/// @event struct thing\nstruct { __uint(type, 27); } out SEC(".maps");\n'
    assert read_comments(text, file="x.c").of("out").event == "thing"


@pytest.mark.parametrize(
    "argument", ["", "{", '{"log": 1}', '{"short": "pp"}', '{"short": "-"}', '{"long": "a b"}', '{"default": []}', "[]"]
)
def test_broken_argument_is_refused_with_its_line(argument: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_comments(f"int a;\n/// @cmdarg {argument}\nconst volatile int x;\n", file="x.c")
    assert caught.value.where.startswith("x.c:2")


@given(st.text(alphabet=st.sampled_from("/*\"'\\{}()[];=#@<\n abint_.,struct"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        read_comments(text, file="x.c")
