"""What a program's own calls send: found in plain C, and never guessed where it is hidden."""

from __future__ import annotations

import contextlib

import pytest
from ebpfhub.client.builder.source.sent_records import sent_records
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st


def _sent(body: str) -> dict[str, tuple[str, ...]]:
    return dict(sent_records(f'SEC("x")\nint on(void *ctx)\n{{\n{body}\n}}\n', file="x.c"))


@pytest.mark.parametrize(
    "body",
    [
        "struct event *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0);",
        "struct event *e; e = bpf_ringbuf_reserve(&rb, sizeof(struct event), 0);",
        "void *e = bpf_ringbuf_reserve(&rb, sizeof(struct event), 0);",
        "struct event e = {}; bpf_ringbuf_output(&rb, &e, sizeof(e), 0);",
        "const struct event *e = f(1, (2)); bpf_ringbuf_output(&rb, e, 40, 0);",
        "struct event e = {}; bpf_perf_event_output(ctx, &rb, BPF_F_CURRENT_CPU, &e, sizeof(e));",
        "struct event e; if (1) { bpf_perf_event_output(ctx, &rb, f(a, b), &e, OFFSET + sizeof(e)); }",
        "struct event e; bpf_skb_output(skb, &rb, 0, &e, sizeof(e)); bpf_xdp_output(xdp, &rb, 0, &e, sizeof(e));",
    ],
)
def test_calls_tell_the_struct_of_a_map(body: str) -> None:
    assert _sent(body) == {"rb": ("event",)}


@pytest.mark.parametrize(
    "body",
    [
        "char text[8]; bpf_ringbuf_output(&rb, text, sizeof(text), 0);",
        "struct event *e = bpf_ringbuf_reserve(map, SIZE, 0);",
        "struct event e; bpf_ringbuf_output(choose(&rb), &e, sizeof(e), 0);",
        "event_t *e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0);",
        "submit_buf(ctx, e, sizeof(*e));",
        "struct event *e; bpf_ringbuf_reserve",
        "struct event e; bpf_ringbuf_output(&rb, &e",
    ],
)
def test_what_is_hidden_is_not_guessed(body: str) -> None:
    assert _sent(body) == {}


def test_parameters_and_variables_of_the_file_count_too() -> None:
    text = """
struct event last;
static void send(struct other *o) { bpf_ringbuf_output(&b, o, 4, 0); bpf_ringbuf_output(&a, &last, 4, 0); }
"""
    assert sent_records(text, file="x.c") == {"b": ("other",), "a": ("event",)}


def test_several_structs_stay_in_their_order() -> None:
    assert _sent(
        "struct b *b = bpf_ringbuf_reserve(&rb, sizeof(*b), 0); struct a *a = bpf_ringbuf_reserve(&rb, sizeof(*a), 0);"
        "bpf_ringbuf_output(&rb, b, sizeof(*b), 0);"
    ) == {"rb": ("b", "a")}


def test_an_iterator_s_record_is_its_function_s() -> None:
    text = 'SEC("iter/task")\nint BPF_PROG(dump) { struct entry e; bpf_seq_write(seq, &e, sizeof(e)); return 0; }'
    assert sent_records(text, file="x.c") == {"dump": ("entry",)}


def test_comments_and_strings_send_nothing() -> None:
    assert (
        _sent('struct e *e; /* bpf_ringbuf_reserve(&rb, sizeof(*e), 0) */ f("bpf_ringbuf_reserve(&rb, sizeof(*e))");')
        == {}
    )


@given(st.lists(st.sampled_from(
    ["bpf_ringbuf_output", "(", ")", "&", "rb", ",", "sizeof", "*", "struct", "e", "{", "}", ";", "=", "[", "]", "\n", '"']
), max_size=60))  # fmt: skip
def test_any_text_is_read_or_refused(words: list[str]) -> None:
    with contextlib.suppress(BadInput):
        sent_records(" ".join(words), file="x.c")
