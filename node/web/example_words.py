"""The words about recorded output, in both languages: one field a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleWords:
    """One language."""

    title: str
    note: str
    meanwhile: str
    kernel: str
    recorded: str
    same: str
    other: str


ENGLISH = ExampleWords(
    title="Example output",
    note="Recorded by the publisher with ecli test --record, from a run of the package’s own test.",
    meanwhile="While this ran",
    kernel="Kernel",
    recorded="Recorded",
    same="of exactly the code of this version",
    other="of other code than this version’s",
)

CHINESE = ExampleWords(
    title="输出示例",
    note="由发布者用 ecli test --record 在运行软件包自带测试时录制。",
    meanwhile="录制时运行的命令",
    kernel="内核",
    recorded="录制于",
    same="所运行的正是此版本的代码",
    other="所运行的不是此版本的代码",
)
