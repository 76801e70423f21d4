"""Options for what attach points leave open: which there are, how they are given, what is refused."""

from __future__ import annotations

import pytest
from ebpfhub.client.attach_options import attach_options, check_targets, help_rows, take_targets
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.program import AttachPoint

XDP = AttachPoint("drop", "xdp")
TC = AttachPoint("count", "tcx/ingress", (("interface", "lo"),))
PROBE = AttachPoint("line", "uretprobe")
OPEN = AttachPoint("opened", "tracepoint/syscalls/sys_enter_openat")


def words(*points: AttachPoint, taken: tuple[str, ...] = ()) -> list[str]:
    """The words of the options that these attach points have."""
    return [option.word for option in attach_options(points, taken)]


def test_a_program_that_says_all_has_no_options() -> None:
    assert words(OPEN) == []
    assert help_rows(attach_options([OPEN], ())) == []


def test_what_a_section_leaves_open_is_an_option() -> None:
    assert words(XDP) == ["--interface", "--mode"]
    assert words(PROBE) == ["--binary", "--symbol", "--pid"]


def test_a_name_of_the_programs_own_stays_the_programs() -> None:
    assert words(PROBE, taken=("pid",)) == ["--binary", "--symbol", "--attach-pid"]


def test_one_option_serves_all_programs_and_attach_serves_one() -> None:
    options = attach_options([XDP, TC], ())
    rest, targets = take_targets(
        ["--verbose", "--interface=eth0", "--attach", "count:interface=eth1", "x"], [XDP, TC], options
    )
    assert rest == ("--verbose", "x")
    assert targets == {"drop": Target(interface="eth0"), "count": Target(interface="eth1")}


def test_defaults_of_the_package_hold_until_something_else_is_said() -> None:
    options = attach_options([TC], ())
    assert take_targets([], [TC], options)[1] == {"count": Target(interface="lo")}
    assert take_targets(["--interface", "eth0"], [TC], options)[1] == {"count": Target(interface="eth0")}
    assert "[default: lo]" in dict(help_rows(options))["    --interface NAME"]


def test_what_cannot_be_left_open_is_asked_for_by_name() -> None:
    options = attach_options([XDP], ())
    _, targets = take_targets([], [XDP], options)
    with pytest.raises(BadInput, match=r"--interface: is needed: program 'drop'") as caught:
        check_targets([XDP], targets, options)
    assert "--interface eth0" in caught.value.todo


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--interface"], "needs a value"),
        (["--interface="], "text of 1"),
        (["--attach", "nosuch:interface=lo"], "no program 'nosuch'"),
        (["--attach", "drop:cgroup=/"], "takes interface, mode"),
        (["--attach", "drop"], "not PROGRAM:NAME=VALUE"),
        (["--interface", "a\0b"], "text of 1"),
        (["--interface", "x" * 5000], "text of 1"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        take_targets(arguments, [XDP], attach_options([XDP], ()))


@pytest.mark.parametrize("text", ["-1", "1.5", "99999999999", "0x10", "\u0661"])
def test_a_number_is_a_number(text: str) -> None:
    with pytest.raises(BadInput, match="--pid"):
        take_targets(["--pid", text], [PROBE], attach_options([PROBE], ()))


def test_after_two_dashes_nothing_is_taken() -> None:
    rest, _ = take_targets(["--", "x"], [XDP], attach_options([XDP], ()))
    assert rest == ("--", "x")
