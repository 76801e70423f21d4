"""Metrics: what @metric says of events and looked-at maps, checked against their fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.source.comments import read_comments
from ebpfhub.client.builder.source.field_names import fields_of_view
from ebpfhub.client.builder.source.usage import find_usage
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.program import MapView, Metric

HEADER = "struct event { int pid; __u64 delta_ns; char comm[16]; struct { __u32 port; } to; __u64 kstack[8]; };\n"
SOURCE = """#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "demo.h"
struct hist { __u32 slots[26]; };
/// @metric {"name": "opens_total", "kind": "counter", "help": "Files opened", "labels": {"command": "comm"}}
/// @metric {"name": "open_seconds", "kind": "histogram", "value": "delta_ns", "labels": {"port": "to.port"}}
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
#define HASH(K, V) struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, K); __type(value, V); }
/// @metric {"name": "latency", "kind": "histogram", "labels": {"cpu": "key"}}
/// @sample {"type": "log2_hist"}
HASH(__u32, struct hist) hists SEC(".maps");
/// @sample {}
/// @metric {"name": "bytes", "kind": "gauge", "value": "value"}
HASH(__u32, __u64) counts SEC(".maps");
HASH(__u32, __u64) plain SEC(".maps");
SEC("raw_tp/sys_enter")
int enter(void *context) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="module")
def built(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltPackage:
    """A program with events and looked-at maps."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "demo.bpf.c").write_text(SOURCE)
    (folder / "demo.h").write_text(HEADER)
    return build_project(folder, cache=cache)


def _metrics(built: BuiltPackage, *said: str, name: str = "events", sample: str = "") -> tuple[Metric, ...]:
    """What other comments before one of the maps would have made of it."""
    lines = "".join(f"/// @metric {item}\n" for item in said) + sample
    docs = read_comments(f'\n{lines}struct {{ __uint(type, 1); }} {name} SEC(".maps");\n', file="x.c")
    return find_usage(built.facts, docs, read_comments(HEADER, file="demo.h")).usage.metrics


def test_metrics_repeat_and_have_fields_of_events_keys_and_values(built: BuiltPackage) -> None:
    assert built.config.usage.metrics == (
        Metric("opens_total", "counter", "Files opened", "events", "", (("command", "comm"),)),
        Metric("open_seconds", "histogram", "", "events", "delta_ns", (("port", "to.port"),)),
        Metric("latency", "histogram", "", "hists", "", (("cpu", "key"),)),
        Metric("bytes", "gauge", "", "counts", "value"),
    )
    assert built.notices == ()
    assert PackageConfig.parse(built.config.to_json()) == built.config


@pytest.mark.parametrize(
    "said",
    ["", "{", "{}", '{"name": "a"}', '{"name": "a-b", "kind": "gauge"}', '{"name": "1a", "kind": "gauge"}',
     '{"name": "a", "kind": "summary"}', '{"name": "a", "kind": "histogram"}', '{"name": "a", "kind": "gauge", "x": 1}',
     '{"name": "a", "kind": "gauge", "labels": ["pid"]}', '{"name": "a", "kind": "gauge", "labels": {"__x": "pid"}}',
     '{"name": "a", "kind": "gauge", "labels": {"a-b": "pid"}}', '{"name": "a", "kind": "gauge", "value": "comm"}',
     '{"name": "a", "kind": "gauge", "labels": {"stack": "kstack"}}',
     '{"name": "a", "kind": "histogram", "value": "pid", "labels": {"le": "pid"}}',
     '{"name": "ebpfhub_events", "kind": "counter"}'],
)  # fmt: skip
def test_metric_that_is_not_right_is_refused_with_its_line(said: str, built: BuiltPackage) -> None:
    with pytest.raises(BadInput) as caught:
        _metrics(built, said)
    assert caught.value.where.startswith("x.c:2: @metric")


def test_field_that_is_not_there_is_refused_with_those_like_it(built: BuiltPackage) -> None:
    with pytest.raises(BadInput, match="no field 'delta'") as caught:
        _metrics(built, '{"name": "a", "kind": "gauge", "value": "delta"}')
    assert "delta_ns" in caught.value.todo
    with pytest.raises(BadInput, match="no field 'port'") as caught:
        _metrics(built, '{"name": "a", "kind": "gauge", "labels": {"p": "port"}}')
    assert "to.port" in caught.value.todo


def test_map_without_events_and_view_has_no_metrics(built: BuiltPackage) -> None:
    with pytest.raises(BadInput, match="plain has no events, and is not looked at") as caught:
        _metrics(built, '{"name": "a", "kind": "gauge"}', name="plain")
    assert "@sample" in caught.value.todo
    said = '{"name": "a", "kind": "gauge", "value": "value"}'
    assert _metrics(built, said, name="plain", sample="/// @sample {}\n")[0].value == "value"


def test_histogram_of_a_map_needs_slots(built: BuiltPackage) -> None:
    said = '{"name": "a", "kind": "histogram", "value": "value"}'
    with pytest.raises(BadInput, match="looked at as a table"):
        _metrics(built, said, name="counts", sample="/// @sample {}\n")
    slots = '{"name": "a", "kind": "histogram", "value": "slots"}'
    assert _metrics(built, slots, name="hists", sample='/// @sample {"type": "log2_hist"}\n')[0].value == ""


def test_fields_that_keys_and_values_share_are_told_apart() -> None:
    kind = CType("struct", 4, "pair", members=(Member("pid", 0, CType("integer", 4)),))
    assert set(fields_of_view(MapView("m", "table", kind, kind))) == {"key.pid", "value.pid"}
    assert set(fields_of_view(MapView("m", "table", kind, CType("integer", 8)))) == {"pid", "value"}


def test_metrics_whose_samples_would_have_one_name_are_refused(built: BuiltPackage) -> None:
    for first, second in (("a", "a"), ("a_total", "a"), ("a", "a_total")):
        with pytest.raises(BadInput, match=r"mixed up with the metric of x\.c:2"):
            _metrics(built, f'{{"name": "{first}", "kind": "counter"}}', f'{{"name": "{second}", "kind": "counter"}}')
    with pytest.raises(BadInput, match="mixed up"):
        _metrics(
            built, '{"name": "a", "kind": "histogram", "value": "pid"}', '{"name": "a_count", "kind": "gauge"}'
        )  # fmt: skip
