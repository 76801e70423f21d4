"""The words of the admin pages, in both languages: one field a message, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminWords:
    """One language."""

    title: str
    overview: str
    people: str
    mirrors: str
    audit: str
    sections: str
    moderation: str
    newest: str
    all_events: str
    no_events: str
    packages: str
    log_entries: str
    roles: Mapping[str, str]
    troubled: str
    owners: str
    owners_note: str
    claim: str
    packages_of: str
    bytes_of: str
    no_limit: str
    by_default: str
    quota: str
    quota_note: str
    mebibytes: str
    most_packages: str
    quota_of: str  # {mebibytes}, {packages}
    quota_default: str
    set: str
    by_force: str
    by_force_note: str
    reported: str
    evidence: str
    find: str
    identity: str
    nobody: str
    more: str
    signs_in_at: str
    own_users: str
    since: str
    role: str
    change: str
    own_role: str
    close: str
    close_note: str
    closed_note: str
    namespaces: str
    no_namespaces: str
    none: str
    sessions: str
    end_all: str
    tokens: str
    revoke: str
    revoke_all: str
    more_tokens: str  # {count}
    until: str
    mirrored: str
    mirrored_lead: str
    no_mirrored: str
    pull: str
    pull_started: str  # {origin}
    state: Mapping[str, str]
    last_pull: str
    never: str
    from_archives: str
    own_mirrors: str
    no_mirrors: str
    behind: str  # {count}
    no_answer: str
    audit_lead: str
    kind: str
    any_kind: str
    only_refused: str
    show: str
    time: str
    by_command: str
    refused: str
    kinds: Mapping[str, str]
    ways: Mapping[str, str]
    about: Mapping[str, str]


ENGLISH = AdminWords(
    title="Administration",
    overview="Overview",
    people="People",
    mirrors="Mirrors",
    audit="Audit log",
    sections="Administration",
    moderation="Comments",
    newest="Newest events",
    all_events="All events",
    no_events="No such event.",
    packages="Packages",
    log_entries="Log entries",
    roles={
        "none": "closed",
        "reader": "reader",
        "publisher": "publisher",
        "maintainer": "maintainer",
        "admin": "admin",
    },
    owners="Owners",
    owners_note="Owners add others by signing that: `ecli owner`. It is logged for ever.",
    claim="Log entry of the claim",
    packages_of="Packages",
    bytes_of="Space used",
    no_limit="no limit",
    by_default=" (by default)",
    quota="Quota",
    quota_note="0 is no limit. Left empty, the default of the hub’s settings holds.",
    mebibytes="Most space, in MiB",
    most_packages="Most packages",
    quota_of="{mebibytes} MiB, {packages} packages",
    quota_default="the default",
    set="Set",
    by_force="By force",
    by_force_note="For disputes, malware and stolen keys, on the hub’s machine, in place of the owners. "
    "That the hub did it stays in the log for ever.",
    troubled="Mirrored origins that are not up to date",
    reported="Reported comments",
    evidence="Evidence against origins",
    find="Find",
    identity="Identity",
    nobody="Nobody here has such an identity.",
    more="More",
    signs_in_at="Signs in at",
    own_users="this hub, by password or token",
    since="Known since",
    role="Role",
    change="Change",
    own_role="Nobody changes their own role. Another admin can, or `ebpfhub user role` on the hub’s machine.",
    close="Close the account",
    close_note="All sessions and tokens end at once and do not come back. What they have released stays in the log.",
    closed_note="This account is closed. Giving it a role opens it again.",
    namespaces="Namespaces",
    no_namespaces="No namespace is claimed yet: a first release claims one, or `ebpfhub namespace claim`.",
    none="none",
    sessions="Browsers in which they are signed in",
    end_all="End all sessions",
    tokens="Tokens",
    revoke="Revoke",
    revoke_all="Revoke all tokens",
    more_tokens="{count} more are not shown: `ebpfhub token list`.",
    until="valid until",
    mirrored="Origins that this hub mirrors",
    mirrored_lead="`ebpfhub mirror add` on the hub’s machine adds one.",
    no_mirrored="This hub mirrors no other.",
    pull="Pull now",
    pull_started="The pull of {origin} has begun. Open this page again to see how it went.",
    state={"ok": "up to date", "behind": "behind", "stopped": "stopped", "paused": "paused"},
    last_pull="Last pull",
    never="never",
    from_archives="comes by archives",
    own_mirrors="Mirrors of this hub",
    no_mirrors="No mirror has announced itself.",
    behind="{count} entries behind",
    no_answer="no answer at the last look",
    audit_lead="Sign-ins, certificates, tokens, roles, quotas, pulls, what the operator did to namespaces: who did it, "
    "what was refused. Times are UTC.",
    kind="Event",
    any_kind="all",
    only_refused="Refused only",
    show="Show",
    time="Time",
    by_command="the operator's command",
    refused="refused",
    ways={"browser": "browser", "device": "another device", "page": "this site", "hub token": "hub token"},
    kinds={
        "certificate": "certificate",
        "sign-in": "sign-in",
        "rotation": "keys rotated",
        "token": "token made",
        "token-revoked": "token revoked",
        "role": "role changed",
        "password": "password set",
        "sessions-ended": "sessions ended",
        "pull": "pull started",
        "quota": "quota changed",
        "comment-hidden": "comment hidden",
        "comment-shown": "comment shown",
        "claim": "namespace claimed",
        "yank": "version withdrawn",
        "revocation": "releases revoked",
        "mirror": "origin mirrored",
    },
    about={
        "whom": "whose",
        "role": "role",
        "before": "before",
        "token": "token",
        "name": "name",
        "scopes": "may",
        "sessions": "sessions",
        "origin": "origin",
        "reason": "reason",
        "way": "way",
        "quota": "quota",
        "comment": "comment",
        "namespace": "namespace",
        "package": "package",
        "entry": "log entry",
        "forced": "by force",
    },
)

CHINESE = AdminWords(
    title="管理",
    overview="概览",
    people="用户",
    mirrors="镜像",
    audit="审计日志",
    sections="管理",
    moderation="评论管理",
    newest="最新事件",
    all_events="所有事件",
    no_events="没有符合的事件。",
    packages="软件包",
    log_entries="日志条目",
    roles={"none": "已关闭", "reader": "读者", "publisher": "发布者", "maintainer": "维护者", "admin": "管理员"},
    owners="所有者",
    owners_note="所有者用 `ecli owner` 签名添加其他所有者，并永久记入日志。",
    claim="认领命名空间的日志条目",
    packages_of="软件包",
    bytes_of="已用空间",
    no_limit="不限",
    by_default="（默认）",
    quota="配额",
    quota_note="0 表示不限；留空则采用 Hub 设置中的默认值。",
    mebibytes="空间上限（MiB）",
    most_packages="软件包数上限",
    quota_of="{mebibytes} MiB，{packages} 个软件包",
    quota_default="默认值",
    set="设置",
    by_force="强制处理",
    by_force_note="用于处理争议、恶意软件和密钥被盗：在 Hub 所在的机器上代替所有者执行。"
    "Hub 的这类操作会永久留在日志中。",
    troubled="未同步的源",
    reported="被举报的评论",
    evidence="源作假的证据",
    find="查找",
    identity="身份",
    nobody="没有符合的身份。",
    more="更多",
    signs_in_at="登录处",
    own_users="本 Hub（密码或令牌）",
    since="首次出现于",
    role="角色",
    change="更改",
    own_role="任何人都不能更改自己的角色。请由另一位管理员更改，或在 Hub 所在的机器上使用 `ebpfhub user role`。",
    close="关闭账户",
    close_note="所有会话和令牌立即失效，且无法恢复。已发布的内容仍保留在日志中。",
    closed_note="这个账户已关闭。重新授予角色即可恢复。",
    namespaces="命名空间",
    no_namespaces="还没有命名空间被认领：首次发布即可认领，也可使用 `ebpfhub namespace claim`。",
    none="无",
    sessions="已登录的浏览器",
    end_all="结束所有会话",
    tokens="令牌",
    revoke="撤销",
    revoke_all="撤销所有令牌",
    more_tokens="还有 {count} 个未显示：`ebpfhub token list`。",
    until="有效期至",
    mirrored="本 Hub 镜像的源",
    mirrored_lead="在 Hub 所在的机器上用 `ebpfhub mirror add` 添加。",
    no_mirrored="本 Hub 没有镜像任何源。",
    pull="立即拉取",
    pull_started="已开始拉取 {origin}。重新打开本页即可查看结果。",
    state={"ok": "已同步", "behind": "落后", "stopped": "已停止", "paused": "已暂停"},
    last_pull="最近拉取",
    never="从未",
    from_archives="通过归档文件导入",
    own_mirrors="本 Hub 的镜像",
    no_mirrors="还没有镜像向本 Hub 通告。",
    behind="落后 {count} 个条目",
    no_answer="上次查看时没有应答",
    audit_lead="登录、证书、令牌、角色、配额、拉取、运营者对命名空间的处理：谁做了什么，以及拒绝了什么。时间为 UTC。",
    kind="事件",
    any_kind="全部",
    only_refused="仅显示被拒绝的",
    show="显示",
    time="时间",
    by_command="运营者（命令行）",
    refused="被拒绝",
    ways={"browser": "浏览器", "device": "另一台设备", "page": "本站页面", "hub token": "Hub 令牌"},
    kinds={
        "certificate": "签发证书",
        "sign-in": "登录",
        "rotation": "密钥轮换",
        "token": "创建令牌",
        "token-revoked": "撤销令牌",
        "role": "更改角色",
        "password": "设置密码",
        "sessions-ended": "结束会话",
        "pull": "开始拉取",
        "quota": "更改配额",
        "comment-hidden": "隐藏评论",
        "comment-shown": "恢复或保留评论",
        "claim": "认领命名空间",
        "yank": "撤回版本",
        "revocation": "吊销发布",
        "mirror": "开始镜像",
    },
    about={
        "whom": "对象",
        "role": "角色",
        "before": "之前",
        "token": "令牌",
        "name": "名称",
        "scopes": "权限",
        "sessions": "会话",
        "origin": "源",
        "reason": "原因",
        "way": "方式",
        "quota": "配额",
        "comment": "评论",
        "namespace": "命名空间",
        "package": "软件包",
        "entry": "日志条目",
        "forced": "强制",
    },
)

ADMIN_WORDS: Mapping[str, AdminWords] = {"en": ENGLISH, "zh": CHINESE}
