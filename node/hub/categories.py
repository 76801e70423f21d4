"""The categories by which people look for packages, derived from what a package says of itself and what it may do.

A package's keywords decide: the table below, in English and Chinese. Without a keyword of it, its permissions do.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ...schemas.permission_rules import Category as Done
from ...schemas.permission_rules import Group, Meaning


class Category(StrEnum):
    """What a package is about; it may be about several things."""

    FILES = "files"
    NETWORK = "network"
    SECURITY = "security"
    PROCESSES = "processes"
    SCHEDULING = "scheduling"
    MEMORY = "memory"
    PERFORMANCE = "performance"
    LANGUAGES = "languages"
    KERNEL_TYPES = "kernel-types"
    OTHER = "other"


KEYWORDS: dict[Category, str] = {
    Category.FILES: "file files filesystem filesystems fs vfs nfs ext4 xfs btrfs disk disks storage block io i/o 文件 "
    "文件系统 磁盘 存储 块设备",
    Category.NETWORK: "net network networks networking tcp udp ip icmp dns http https tls quic socket sockets packet "
    "packets xdp tc load-balancer 网络 套接字 数据包 流量 负载均衡",
    Category.SECURITY: "security lsm firewall audit auditing capabilities seccomp sandbox intrusion 安全 审计 防火墙 "
    "沙箱 入侵检测",
    Category.PROCESSES: "process processes exec signal signals thread threads cgroup cgroups container containers 进程 "
    "线程 信号 容器",
    Category.SCHEDULING: "scheduler scheduling cpu cpus interrupt interrupts irq timer timers lock locks 调度 调度器 "
    "处理器 中断 锁",
    Category.MEMORY: "memory oom heap malloc page-faults swap 内存 缺页 内存泄漏",
    Category.PERFORMANCE: "performance latency profiling profiler profile benchmark stacks 性能 延迟 剖析 性能分析",
    Category.LANGUAGES: "language languages runtime runtimes shell python java jvm node nodejs javascript go golang "
    "ruby php rust database databases mysql postgresql 语言 运行时 数据库",
}
_BY_KEYWORD = {word: category for category, words in KEYWORDS.items() for word in words.split()}
_BY_PERMISSION: dict[Meaning, Category] = {
    (Done.OBSERVES, Group.FILES): Category.FILES,
    (Done.OBSERVES, Group.NETWORK): Category.NETWORK,
    (Done.OBSERVES, Group.PROCESSES): Category.PROCESSES,
    (Done.OBSERVES, Group.SCHEDULING): Category.SCHEDULING,
    (Done.OBSERVES, Group.MEMORY): Category.MEMORY,
    (Done.CHANGES, Group.PACKETS): Category.NETWORK,
    (Done.CHANGES, Group.SCHEDULING): Category.SCHEDULING,
    (Done.CHANGES, Group.DECISIONS): Category.SECURITY,
}


def categories_of(keywords: Iterable[str], meanings: Iterable[Meaning]) -> tuple[Category, ...]:
    """The categories of a package in the order of the table; `other` where nothing tells."""
    found = {_BY_KEYWORD[word] for word in map(_plain, keywords) if word in _BY_KEYWORD}
    if not found:
        found = {_BY_PERMISSION[meaning] for meaning in meanings if meaning in _BY_PERMISSION}
    return tuple(category for category in Category if category in found) or (Category.OTHER,)


def _plain(keyword: str) -> str:
    return "-".join(keyword.casefold().split())
