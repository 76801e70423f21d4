"""The words of the pages below /docs, in both languages: one field a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsWords:
    """One language. `books` and `notes` are by the names in addresses."""

    more: str
    books: Mapping[str, str]
    notes: Mapping[str, str]
    all_docs: str
    pages: str
    on_page: str
    only_english: str
    api_lead: str
    api_document: str
    api_client: str
    operations: str
    member: str
    try_it: str
    parameters: str
    no_parameters: str
    body: str
    answers: str
    status: str
    types: str
    required: str


ENGLISH = DocsWords(
    more="Read on",
    books={
        "first-package": "Your first package",
        "publishing": "A publisher’s guide",
        "manual": "Manual",
        "threats": "What protects from what",
        "attacks": "Attacks that are tried",
        "authority": "The embedded authority",
        "protocol": "Protocol",
        "api": "HTTP API",
    },
    notes={
        "first-package": "Write, test and publish a program that runs in the kernel, in ten minutes.",
        "publishing": "Who signs, whose the name is, versions and tags, and what to do when something went wrong.",
        "threats": "Who could attack what, what stops them, and what does not.",
        "attacks": "Each attack that the project’s tests try, and the test that tries it.",
        "manual": "Everything that ecli and ebpfhub do, for users, publishers and operators.",
        "authority": "The Sigstore that a hub brings: what it protects from, its keys, outside sign-in.",
        "protocol": "What hubs, mirrors and clients say to each other, and what is checked.",
        "api": "What programs can ask of this hub, with every parameter and answer.",
    },
    all_docs="Documentation",
    pages="Sections",
    on_page="On this page",
    only_english="There is no translation of this document; it is in English.",
    api_lead=(
        "Made of the code that answers. What it tells is for people to read: clients check logs, signatures and "
        "digests by themselves. Errors are problem documents (RFC 9457); answers carry an ETag."
    ),
    api_document="The same as an OpenAPI 3.1 document:",
    api_client="In Python: the class HubApi, described in the manual.",
    operations="Operations",
    member="Name",
    try_it="Try it",
    parameters="Parameters",
    no_parameters="It takes none.",
    body="Body",
    answers="Answers",
    status="Status",
    types="Types",
    required="required",
)

CHINESE = DocsWords(
    more="继续阅读",
    books={
        "first-package": "第一个软件包",
        "publishing": "发布者指南",
        "manual": "手册",
        "threats": "威胁模型",
        "attacks": "经过测试的攻击",
        "authority": "内置签名机构",
        "protocol": "协议",
        "api": "HTTP API",
    },
    notes={
        "first-package": "十分钟内编写、测试并发布一个在内核中运行的程序。",
        "publishing": "由谁签名、名称归谁、版本与标签，以及出了问题怎么办。",
        "threats": "谁可能攻击什么，哪些能挡住，哪些不能。",
        "attacks": "本项目的测试所尝试的每种攻击，以及尝试它的测试（英文）。",
        "manual": "ecli 与 ebpfhub 的全部功能，面向使用者、发布者和运营者。",
        "authority": "Hub 自带的 Sigstore：它能防范什么、它的密钥、外部登录。",
        "protocol": "Hub、镜像与客户端之间如何通信，以及检查哪些内容（英文）。",
        "api": "程序可以向这个 Hub 请求什么，包括每个参数和应答。",
    },
    all_docs="文档",
    pages="章节",
    on_page="本页内容",
    only_english="本文档没有中文译本，以下为英文。",
    api_lead=(
        "本参考由处理请求的代码生成，其内容供人阅读：客户端会自行检查日志、签名和摘要。"
        "错误以 problem 文档（RFC 9457）返回，应答带有 ETag。各项说明为英文。"
    ),
    api_document="同样的内容，OpenAPI 3.1 文档：",
    api_client="Python 客户端：HubApi 类，见手册。",
    operations="操作",
    member="名称",
    try_it="试一试",
    parameters="参数",
    no_parameters="没有参数。",
    body="请求体",
    answers="应答",
    status="状态",
    types="类型",
    required="必填",
)
