"""What may run: policies, --allow and --deny, and nobody there to be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.consent import Policy, consent, parse_words, word_of
from ebpfhub.client.home import Home
from ebpfhub.client.settings import load_settings
from ebpfhub.schemas.errors import BadInput, Denied
from ebpfhub.schemas.permission_rules import Category, Group, permission_words
from ebpfhub.schemas.permissions import Permission, Permissions
from hypothesis import given
from hypothesis import strategies as st

LOOKS = Permission(Category.OBSERVES, Group.FILES, ("tracepoint/syscalls/sys_enter_openat",))
READS = Permission(Category.READS_MEMORY, Group.USER, ("bpf_probe_read_user",))
DROPS = Permission(Category.CHANGES, Group.PACKETS, ("xdp",))
DECIDES = Permission(Category.CHANGES, Group.DECISIONS, ("lsm/file_open",))
PINS = Permission(Category.PERSISTS, Group.PINS, ("map seen",))


def may(*items: Permission) -> Permissions:
    """Permissions of a program that nobody is asked about here."""
    return Permissions(items, (), (0, 0))


def test_what_only_looks_and_reads_runs_without_a_question() -> None:
    assert not consent("p", may(LOOKS, READS), policies=())


@pytest.mark.parametrize("item", [DROPS, DECIDES, PINS])
def test_what_changes_or_persists_is_refused_where_nobody_can_answer(item: Permission) -> None:
    with pytest.raises(Denied) as caught:
        consent("p", may(LOOKS, item), policies=(), answers=False)
    assert word_of(item) in caught.value.what and item.evidence[0] in caught.value.what
    assert caught.value.todo == f"If that is wanted: --allow {word_of(item)}"


@pytest.mark.parametrize("word", ["changes", "changes:packets"])
def test_allow_takes_a_whole_category_or_one_thing(word: str) -> None:
    assert not consent("p", may(DROPS), policies=(), allow=(word,), answers=False)
    with pytest.raises(Denied):
        consent("p", may(DROPS, PINS), policies=(), allow=(word,), answers=False)


def test_allow_of_another_thing_does_not_help() -> None:
    with pytest.raises(Denied):
        consent("p", may(DROPS), policies=(), allow=("changes:decisions",), answers=False)


def test_what_a_policy_denies_nothing_allows() -> None:
    policies = (Policy(deny=("reads-memory:user",)), Policy(allow=("reads-memory", "changes")))
    with pytest.raises(Denied, match=r"policy of this machine denies.*reads-memory:user.*bpf_probe_read_user"):
        consent("p", may(READS), policies=policies, allow=("reads-memory",))


def test_deny_on_the_command_line_is_for_what_only_looks_too() -> None:
    with pytest.raises(Denied, match=r"--deny denies.*observes:files"):
        consent("p", may(LOOKS), policies=(), deny=("observes",))


def test_every_permission_has_a_word_that_a_policy_can_hold() -> None:
    words = permission_words()
    for category, groups in {
        Category.OBSERVES: (Group.FILES, Group.PROCESSES, Group.NETWORK, Group.SCHEDULING, Group.MEMORY, Group.OTHER),
        Category.READS_MEMORY: (Group.KERNEL, Group.USER),
        Category.CHANGES: (
            Group.PACKETS, Group.RETURN_VALUES, Group.USER_MEMORY, Group.SCHEDULING, Group.OTHER_PROCESSES,
            Group.DECISIONS, Group.OTHER,
        ),
        Category.PERSISTS: (Group.PINS,),
    }.items():  # fmt: skip
        for group in groups:
            assert word_of(Permission(category, group, ())) in words


@given(st.text(max_size=40))
def test_any_text_is_words_of_a_policy_or_refused(text: str) -> None:
    try:
        assert set(parse_words(text, where="--allow")) <= set(permission_words())
    except BadInput as error:
        assert "changes:packets" in error.todo


def test_the_machines_settings_bind_the_user(tmp_path: Path) -> None:
    machine, user = tmp_path / "machine", tmp_path / "user"
    machine.mkdir()
    user.mkdir()
    (machine / "ecli.toml").write_text('[policy]\ndeny = ["persists"]\n')
    (user / "ecli.toml").write_text('[policy]\nallow = ["changes", "persists"]\ndeny = ["observes:network"]\n')
    settings = load_settings(Home(user, machine))
    with pytest.raises(Denied):
        consent("p", may(PINS), policies=settings.policies, answers=False)
    with pytest.raises(Denied):
        consent("p", may(Permission(Category.OBSERVES, Group.NETWORK, ("x",))), policies=settings.policies)
    with pytest.raises(Denied):  # the machine has a policy, so a user's file does not agree in its place
        consent("p", may(DROPS), policies=settings.policies, answers=False)


def test_a_user_may_agree_once_and_for_all_where_the_machine_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "ecli.toml").write_text('[policy]\nallow = ["changes:packets"]\n')
    settings = load_settings(Home(tmp_path, tmp_path / "none"))
    assert not consent("p", may(DROPS), policies=settings.policies, answers=False)


def test_a_misspelt_policy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ecli.toml").write_text('[policy]\ndeny = ["changes:packet"]\n')
    with pytest.raises(BadInput, match=r"changes:packet") as caught:
        load_settings(Home(tmp_path, tmp_path / "none"))
    assert "ecli.toml:2: policy.deny" in str(caught.value)
