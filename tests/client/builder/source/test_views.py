"""Maps to look at: @sample as eunomia has it, with the map's own types."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.source.comments import NO_DOCS, read_comments
from ebpfhub.client.builder.source.usage import find_usage
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.program import MapView

SOURCE = """#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct who { __u32 pid; char comm[16]; };
struct hist {
	/// How often
	__u32 slots[26];
	__u64 total_ns;
};
#define HASH(K, V) struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, K); __type(value, V); }
/// @sample {"interval": 500, "type": "log2_hist", "unit": "us", "clear_map": true}
HASH(struct who, struct hist) hists SEC(".maps");
/// @sample {"type": "linear_hist", "step": 10, "base": -5}
HASH(__u32, __u64) slots SEC(".maps");
/// @sample {"interval": 1000}
HASH(struct who, __u64) counts SEC(".maps");
HASH(struct who, __u64) plain SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __uint(key_size, 4); __uint(value_size, 4); }
	bare SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
SEC("raw_tp/sys_enter")
int enter(void *context) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="module")
def built(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltPackage:
    """A program with maps of many kinds, some of them looked at."""
    folder = tmp_path_factory.mktemp("views")
    (folder / "demo.bpf.c").write_text(SOURCE)
    return build_project(folder, cache=cache)


def _views(built: BuiltPackage, said: str, name: str) -> tuple[MapView, ...]:
    """What another comment before one of the maps would have made of it."""
    text = f'\n/// @sample {said}\nstruct {{ __uint(type, 1); }} {name} SEC(".maps");\n'
    return find_usage(built.facts, read_comments(text, file="x.c"), NO_DOCS).usage.views


def test_maps_with_a_sample_are_looked_at_and_others_are_not(built: BuiltPackage) -> None:
    views = {item.map: item for item in built.config.usage.views}
    assert {name: item.show for name, item in views.items()} == {"hists": "log2", "slots": "linear", "counts": "table"}
    hists = views["hists"]
    assert (hists.interval, hists.unit, hists.clear) == (500, "us", True)
    assert [member.name for member in hists.key.members] == ["pid", "comm"]
    assert [(member.name, member.help, member.show) for member in hists.value.members] == [
        ("slots", "How often", ""), ("total_ns", "", "duration"),
    ]  # fmt: skip
    assert (views["slots"].step, views["slots"].base, views["slots"].key.size) == (10, -5, 4)
    assert views["counts"].interval == 1000
    assert not [notice for notice in built.notices if "@sample" in notice]
    assert PackageConfig.parse(built.config.to_json()) == built.config


def test_object_without_its_source_has_no_views(built: BuiltPackage) -> None:
    assert find_usage(built.facts, NO_DOCS, NO_DOCS).usage.views == ()


@pytest.mark.parametrize(
    "said",
    ["", "{", '{"interval": 0}', '{"interval": "1000"}', '{"type": "hist"}', '{"unit": 7}', '{"intervall": 1}', "[]",
     '{"clear_map": 1}', '{"type": "linear_hist", "step": 0}', '{"type": "log2_hist", "step": 2}'],
)  # fmt: skip
def test_sample_that_is_not_right_is_refused_with_its_line(said: str, built: BuiltPackage) -> None:
    with pytest.raises(BadInput) as caught:
        _views(built, said, "slots")
    assert caught.value.where.startswith("x.c:2: @sample")


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("ring", "{}", "type ringbuf, which cannot be looked at"),
        ("bare", "{}", "are not known"),
        ("counts", '{"type": "log2_hist"}', "no slots"),
    ],
)
def test_map_that_cannot_be_shown_so_is_refused(name: str, said: str, words: str, built: BuiltPackage) -> None:
    with pytest.raises(BadInput, match=words):
        _views(built, said, name)


def test_sample_before_something_that_is_no_map_is_a_notice(built: BuiltPackage) -> None:
    docs = read_comments("/// @sample {}\nint enter(void *context) { return 0; }\n", file="x.c")
    assert find_usage(built.facts, docs, NO_DOCS).notices[-1] == "x.c:1: @sample before enter has no effect"
