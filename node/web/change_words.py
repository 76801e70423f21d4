"""The words about what changed between two versions, in both languages; a field a message, so that none is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..hub.traits import Aspect


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWords:
    """One language."""

    title: str  # {old} and {new}
    lead: str
    since: str  # {version}
    all: str
    none: str
    first: str
    gained: str
    lost: str
    other: str
    more: str  # {count}
    compare: str
    old: str
    new: str
    about: Mapping[str, str]
    aspects: Mapping[Aspect, str]
    needs_btf: str
    released_by: str


ENGLISH = ChangeWords(
    title="From {old} to {new}",
    lead="Read out of both versions’ code, files and log entries. Nothing here is what the publisher says of it.",
    since="Changes since {version}",
    all="All changes",
    none="Nothing that this page compares has changed.",
    first="This is the first version.",
    gained="new",
    lost="gone",
    other="changed",
    more="and {count} more",
    compare="Compare",
    old="From version",
    new="to version",
    about={"description": "Description", "license": "License", "url": "Website"},
    aspects={
        Aspect.PERMISSION: "What it may do",
        Aspect.PUBLISHER: "Publisher",
        Aspect.ATTACH: "Attached to",
        Aspect.KERNEL: "What it needs of the kernel",
        Aspect.OPTION: "Arguments",
        Aspect.OUTPUT: "Output",
        Aspect.MAP: "Maps",
        Aspect.FILE: "Files and sizes",
        Aspect.ABOUT: "About it",
    },
    needs_btf="Needs BTF",
    released_by="Released by",
)

CHINESE = ChangeWords(
    title="从 {old} 到 {new}",
    lead="由两个版本的代码、文件和日志条目比较得出，而不是发布者的说法。",
    since="自 {version} 以来的变化",
    all="全部变化",
    none="所比较的内容没有变化。",
    first="这是第一个版本。",
    gained="新增",
    lost="移除",
    other="变更",
    more="还有 {count} 项",
    compare="比较",
    old="从版本",
    new="到版本",
    about={"description": "描述", "license": "许可证", "url": "网站"},
    aspects={
        Aspect.PERMISSION: "它能做什么",
        Aspect.PUBLISHER: "发布者",
        Aspect.ATTACH: "挂载点",
        Aspect.KERNEL: "对内核的要求",
        Aspect.OPTION: "参数",
        Aspect.OUTPUT: "输出",
        Aspect.MAP: "Map",
        Aspect.FILE: "文件与大小",
        Aspect.ABOUT: "基本信息",
    },
    needs_btf="需要 BTF",
    released_by="发布者身份",
)
