"""Attach points: every program's section, and the author's defaults in eunomia's words or ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.source.comments import NO_DOCS, read_comments
from ebpfhub.client.builder.source.usage import FoundUsage, find_usage
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig

SOURCE = """#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
/// @ifindex 1
/// @flags 2
/// @xdpopts {"old_prog_fd":0}
SEC("xdp")
int pass(struct xdp_md *ctx) { return XDP_PASS; }

/// @tchook {"ifindex":1, "attach_point":"BPF_TC_EGRESS"}
/// @tcopts {"handle":1, "priority":2}
SEC("tc")
int leaving(struct __sk_buff *ctx) { return 0; }

/// @attach {"frequency": "99"}
/// @attach {"pid": 7}
SEC("perf_event")
int sample(void *ctx) { return 0; }

SEC("raw_tp/sys_enter")
int enter(void *context) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="module")
def built(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltPackage:
    """Programs of four kinds."""
    folder = tmp_path_factory.mktemp("attach")
    (folder / "demo.bpf.c").write_text(SOURCE)
    return build_project(folder, cache=cache)


def _found(built: BuiltPackage, said: str, name: str = "pass") -> FoundUsage:
    """What other comments before one of the programs would have made of it."""
    docs = read_comments(f"\n/// {said}\nint {name}(void *ctx) {{ return 0; }}\n", file="x.c")
    return find_usage(built.facts, docs, NO_DOCS)


def _defaults(found: FoundUsage, name: str = "pass") -> dict[str, str]:
    return next(dict(item.defaults) for item in found.usage.attach if item.program == name)


def test_every_program_has_its_section_and_defaults(built: BuiltPackage) -> None:
    assert {item.program: (item.section, dict(item.defaults)) for item in built.config.usage.attach} == {
        "pass": ("xdp", {"interface": "1", "mode": "generic"}),
        "leaving": ("tc", {"interface": "1", "direction": "egress", "handle": "1", "priority": "2"}),
        "sample": ("perf_event", {"frequency": "99", "pid": "7"}),
        "enter": ("raw_tp/sys_enter", {}),
    }
    assert built.notices == ()
    assert PackageConfig.parse(built.config.to_json()) == built.config


def test_object_without_its_source_has_its_sections(built: BuiltPackage) -> None:
    found = find_usage(built.facts, NO_DOCS, NO_DOCS).usage.attach
    assert {item.section for item in found} == {"xdp", "tc", "perf_event", "raw_tp/sys_enter"}
    assert not any(item.defaults for item in found)


def test_our_word_goes_before_eunomia_s(built: BuiltPackage) -> None:
    said = '@attach {"interface": "lo"}\n/// @ifindex 3\n/// @flags 5'
    assert _defaults(_found(built, said)) == {"interface": "lo", "mode": "native"}


def test_words_of_another_kind_of_program_are_a_notice(built: BuiltPackage) -> None:
    found = _found(built, '@tchook {"ifindex": 1}')
    assert _defaults(found) == {}
    assert found.notices == ("x.c:2: @tchook has no effect: pass is not tc",)


@pytest.mark.parametrize(
    "said",
    ["@ifindex", "@ifindex lo", "@ifindex 0", "@ifindex true", "@flags 6", "@flags 8", '@xdpopts {"old_prog_fd": 5}',
     '@attach {"interfaces": "lo"}', '@attach {"interface": ""}', '@attach {"interface": "a/b"}', "@attach {",
     '@attach {"mode": "fast"}', '@attach {"interface": ["lo"]}', '@attach {"interface": true}'],
)  # fmt: skip
def test_default_that_is_not_right_is_refused_with_its_line(said: str, built: BuiltPackage) -> None:
    with pytest.raises(BadInput) as caught:
        _found(built, said)
    assert caught.value.where.startswith(f"x.c:2: {said.split(maxsplit=1)[0]}")


@pytest.mark.parametrize(
    "said",
    ['@tchook {"ifindex": "lo"}', '@tchook {"attach_point": "BPF_TC_CUSTOM"}', '@tcopts {"priority": 65536}',
     '@attach {"direction": "BPF_TC_INGRESS"}', '@attach {"priority": -1}'],
)  # fmt: skip
def test_default_of_a_filter_that_is_not_right_is_refused(said: str, built: BuiltPackage) -> None:
    with pytest.raises(BadInput):
        _found(built, said, "leaving")


def test_default_that_the_section_cannot_take_is_refused_with_what_it_can(built: BuiltPackage) -> None:
    with pytest.raises(BadInput, match="cannot take 'frequency'; what it can take: interface, mode"):
        _found(built, '@attach {"frequency": "99"}')
    with pytest.raises(BadInput, match="it leaves nothing open"):
        _found(built, '@attach {"symbol": "x"}', "enter")
