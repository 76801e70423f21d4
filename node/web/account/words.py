"""The words of the account's pages, in both languages: one field a message, so that none can be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    publish_in: str  # {namespace}
    comma: str
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
    program_type: str
    program_lead: str
    program_code: str
    go_on: str
    program_asks: str  # {name}
    program_days: str  # {days}
    program_compare: str
    allow: str
    program_unknown: str
    program_done: str
    public_page: str
    upload: str
    upload_lead: str
    upload_file: str
    upload_send: str
    upload_no_script: str
    upload_done: str
    upload_before: str
    upload_broken: str

    def scope(self, word: str) -> str:
        """What a scope's word lets do."""
        _, _, namespace = word.partition(":")
        return self.publish_in.format(namespace=namespace) if namespace else self.scopes.get(word, word)

    def said(self, scopes: Iterable[str]) -> str:
        """Scopes one after the other."""
        return self.comma.join(self.scope(word) for word in scopes)


ENGLISH = AccountWords(
    sign_in="Sign in",
    sign_out="Sign out",
    account="Account",
    admin="Administration",
    sign_in_lead="Reading needs no account unless this hub is closed. Publishing and commenting do.",
    own_users="With this hub’s password",
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
    publish_in="publish in {namespace}",
    comma=", ",
    only_in="Publish in this namespace only (optional)",
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
    program_title="Sign in a program",
    program_type="Type the code that the program shows.",
    program_lead="Go on only if you have just started the program yourself, and it shows this code.",
    program_code="Code",
    go_on="Go on",
    program_asks="“{name}” asks for a token of yours. It may:",
    program_days="It ends after {days} days. You can revoke it on your account’s page before.",
    program_compare="The program shows this code:",
    allow="Allow",
    program_unknown="This code is unknown, used, or too old. Compare it with what your program shows.",
    program_done="The program goes on by itself. You can close this page.",
    public_page="Your public page",
    upload="Upload a package",
    upload_lead="A package file (.bpf) of a namespace of yours, signed with `ecli sign`. Checked like every push.",
    upload_file="Package file",
    upload_send="Release",
    upload_no_script="Sending a file from here needs a script. Without one: ecli publish FILE.bpf",
    upload_done="Released. Its page:",
    upload_before="It was released before. Its page:",
    upload_broken="The connection broke. Nothing was released that is not on the package’s page.",
)

CHINESE = AccountWords(
    sign_in="登录",
    sign_out="退出",
    account="账户",
    admin="管理",
    sign_in_lead="发布和评论需要账户；浏览无需账户，除非这个 Hub 不对外开放。",
    own_users="使用本 Hub 的密码登录",
    with_provider="使用 {name} 登录",
    no_ways="这个 Hub 不提供网页登录，令牌由运营者发放。",
    failed="未能登录",
    again="重试",
    signed_in_as="当前用户",
    role="角色",
    roles={
        "reader": "读者：可以读取",
        "publisher": "发布者：可以在自己的命名空间中发布",
        "maintainer": "维护者：可以管理评论，查看举报和审计日志",
        "admin": "管理员：可以管理用户、令牌、信任和配额",
    },
    namespaces="命名空间",
    no_namespaces="您还没有命名空间。如果这个 Hub 允许，首次在无人认领的命名空间中发布，即可拥有它。",
    owners="您的命名空间有哪些所有者",
    owners_lead="每位所有者都可以在其中发布，并添加或移除其他所有者。下面的命令用于添加一位所有者：由您签名，并记入日志。",
    tokens="令牌",
    tokens_lead="供自动化程序以及 docker、oras、skopeo 和 cosign 使用：令牌即密码。",
    no_tokens="您还没有令牌。",
    held_name="名称",
    held_scopes="权限",
    held_until="有效期至",
    held_used="最近使用",
    never="从未",
    revoke="撤销",
    make_one="新令牌",
    for_what="用途",
    may="权限",
    scopes={
        "read": "读取",
        "publish": "发布",
        "moderate": "管理评论",
        "admin": "管理 Hub",
        "account": "管理我的令牌",
        "comment": "发表和举报评论",
    },
    publish_in="在 {namespace} 中发布",
    comma="、",
    only_in="仅限在这个命名空间中发布（可选）",
    days="有效天数",
    create="创建令牌",
    made="您的新令牌",
    made_note="请立即复制：它只显示这一次。",
    sessions="已登录的浏览器",
    session_began="登录于",
    session_used="最近活动于",
    this_one="当前浏览器",
    end="结束",
    end_others="结束其他所有会话",
    program_title="为程序登录",
    program_type="请输入程序显示的授权码。",
    program_lead="只有当程序是您刚刚自己启动的，并且显示的授权码与此相同，才继续。",
    program_code="授权码",
    go_on="继续",
    program_asks="“{name}”请求一个您的令牌，权限为：",
    program_days="令牌在 {days} 天后失效；在此之前可以在账户页面撤销。",
    program_compare="程序应显示这个授权码：",
    allow="允许",
    program_unknown="这个授权码不存在、已被使用或已过期。请与程序显示的授权码核对。",
    program_done="程序会自动继续，您可以关闭本页。",
    public_page="您的公开页面",
    upload="上传软件包",
    upload_lead="属于您的命名空间、并已用 `ecli sign` 签名的软件包文件（.bpf）。上传时的检查与推送时相同。",
    upload_file="软件包文件",
    upload_send="发布",
    upload_no_script="在网页上传需要启用 JavaScript。也可以使用命令：ecli publish FILE.bpf",
    upload_done="发布成功。软件包页面：",
    upload_before="这个版本此前已经发布。软件包页面：",
    upload_broken="连接中断。发布是否成功，以软件包页面为准。",
)

ACCOUNT_WORDS: Mapping[str, AccountWords] = {"en": ENGLISH, "zh": CHINESE}
