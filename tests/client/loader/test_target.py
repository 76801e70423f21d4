"""What a section leaves open, read from its name alone."""

from __future__ import annotations

import pytest
from ebpfhub.client.loader.attach import complaint
from ebpfhub.client.loader.libbpf import BpfProgram
from ebpfhub.client.loader.target import NOWHERE, Target, open_targets
from ebpfhub.schemas.errors import Unsupported
from ebpfhub.schemas.program import TARGETS
from hypothesis import given
from hypothesis import strategies as st

KNOWN = "tp raw_tp kprobe uprobe uretprobe.s usdt xdp tc tcx sockops cgroup iter perf_event socket lsm_cgroup sk_msg"


def test_a_target_has_exactly_the_fields_of_a_config() -> None:
    assert Target._fields == TARGETS
    assert Target() == NOWHERE


@pytest.mark.parametrize(
    ("section", "needed", "more"),
    [
        ("tp/syscalls/sys_enter_openat", "", ""),
        ("tracepoint", "symbol", ""),
        ("raw_tp/sys_enter", "", ""),
        ("kprobe/do_unlinkat", "", ""),
        ("kprobe.multi", "symbol", ""),
        ("fentry/do_unlinkat", "", ""),
        ("lsm/file_open", "", ""),
        ("uprobe", "binary symbol", "pid"),
        ("uprobe/readline", "binary symbol", "pid"),
        ("uprobe//bin/bash", "symbol", "binary pid"),
        ("uretprobe//bin/bash:readline", "", "binary symbol pid"),
        ("usdt/libc.so.6:libc:setjmp", "", "binary symbol pid"),
        ("perf_event", "", "frequency pid"),
        ("xdp", "interface", "mode"),
        ("?xdp.frags", "interface", "mode"),
        ("xdp/devmap", "", ""),
        ("tc", "interface", "direction priority handle"),
        ("classifier/mine", "interface", "direction priority handle"),
        ("tcx/egress", "interface", "priority handle"),
        ("cgroup/connect4", "", "cgroup"),
        ("cgroup/skb", "", "cgroup direction"),
        ("cgroup_skb/egress", "", "cgroup"),
        ("sockops", "", "cgroup"),
        ("socket", "", "interface"),
        ("iter/task", "", "pid"),
        ("iter/task_file", "", "pid"),
        ("iter/tcp", "", ""),
        ("iter/cgroup", "", "cgroup"),
        ("iter.s/bpf_map_elem", "symbol", ""),
        ("sk_lookup", "", ""),
        ("something/else", "", ""),
    ],
)
def test_a_section_says_what_it_leaves_open(section: str, needed: str, more: str) -> None:
    taken = open_targets(section)
    assert {name for name, must in taken.items() if must} == set(needed.split())
    assert {name for name, must in taken.items() if not must} == set(more.split())


@given(st.text() | st.builds("/".join, st.tuples(st.sampled_from(KNOWN.split()), st.text())))
def test_any_section_has_an_answer(section: str) -> None:
    taken = open_targets(section)
    assert set(taken) <= set(TARGETS)
    refused = complaint(BpfProgram(0, "prog", section, 1, True, True), Target())
    assert isinstance(refused, Unsupported) or (refused is None) == (not any(taken.values()))
