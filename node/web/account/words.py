"""The words of the account's pages, in both languages: one field a message, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWords:
    """One language."""

    sign_in: str
    sign_out: str
    account: str
    admin: str
    sign_in_lead: str
    own_users: str
    with_provider: str  # {name}
    no_ways: str
    failed: str
    again: str
    signed_in_as: str
    role: str
    roles: Mapping[str, str]
    namespaces: str
    no_namespaces: str
    owners: str
    owners_lead: str
    tokens: str
    tokens_lead: str
    no_tokens: str
    held_name: str
    held_scopes: str
    held_until: str
    held_used: str
    never: str
    revoke: str
    make_one: str
    for_what: str
    may: str
    scopes: Mapping[str, str]
    only_in: str
    days: str
    create: str
    made: str
    made_note: str
    sessions: str
    session_began: str
    session_used: str
    this_one: str
    end: str
    end_others: str
    program_title: str
    program_lead: str
    program_code: str
    go_on: str
    program_asks: str  # {name}
    program_days: str  # {days}
    program_compare: str
    allow: str
    program_unknown: str
    program_done: str
    upload: str
    upload_lead: str
    upload_file: str
    upload_send: str
    upload_no_script: str
    upload_done: str
    upload_before: str
    upload_broken: str


ENGLISH = AccountWords(
    sign_in="Sign in",
    sign_out="Sign out",
    account="Account",
    admin="Administration",
    sign_in_lead="Reading needs no account unless this hub is closed. Publishing and commenting do.",
    own_users="With this hub's password",
    with_provider="With {name}",
    no_ways="This hub has no sign-in for people: its operator gives out tokens.",
    failed="You are not signed in",
    again="Try again",
    signed_in_as="Signed in as",
    role="Role",
    roles={
        "reader": "reader: may read",
        "publisher": "publisher: may publish in namespaces of their own",
        "maintainer": "maintainer: may moderate, and see reports and the audit log",
        "admin": "admin: may decide about people, tokens, trust and quotas",
    },
    namespaces="Namespaces",
    no_namespaces="You own no namespace. Your first release in a free one makes it yours, where this hub allows that.",
    owners="Owners of your namespaces",
    owners_lead="Each of them releases there, and adds or removes others. The command adds one, signed and logged.",
    tokens="Tokens",
    tokens_lead="For machines, and for docker, oras, skopeo and cosign: the token is the password.",
    no_tokens="You have no tokens.",
    held_name="Name",
    held_scopes="May",
    held_until="Valid until",
    held_used="Last used",
    never="never",
    revoke="Revoke",
    make_one="New token",
    for_what="What it is for",
    may="It may",
    scopes={
        "read": "read",
        "publish": "publish",
        "moderate": "moderate",
        "admin": "administer",
        "account": "manage my tokens",
        "comment": "comment, and report comments",
    },
    only_in="Publish in this namespace only",
    days="Days until it ends",
    create="Create token",
    made="Your new token",
    made_note="Copy it now: it is not shown again.",
    sessions="Browsers in which you are signed in",
    session_began="Signed in",
    session_used="Last seen",
    this_one="this one",
    end="End",
    end_others="End all others",
    program_title="Log in a program",
    program_lead="Go on only if you have just started the program yourself, and it shows this code.",
    program_code="Code",
    go_on="Go on",
    program_asks="“{name}” asks for a token of yours. It may:",
    program_days="It ends after {days} days. You can revoke it on your account's page before.",
    program_compare="The program shows this code:",
    allow="Allow",
    program_unknown="This code is unknown, used, or too old. Compare it with what your program shows.",
    program_done="The program goes on by itself. You can close this page.",
    upload="Upload a package",
    upload_lead="A package file (.bpf) that `ecli sign` has signed, of a namespace of yours. Checked as any push.",
    upload_file="Package file",
    upload_send="Release",
    upload_no_script="Sending a file from here needs a script. Without one: ecli publish FILE.bpf",
    upload_done="Released. Its page:",
    upload_before="It was released before. Its page:",
    upload_broken="The connection broke. Nothing was released that is not on the package's page.",
)

CHINESE = AccountWords(
    sign_in="登录",
    sign_out="退出",
    account="账户",
    admin="管理",
    sign_in_lead="除非这个 Hub 是封闭的，阅读不需要账户；发布和评论需要。",
    own_users="使用本 Hub 的密码",
    with_provider="使用 {name}",
    no_ways="这个 Hub 没有面向用户的登录方式：令牌由运营者发放。",
    failed="未能登录",
    again="重试",
    signed_in_as="当前用户",
    role="角色",
    roles={
        "reader": "读者：可以读取",
        "publisher": "发布者：可以在自己的命名空间中发布",
        "maintainer": "维护者：可以管理内容，查看举报和审计日志",
        "admin": "管理员：可以管理用户、令牌、信任和配额",
    },
    namespaces="命名空间",
    no_namespaces="您还没有命名空间。如果这个 Hub 允许，首次在空闲的命名空间中发布即可取得它。",
    owners="您的命名空间的所有者",
    owners_lead="每位所有者都可以在其中发布，并添加或移除其他所有者。下面的命令添加一位；由您签名，并记入日志。",
    tokens="令牌",
    tokens_lead="供机器以及 docker、oras、skopeo 和 cosign 使用：令牌就是密码。",
    no_tokens="您还没有令牌。",
    held_name="名称",
    held_scopes="可以",
    held_until="有效期至",
    held_used="最近使用",
    never="从未",
    revoke="撤销",
    make_one="新令牌",
    for_what="用途",
    may="允许它",
    scopes={
        "read": "读取",
        "publish": "发布",
        "moderate": "管理内容",
        "admin": "管理 Hub",
        "account": "管理我的令牌",
        "comment": "发表评论和举报评论",
    },
    only_in="只在这个命名空间中发布",
    days="有效天数",
    create="创建令牌",
    made="您的新令牌",
    made_note="请立即复制：它不会再次显示。",
    sessions="已登录的浏览器",
    session_began="登录时间",
    session_used="最近活动",
    this_one="当前",
    end="结束",
    end_others="结束其他所有会话",
    program_title="登录程序",
    program_lead="只有当程序是您刚刚自己启动的，并且显示相同的代码时，才继续。",
    program_code="代码",
    go_on="继续",
    program_asks="“{name}”请求您的令牌，用于：",
    program_days="令牌在 {days} 天后失效；在此之前可以在账户页面撤销。",
    program_compare="程序显示的代码：",
    allow="允许",
    program_unknown="这个代码未知、已使用或已过期。请与程序显示的代码核对。",
    program_done="程序会自动继续，可以关闭本页。",
    upload="上传软件包",
    upload_lead="您的命名空间中由 `ecli sign` 签名的软件包文件（.bpf）。检查与每次推送相同。",
    upload_file="软件包文件",
    upload_send="发布",
    upload_no_script="在这里发送文件需要脚本。没有脚本时请使用：ecli publish FILE.bpf",
    upload_done="已发布。页面：",
    upload_before="它以前已经发布。页面：",
    upload_broken="连接中断。没有出现在软件包页面上的内容都没有发布。",
)

ACCOUNT_WORDS: Mapping[str, AccountWords] = {"en": ENGLISH, "zh": CHINESE}
