"""Doc comments: eunomia's annotations and doxygen's, found by name without a C parser."""

from __future__ import annotations

import contextlib

import pytest
from ebpfhub.client.builder.source.comments import read_comments
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
    assert doc.help == "Process ID to trace"
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
 * @export_config "default"
 */
char LICENSE[] SEC("license") = "GPL";
"""
    doc = read_comments(text, file="x.c").of("LICENSE")
    assert (doc.brief, doc.details, doc.version) == ("Traces opens and more", "Long", "1.2.3")
    assert doc.unsupported == ("export_config",)
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


def test_all_of_eunomia_s_commands_are_read_from_their_places() -> None:
    text = """
/// @sample {"interval": 1000, "type" : "log2_hist"}
struct { __uint(type, BPF_MAP_TYPE_HASH); } hists SEC(".maps");
/// @intepreter {"stack_trace": {}}
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); } events SEC(".maps");
/// @ifindex 1
/// @flags 0
/// @xdpopts {"old_prog_fd":0}
SEC("xdp")
int xdp_pass(struct xdp_md* ctx) { return 2; }
/// @tchook {"ifindex":1, "attach_point":"BPF_TC_INGRESS"}
/// @tcopts {"handle":1, "priority":1}
SEC("tc")
int tc_ingress(struct __sk_buff* ctx) { return 0; }
"""
    docs = read_comments(text, file="x.c")
    found = {name: [(item.name, item.where) for item in doc.commands] for name, doc in docs.names.items()}
    assert found == {
        "hists": [("sample", "x.c:2")],
        "events": [("intepreter", "x.c:4")],
        "xdp_pass": [("ifindex", "x.c:6"), ("flags", "x.c:7"), ("xdpopts", "x.c:8")],
        "tc_ingress": [("tchook", "x.c:11"), ("tcopts", "x.c:12")],
    }
    assert [item.json() for item in docs.of("xdp_pass").commands] == [1, 0, {"old_prog_fd": 0}]
    assert docs.of("hists").help == ""


def test_comment_behind_the_section_belongs_to_the_function_too() -> None:
    text = 'SEC("xdp")\n/// @ifindex 1\nint drop(struct xdp_md *ctx) { return 1; }\n'
    assert read_comments(text, file="x.c").of("drop").last("ifindex") is not None


def test_commands_with_values_may_follow_in_one_line_and_in_any_order() -> None:
    text = """
/** Flags of open(2), to me@example.com "see @flags" @show open-flags */
int a;
/// @brief Short
/// @sample {"interval":
///   20} and more
/// @details Long
int b;
"""
    docs = read_comments(text, file="x.c")
    assert docs.of("a").description == 'Flags of open(2), to me@example.com "see @flags"'
    assert [item.value for item in docs.of("a").commands] == ["open-flags"]
    (sample,) = docs.of("b").commands
    assert sample.value == '{"interval": 20} and more'
    assert (docs.of("b").brief, docs.of("b").details) == ("Short", "Long")


def test_text_below_a_finished_value_is_the_description() -> None:
    text = '/// @cmdarg {"short": "p"}\n/// Only this process\n///\n/// and no other\nint a;\n'
    doc = read_comments(text, file="x.c").of("a")
    assert doc.help == "Only this process and no other"
    assert doc.argument is not None
    assert doc.argument.short == "p"


def test_commands_that_repeat_are_all_there() -> None:
    text = '/// @metric {"name": "a"}\n/// @metric {"name": "b"}\nint a;\n'
    doc = read_comments(text, file="x.c").of("a")
    assert [item.fields("name").text("name", limit=9) for item in doc.all("metric")] == ["a", "b"]


def test_members_of_unnamed_structs_inside_have_docs() -> None:
    text = "struct event { union { /** old */ int v4; struct { /// @show hex\n int v6; }; }; struct { int x; } in; };"
    (found,) = read_comments(text, file="x.h").structs
    assert found.members["v4"].description == "old"
    assert found.members["v6"].last("show") is not None
    assert "x" not in found.members


def test_unknown_way_to_show_is_refused_with_the_ways_there_are() -> None:
    with pytest.raises(BadInput, match="'colour' is no way to show") as caught:
        read_comments("struct event {\n/// @show colour\nint a; };\n", file="x.h")
    assert caught.value.where == "x.h:2: @show"
    assert "open-flags" in caught.value.todo


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


@given(st.lists(st.sampled_from(
    ["/// ", "/** ", " */", "\n", "@sample ", "@show hex", "@description ", "@brief", '{"a": ', "}", '"', "\\", "[1", "text "]
), max_size=40))  # fmt: skip
def test_any_commands_are_read_or_refused(parts: list[str]) -> None:
    with contextlib.suppress(BadInput):
        docs = read_comments("".join(parts) + "\nint a;\nint b;\n", file="x.c")
        for doc in docs.names.values():
            assert all(item.where.startswith("x.c:") for item in doc.commands)
